"""The contract is enforced, not repeated in code: copies of it are edited, and the server follows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from copy import deepcopy
from pathlib import Path
from typing import Any

import pytest

from tests.support import (
    CONTRACT,
    CONTRACT_FILE,
    EMAILS,
    FIXTURES,
    FORM,
    JANE,
    JOHN,
    JOHNS,
    JOHNS_EMAILS,
    USER,
    Json,
    MockServer,
    bearer,
    pointers,
    problem,
    resolve,
    write_yaml,
)

ALL = bearer("johndoe-all")


class Copy:
    """A copy of the contract, to be edited."""

    def __init__(self) -> None:
        self.data: Json = deepcopy(CONTRACT)
        self.schemas: Json = self.data["components"]["schemas"]

    def operation(self, name: str) -> Json:
        [found] = [
            raw
            for item in self.data["paths"].values()
            for method, raw in item.items()
            if method != "parameters" and raw["operationId"] == name
        ]
        assert isinstance(found, dict)
        return found


Edit = Callable[[Copy], object]


def serve(folder: Path, *edits: Edit, options: Sequence[str] = ()) -> MockServer:
    """A server that enforces an edited copy of the contract."""
    contract = Copy()
    for edit in edits:
        edit(contract)
    file = write_yaml(folder / "contract.yaml", contract.data)
    return MockServer("--contract", str(file), *options)


# Edits that do not touch each other, so that one server can show several of them.


def another_scope(contract: Copy) -> None:
    contract.operation("get_user")["security"][1]["oauth2"] = ["profile_write"]


def stricter_profile(contract: Copy) -> None:
    members = contract.schemas["UserUpdate"]
    members["required"] = ["full_name"]
    members["properties"]["full_name"]["maxLength"] = 5
    members["properties"]["location"]["enum"] = ["Here", "There"]
    members["properties"]["company"] = {"type": "string", "nullable": True}
    members["additionalProperties"] = False


def only_addresses_of_example_com(contract: Copy) -> None:
    contract.schemas["EmailAddress"]["pattern"] = r"^[^@\s]+@example\.com$"


def no_forms_for_new_addresses(contract: Copy) -> None:
    del contract.operation("add_email")["requestBody"]["content"][FORM]


def another_success(contract: Copy) -> None:
    responses = contract.operation("add_email")["responses"]
    responses["202"] = responses.pop("201")


def public_list(contract: Copy) -> None:
    contract.operation("list_emails")["security"] = []


def no_owner(contract: Copy) -> None:
    del contract.operation("update_email")["x-owner"]


def no_basic(contract: Copy) -> None:
    del contract.operation("delete_email")["security"][0]


@pytest.fixture(scope="module")
def edited_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    edits = (
        another_scope,
        stricter_profile,
        only_addresses_of_example_com,
        no_forms_for_new_addresses,
        another_success,
        public_list,
        no_owner,
        no_basic,
    )
    with serve(tmp_path_factory.mktemp("edited"), *edits) as started:
        yield started


@pytest.fixture
def server(edited_process: MockServer) -> MockServer:
    edited_process.reset()
    return edited_process


def patch(server: MockServer, **members: Any) -> Any:
    return server.send("PATCH", JOHNS, JOHN, json=members)


def test_the_scope_of_an_operation_is_the_contracts(server: MockServer) -> None:
    refused = server.send("GET", JOHNS, bearer("johndoe-profile_read"))
    assert "profile_write" in problem(refused, 403, "scope-missing")["detail"]
    assert 'scope="profile_write"' in refused.headers["www-authenticate"]
    assert server.send("GET", JOHNS, bearer("johndoe-profile_write")).status_code == 200


def test_what_is_required_is_the_contracts(server: MockServer) -> None:
    with server.unchanged():
        assert pointers(patch(server, location="Here")) == ["/full_name"]
    assert patch(server, full_name="John").status_code == 200


def test_a_length_is_the_contracts(server: MockServer) -> None:
    with server.unchanged():
        answer = patch(server, full_name="Johnny")
    assert pointers(answer) == ["/full_name"]
    assert "5" in problem(answer, 400)["detail"]


def test_an_enumeration_is_the_contracts(server: MockServer) -> None:
    assert pointers(patch(server, full_name="J", location="Nowhere")) == ["/location"]
    assert patch(server, full_name="J", location="There").json()["location"] == "There"


def test_unknown_members_are_refused_if_the_contract_says_so(server: MockServer) -> None:
    assert pointers(patch(server, full_name="J", nickname="J")) == ["/nickname"]


def test_a_pattern_is_the_contracts(server: MockServer) -> None:
    with server.unchanged():
        answer = server.send("POST", JOHNS_EMAILS, JOHN, json={"email": "john@other.example"})
    assert pointers(answer) == ["/email"]
    assert "example" in problem(answer, 400)["detail"]
    answer = server.send("POST", JOHNS_EMAILS, JOHN, json={"email": "other@example.com"})
    assert answer.is_success


def test_a_media_type_that_the_contract_lacks_is_not_read(server: MockServer) -> None:
    with server.unchanged():
        answer = server.send("POST", JOHNS_EMAILS, JOHN, data={"email": "form@example.com"})
    problem(answer, 415, "media-type-unsupported")
    assert answer.headers["accept"] == "application/json, multipart/form-data"
    assert server.send("PATCH", JOHNS, JOHN, data={"full_name": "J"}).status_code == 200


def test_the_status_of_success_is_the_contracts(server: MockServer) -> None:
    answer = server.send("POST", JOHNS_EMAILS, JOHN, json={"email": "other@example.com"})
    assert answer.status_code == 202


def test_an_operation_without_security_is_open_to_everybody(server: MockServer) -> None:
    for authorization in (None, "rubbish", bearer("unknown"), JANE):
        answer = server.send("GET", JOHNS_EMAILS, authorization)
        assert answer.status_code == 200
        assert len(answer.json()) == 3


def test_an_operation_without_owner_is_open_to_every_login(server: MockServer) -> None:
    body = {"email": "john.new@example.com", "verified": True}
    problem(server.send("PATCH", JOHNS_EMAILS, json=body), 401)
    problem(server.send("PATCH", JOHNS_EMAILS, bearer("janedoe-none"), json=body), 403)
    assert server.send("PATCH", JOHNS_EMAILS, JANE, json=body).json()["verified"] is True


def test_an_operation_without_basic_takes_no_basic(server: MockServer) -> None:
    body = {"email": "john.new@example.com"}
    answer = server.send("DELETE", JOHNS_EMAILS, JOHN, json=body)
    problem(answer, 401)
    assert answer.headers["www-authenticate"].startswith("Bearer ")
    assert "Basic" not in answer.headers["www-authenticate"]
    assert server.send("DELETE", JOHNS_EMAILS, ALL, json=body).status_code == 204


def test_the_edited_contract_is_what_is_served(server: MockServer) -> None:
    served = server.send("GET", "/openapi.json").json()
    assert served["paths"][EMAILS]["get"]["security"] == []
    assert server.send("GET", "/openapi.yaml").content != CONTRACT_FILE.read_bytes()


# Edits that the answers of the rules do not fit: a 500 that says so.


def another_type_of_id(contract: Copy) -> None:
    contract.schemas["User"]["properties"]["id"]["type"] = "string"


def one_more_required_member(contract: Copy) -> None:
    contract.schemas["Email"]["required"].append("added_on")


def refusals_in_other_words(contract: Copy) -> None:
    del contract.operation("get_user")["responses"]["404"]
    responses = contract.operation("update_user")["responses"]
    responses["4XX"] = responses.pop("404")
    responses["default"] = responses.pop("403")
    answers = contract.operation("list_emails")["responses"]
    answers["404"] = deepcopy(resolve(answers["404"]))
    content = answers["404"]["content"]
    content["application/json"] = content.pop("application/problem+json")


@pytest.fixture(scope="module")
def misfit(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    edits = (another_type_of_id, one_more_required_member, refusals_in_other_words)
    with serve(tmp_path_factory.mktemp("misfit"), *edits) as started:
        yield started


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_an_answer_that_breaks_its_schema_is_a_500_that_says_so(
    misfit: MockServer, method: str
) -> None:
    with misfit.recording() as lines:
        answer = misfit.send(method, JOHNS, JOHN, content=b"{}")
    detail = problem(answer, 500, "response-breaks-contract")["detail"]
    for words in ("_user breaks the contract", "/id", "must be a text"):
        assert words in detail
    facts = json.loads(lines[0])
    assert (facts["code"], facts["why"]) == ("response-breaks-contract", detail)


def test_what_is_answered_by_a_500_has_changed_nothing(misfit: MockServer) -> None:
    with misfit.unchanged():
        problem(misfit.send("PATCH", JOHNS, JOHN, json={"location": "Changed"}), 500)
        added = {"email": "half@example.com"}
        for _ in range(2):  # it was not kept as taken either
            problem(misfit.send("POST", JOHNS_EMAILS, JOHN, json=added), 500)


@pytest.mark.parametrize("method", ["GET", "POST"])
def test_an_answer_that_lacks_a_required_member_is_a_500(misfit: MockServer, method: str) -> None:
    body = {"email": f"{method}@example.com"}
    answer = misfit.send(method, JOHNS_EMAILS, JOHN, json=body)
    assert "added_on" in problem(answer, 500, "response-breaks-contract")["detail"]


def test_an_answer_without_a_body_fits_whatever_the_schemas_say(misfit: MockServer) -> None:
    body = {"email": "john.new@example.com"}
    assert misfit.send("DELETE", JOHNS_EMAILS, JOHN, json=body).status_code == 204


def test_a_refusal_that_the_contract_does_not_document_is_a_500(misfit: MockServer) -> None:
    answer = misfit.send("GET", USER.replace("{username}", "nobody"), JOHN)
    detail = problem(answer, 500, "response-breaks-contract")["detail"]
    assert "404" in detail


def test_a_refusal_may_be_documented_by_a_range_or_by_default(misfit: MockServer) -> None:
    problem(misfit.send("PATCH", USER.replace("{username}", "nobody"), JOHN), 404)
    problem(misfit.send("PATCH", JOHNS, JANE), 403)


def test_a_refusal_takes_the_media_type_that_is_documented(misfit: MockServer) -> None:
    answer = misfit.send("GET", EMAILS.replace("{username}", "nobody"), JOHN)
    assert answer.status_code == 404
    assert answer.headers["content-type"] == "application/json"


# Edits of paths, parameters, schemes and types.


def another_path_and_two_scopes(contract: Copy) -> None:
    paths = contract.data["paths"]
    item = paths["/v2/{account}"] = paths.pop(USER)
    item["parameters"] = [
        {"name": "account", "in": "path", "required": True, "schema": {"type": "string"}}
    ]
    item["get"]["x-owner"] = item["patch"]["x-owner"] = "account"
    flows = contract.data["components"]["securitySchemes"]["oauth2"]["flows"]
    flows["authorizationCode"]["scopes"]["admin"] = "Everything."
    item["get"]["security"] = [{"oauth2": ["profile_read", "admin"]}, {"basic": []}]
    item["get"]["responses"]["200"]["content"] = {
        "application/vnd.docker+json": {"schema": {"$ref": "#/components/schemas/User"}}
    }


def either_of_two_scopes(contract: Copy) -> None:
    contract.operation("list_emails")["security"] = [
        {"oauth2": ["email_read"]},
        {"oauth2": ["email_write"]},
    ]


def no_deletion(contract: Copy) -> None:
    del contract.data["paths"][EMAILS]["delete"]


def typed_members(contract: Copy) -> None:
    contract.schemas["UserUpdate"]["properties"].update(
        age={"type": "integer", "minimum": 18},
        height={"type": "number"},
        tags={"type": "array", "items": {"type": "string", "maxLength": 3}},
    )


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    edits = (another_path_and_two_scopes, either_of_two_scopes, no_deletion, typed_members)
    folder = tmp_path_factory.mktemp("rebuilt")
    token = {"token": "johndoe-admin", "username": "johndoe", "scopes": ["admin"]}
    fixtures = write_yaml(
        folder / "fixtures.yaml", {**FIXTURES, "tokens": [*FIXTURES["tokens"], token]}
    )
    with serve(folder, *edits, options=["--strict", "--fixtures", str(fixtures)]) as started:
        yield started


def test_paths_and_their_parameters_are_the_contracts(rebuilt: MockServer) -> None:
    problem(rebuilt.send("GET", JOHNS, JOHN), 404, "path-unknown")
    assert rebuilt.send("GET", "/v2/johndoe", JOHN).json()["username"] == "johndoe"
    problem(rebuilt.send("GET", "/v2/johndoe", JANE), 403, "not-the-owner")
    answer = rebuilt.send("PATCH", "/v2/johndoe", JOHN, json={"company": "C"})
    assert answer.json()["company"] == "C"


def test_the_media_type_of_an_answer_is_the_contracts(rebuilt: MockServer) -> None:
    answer = rebuilt.send("GET", "/v2/johndoe", JOHN)
    assert answer.headers["content-type"] == "application/vnd.docker+json"


def test_of_two_scopes_that_the_contract_lists_together_both_are_needed(
    rebuilt: MockServer,
) -> None:
    for token in ("johndoe-all", "johndoe-admin"):
        problem(rebuilt.send("GET", "/v2/johndoe", bearer(token)), 403, "scope-missing")
    token = rebuilt.mint("johndoe", ["profile_read", "admin"])
    assert rebuilt.send("GET", "/v2/johndoe", bearer(token)).status_code == 200


def test_of_two_scopes_that_the_contract_lists_apart_either_will_do(rebuilt: MockServer) -> None:
    statuses = [
        rebuilt.send("GET", JOHNS_EMAILS, bearer(f"johndoe-{scope}")).status_code
        for scope in ("email_read", "email_write", "profile_read")
    ]
    assert statuses == [200, 200, 403]


def test_an_operation_that_the_contract_lacks_is_not_served(rebuilt: MockServer) -> None:
    body = {"email": "john.new@example.com"}
    answer = rebuilt.send("DELETE", JOHNS_EMAILS, JOHN, json=body)
    problem(answer, 405)
    assert "DELETE" not in answer.headers["allow"]


def test_a_form_is_read_in_the_types_of_the_contract(rebuilt: MockServer) -> None:
    good = {"age": "42", "height": "1.8", "tags": ["a", "b"]}
    assert rebuilt.send("PATCH", "/v2/johndoe", JOHN, data=good).status_code == 200
    bad = {"age": "17", "height": "tall", "tags": ["abc", "abcd"]}
    answer = rebuilt.send("PATCH", "/v2/johndoe", JOHN, data=bad)
    assert sorted(pointers(answer)) == ["/age", "/height", "/tags/1"]
