"""The contract is enforced, not repeated in code: copies of it are edited, and the server follows."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from copy import deepcopy
from pathlib import Path

import pytest

from tests.support import (
    CONTRACT,
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
    operations_of,
    pointers,
    problem,
    write_yaml,
)

ALL = bearer("johndoe-all")


def serve(folder: Path, edit: Callable[[Json], None], *options: str) -> MockServer:
    """A server that enforces an edited copy of the contract."""
    contract = deepcopy(CONTRACT)
    edit(contract)
    file = write_yaml(folder / "contract.yaml", contract)
    return MockServer("--contract", str(file), *options)


def stricter(contract: Json) -> None:
    """Edit what an operation asks for, each at another one."""
    by_id, schemas = operations_of(contract), contract["components"]["schemas"]
    by_id["get_user"]["security"][1]["oauth2"] = ["profile_write"]
    by_id["list_emails"]["security"] = []
    del by_id["update_email"]["x-owner"]
    del by_id["delete_email"]["security"][0]
    del by_id["add_email"]["requestBody"]["content"][FORM]
    by_id["add_email"]["responses"]["202"] = by_id["add_email"]["responses"].pop("201")
    members = schemas["UserUpdate"]
    members["required"] = ["full_name"]
    members["additionalProperties"] = False
    members["properties"]["full_name"]["maxLength"] = 5
    members["properties"]["location"]["enum"] = ["Here", "There"]
    schemas["EmailAddress"]["pattern"] = r"^[^@\s]+@example\.com$"


@pytest.fixture(scope="module")
def edited_process(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    with serve(tmp_path_factory.mktemp("edited"), stricter) as started:
        yield started


@pytest.fixture
def server(edited_process: MockServer) -> MockServer:
    edited_process.reset()
    return edited_process


def test_the_scope_of_an_operation_is_the_contracts(server: MockServer) -> None:
    refused = server.send("GET", JOHNS, bearer("johndoe-profile_read"))
    assert "profile_write" in problem(refused, 403, "scope-missing")["detail"]
    assert 'scope="profile_write"' in refused.headers["www-authenticate"]
    assert server.send("GET", JOHNS, bearer("johndoe-profile_write")).status_code == 200


@pytest.mark.parametrize(
    ("bad", "place", "good"),
    [
        ({"location": "Here"}, "/full_name", {"full_name": "John"}),
        ({"full_name": "Johnny"}, "/full_name", {"full_name": "Johnn"}),
        (
            {"full_name": "J", "location": "Nowhere"},
            "/location",
            {"full_name": "J", "location": "There"},
        ),
        ({"full_name": "J", "nickname": "J"}, "/nickname", {"full_name": "J", "company": "C"}),
    ],
    ids=["required", "length", "enumeration", "unknown"],
)
def test_what_a_body_must_have_is_the_contracts(
    server: MockServer, bad: Json, place: str, good: Json
) -> None:
    with server.unchanged():
        assert pointers(server.send("PATCH", JOHNS, JOHN, json=bad)) == [place]
    assert server.send("PATCH", JOHNS, JOHN, json=good).status_code == 200


def test_a_pattern_and_the_status_of_success_are_the_contracts(server: MockServer) -> None:
    with server.unchanged():
        answer = server.send("POST", JOHNS_EMAILS, JOHN, json={"email": "john@other.example"})
    assert pointers(answer) == ["/email"]
    assert "example" in problem(answer, 400)["detail"]
    answer = server.send("POST", JOHNS_EMAILS, JOHN, json={"email": "other@example.com"})
    assert answer.status_code == 202


def test_a_media_type_that_the_contract_lacks_is_not_read(server: MockServer) -> None:
    with server.unchanged():
        answer = server.send("POST", JOHNS_EMAILS, JOHN, data={"email": "form@example.com"})
    problem(answer, 415, "media-type-unsupported")
    assert answer.headers["accept"] == "application/json, multipart/form-data"
    assert server.send("PATCH", JOHNS, JOHN, data={"full_name": "J"}).status_code == 200


def test_an_operation_without_security_is_open_to_everybody(server: MockServer) -> None:
    for authorization in (None, "rubbish", bearer("unknown"), JANE):
        assert len(server.send("GET", JOHNS_EMAILS, authorization).json()) == 3
    # The edited contract is what is served.
    served = server.send("GET", "/openapi.json").json()
    assert served["paths"][EMAILS]["get"]["security"] == []


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


# Edits that the answers of the rules do not fit: a 500 that says so.


@pytest.mark.parametrize("method", ["GET", "PATCH"])
def test_an_answer_that_breaks_its_schema_is_a_500_that_says_so(
    defective: MockServer, method: str
) -> None:
    with defective.recording() as lines:
        answer = defective.send(method, JOHNS, JOHN, content=b"{}")
    detail = problem(answer, 500, "response-breaks-contract")["detail"]
    for words in ("_user breaks the contract", "/id", "must be a text"):
        assert words in detail
    for facts in (json.loads(lines[0]), defective.send("GET", "/_mock/requests").json()[-2]):
        assert (facts["code"], facts["why"]) == ("response-breaks-contract", detail)


def test_what_is_answered_by_a_500_has_changed_nothing(defective: MockServer) -> None:
    with defective.unchanged():
        problem(defective.send("PATCH", JOHNS, JOHN, json={"location": "Changed"}), 500)
        added = {"email": "half@example.com"}
        for method in ("POST", "POST", "GET"):  # the first was not kept as taken either
            answer = defective.send(method, JOHNS_EMAILS, JOHN, json=added)
            assert "added_on" in problem(answer, 500, "response-breaks-contract")["detail"]


def test_an_answer_without_a_body_fits_whatever_the_schemas_say(defective: MockServer) -> None:
    body = {"email": "john.new@example.com"}
    assert defective.send("DELETE", JOHNS_EMAILS, JOHN, json=body).status_code == 204


def test_a_refusal_that_the_contract_does_not_document_is_a_500(defective: MockServer) -> None:
    answer = defective.send("GET", USER.replace("{username}", "nobody"), JOHN)
    detail = problem(answer, 500, "response-breaks-contract")["detail"]
    assert "404" in detail


def test_a_refusal_may_be_documented_by_a_range_by_default_or_as_another_media_type(
    defective: MockServer,
) -> None:
    problem(defective.send("PATCH", USER.replace("{username}", "nobody"), JOHN), 404)
    problem(defective.send("PATCH", JOHNS, JANE), 403)
    answer = defective.send("GET", EMAILS.replace("{username}", "nobody"), JOHN)
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/json")


# Edits of paths, parameters, schemes and types.


def rearranged(contract: Json) -> None:
    by_id, paths = operations_of(contract), contract["paths"]
    item = paths["/v2/{account}"] = paths.pop(USER)
    item["parameters"] = [
        {"name": "account", "in": "path", "required": True, "schema": {"type": "string"}}
    ]
    item["get"]["x-owner"] = item["patch"]["x-owner"] = "account"
    components = contract["components"]
    flows = components["securitySchemes"]["oauth2"]["flows"]
    flows["authorizationCode"]["scopes"]["admin"] = "Everything."
    item["get"]["security"] = [{"oauth2": ["profile_read", "admin"]}, {"basic": []}]
    item["get"]["responses"]["200"]["content"] = {
        "application/vnd.docker+json": {"schema": {"$ref": "#/components/schemas/User"}}
    }
    by_id["list_emails"]["security"] = [{"oauth2": ["email_read"]}, {"oauth2": ["email_write"]}]
    del paths[EMAILS]["delete"]
    components["schemas"]["UserUpdate"]["properties"].update(
        age={"type": "integer", "minimum": 18},
        height={"type": "number"},
        tags={"type": "array", "items": {"type": "string", "maxLength": 3}},
    )


@pytest.fixture(scope="module")
def rebuilt(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    folder = tmp_path_factory.mktemp("rebuilt")
    token = {"token": "johndoe-admin", "username": "johndoe", "scopes": ["admin"]}
    data = {**FIXTURES, "tokens": [*FIXTURES["tokens"], token]}
    fixtures = write_yaml(folder / "fixtures.yaml", data)
    with serve(folder, rearranged, "--strict", "--fixtures", str(fixtures)) as started:
        yield started


def test_paths_and_their_parameters_are_the_contracts(rebuilt: MockServer) -> None:
    problem(rebuilt.send("GET", JOHNS, JOHN), 404, "path-unknown")
    answer = rebuilt.send("GET", "/v2/johndoe", JOHN)
    assert answer.json()["username"] == "johndoe"
    assert answer.headers["content-type"] == "application/vnd.docker+json"
    problem(rebuilt.send("GET", "/v2/johndoe", JANE), 403, "not-the-owner")
    answer = rebuilt.send("PATCH", "/v2/johndoe", JOHN, json={"company": "C"})
    assert answer.json()["company"] == "C"


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
