"""The contract itself: complete, valid, and in the words of its source."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from openapi_schema_validator import OAS30Validator
from openapi_spec_validator import OpenAPIV30SpecValidator

from tests.support import (
    CONTRACT,
    CONTRACT_FILE,
    CONTROL_FILE,
    FORM,
    JSON,
    OAUTH_FILE,
    OPERATIONS,
    PROBLEM,
    READ,
    WRITING,
    Json,
    Operation,
    named,
    read_yaml,
    resolve,
    responses,
)

FILES = [CONTRACT_FILE, OAUTH_FILE, CONTROL_FILE]
MULTIPART = "multipart/form-data"

every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=named)
every_writing_operation = pytest.mark.parametrize("operation", WRITING, ids=named)

ACCOUNT = "/api/v1.1/users/{username}/"
DOCUMENTED = {
    "get_user": ("GET", ACCOUNT, "profile_read", {200}),
    "update_user": ("PATCH", ACCOUNT, "profile_write", {200, 400}),
    "list_emails": ("GET", f"{ACCOUNT}emails/", "email_read", {200}),
    "add_email": ("POST", f"{ACCOUNT}emails/", "email_write", {201, 400}),
    "update_email": ("PATCH", f"{ACCOUNT}emails/", "email_write", {200, 400}),
    "delete_email": ("DELETE", f"{ACCOUNT}emails/", "email_write", {204, 400}),
}
REFUSALS = {401, 403, 404}
# What the machinery answers beyond the documented statuses, for requests with a body.
BEYOND = {413, 415}


RESPONSES = [
    pytest.param(operation, status, id=f"{operation.id}-{status}")
    for operation in OPERATIONS
    for status in responses(operation)
]
every_response = pytest.mark.parametrize(("operation", "status"), RESPONSES)


def media() -> Iterator[Any]:
    """Every media type of every request and response, with its schema and its examples."""
    for operation in OPERATIONS:
        contents = {"request": operation.raw.get("requestBody", {}).get("content", {})}
        for status, response in responses(operation).items():
            contents[status] = response.get("content", {})
        for where, content in contents.items():
            for media_type, described in content.items():
                name = f"{operation.id}-{where}-{media_type}"
                yield pytest.param(described, id=name)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_the_contract_is_valid_openapi(file: Path) -> None:
    assert list(OpenAPIV30SpecValidator(read_yaml(file)).iter_errors()) == []


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.name)
def test_nothing_is_declared_in_vain(file: Path) -> None:
    text = file.read_text("utf-8")
    for kind, components in read_yaml(file)["components"].items():
        if kind != "securitySchemes":
            for name in components:
                assert f'"#/components/{kind}/{name}"' in text, f"{kind}/{name} is not used"


def test_the_contract_has_the_documented_operations_and_no_other() -> None:
    found = {one.id: (one.method, one.template, one.scope) for one in OPERATIONS}
    assert found == {name: facts[:3] for name, facts in DOCUMENTED.items()}


@every_operation
def test_an_operation_is_described_and_for_the_user_in_its_path_by_basic_or_its_scope(
    operation: Operation,
) -> None:
    assert operation.raw["security"] == [{"basic": []}, {"oauth2": [operation.scope]}]
    assert operation.raw["x-owner"] == "username"
    for name in ("summary", "description"):
        assert len(operation.raw[name]) > 10
    assert operation.raw["tags"]
    for status in ("401", "403"):
        assert "WWW-Authenticate" in responses(operation)[status]["headers"]


@every_operation
def test_every_documented_status_is_there_and_only_the_machinery_adds_to_them(
    operation: Operation,
) -> None:
    statuses = {int(status) for status in responses(operation)}
    beyond = BEYOND if operation.body else set()
    assert statuses == DOCUMENTED[operation.id][3] | REFUSALS | beyond


@every_response
def test_a_response_has_a_description_and_its_requirement(
    operation: Operation, status: str
) -> None:
    response = READ[operation.id].responses[status]
    assert len(response.description) > 10
    requirement = response.requirement
    assert set(requirement) - {"english"} == {"id", "level", "source"}
    subject = operation.id.replace("_", "-")
    assert re.fullmatch(rf"{subject}/[a-z]+(-[a-z]+)*", requirement["id"])
    level = {413: "MAY", 415: "SHOULD"}.get(int(status), "MUST")
    assert requirement["level"] == level
    # The text that is cited begins with the status; an RFC is cited by its section.
    cited = requirement["source"]
    assert cited.startswith(status) if level == "MUST" else cited.startswith("RFC ")


def test_no_two_responses_share_a_requirement() -> None:
    ids = [one.requirement["id"] for op in READ.values() for one in op.responses.values()]
    assert len(set(ids)) == len(ids)


@every_response
def test_a_response_has_a_schema_and_named_examples_unless_it_has_no_body(
    operation: Operation, status: str
) -> None:
    content = responses(operation)[status].get("content", {})
    if status == "204":
        assert content == {}
        return
    [(media_type, described)] = content.items()
    assert media_type == (JSON if status.startswith("2") else PROBLEM)
    assert "schema" in described
    assert described["examples"]


@pytest.mark.parametrize("described", list(media()))
def test_examples_are_allowed_by_their_schema(described: Json) -> None:
    schema = OAS30Validator({**described["schema"], "components": CONTRACT["components"]})
    for example in described["examples"].values():
        assert resolve(example)["summary"]
        schema.validate(resolve(example)["value"])


@every_writing_operation
def test_a_body_is_taken_as_json_as_form_and_as_multipart_form(operation: Operation) -> None:
    body = operation.raw["requestBody"]
    assert body["required"] is True
    assert set(body["content"]) == {JSON, FORM, MULTIPART}
    assert all(described["examples"] for described in body["content"].values())


def test_logins_are_by_http_basic_and_by_the_token_flow_where_it_is_documented() -> None:
    schemes = CONTRACT["components"]["securitySchemes"]
    assert schemes["basic"].items() >= {"type": "http", "scheme": "basic"}.items()
    [flow] = schemes["oauth2"]["flows"].values()
    site = "https://www.docker.io/api/v1.1/o"
    assert flow["authorizationUrl"] == f"{site}/authorize/"
    assert flow["tokenUrl"] == flow["refreshUrl"] == f"{site}/token/"
    assert set(flow["scopes"]) == {"profile_read", "profile_write", "email_read", "email_write"}


def test_the_user_has_the_documented_members_all_required() -> None:
    user = CONTRACT["components"]["schemas"]["User"]
    assert user["required"] == list(user["properties"])
    assert len(user["required"]) == 12


def test_extensions_are_those_that_are_explained() -> None:
    text = CONTRACT_FILE.read_text("utf-8")
    explained = set(re.findall(r"^#   (x-[a-z]+)", text, re.MULTILINE))
    used = set(re.findall(r"^ +(x-[a-z]+):", text, re.MULTILINE))
    assert used == explained


@pytest.mark.parametrize("file", [OAUTH_FILE, CONTROL_FILE], ids=lambda file: file.name)
def test_every_member_has_a_description(file: Path) -> None:
    for schema in read_yaml(file)["components"]["schemas"].values():
        for name, member in schema.get("properties", {}).items():
            assert "$ref" in member or member["description"].strip().endswith("."), name
