"""Requests that schemathesis makes of our contracts: every answer is a documented one."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from schemathesis import Case, checks
from schemathesis.specs.openapi import checks as openapi

from tests.mockserver.attacks import unharmed
from tests.support import (
    CONTRACT_FILE,
    CONTROL_FILE,
    OAUTH_FILE,
    MockServer,
    basic,
    bearer,
)

CHECKS = [
    checks.not_a_server_error,
    openapi.status_code_conformance,
    openapi.content_type_conformance,
    openapi.response_headers_conformance,
    openapi.response_schema_conformance,
]


def schema_of(file: Path) -> schemathesis.BaseSchema:
    config = {
        "generation": {
            "max-examples": hypothesis.settings().max_examples // 10,
            "deterministic": hypothesis.settings().derandomize,
            "database": "none",
        },
        # Methods that the contract does not have are tried in test_routes.py.
        "phases": {"coverage": {"unexpected-methods": []}},
    }
    return schemathesis.openapi.from_path(file, config=schemathesis.Config.from_dict(config))


accounts = schema_of(CONTRACT_FILE)
token_flow = schema_of(OAUTH_FILE)
# A file is no JSON for schemathesis to look into, and a stream of events never ends.
control = schema_of(CONTROL_FILE).exclude(
    operation_id=[
        "get_contract_yaml",
        "get_oauth_contract_yaml",
        "get_control_contract_yaml",
        "stream_events",
    ]
)


@pytest.fixture(scope="module")
def target() -> Iterator[MockServer]:
    """A server for these tests alone: they leave it in any state."""
    with MockServer() as server, unharmed(server):
        yield server


@accounts.parametrize()
def test_all_answers_to_the_owner_are_documented(case: Case[Any], target: MockServer) -> None:
    case.path_parameters["username"] = "janedoe"
    judge(case, target, 200, 201, 204, 400, 404, 415, authorization=bearer("janedoe-all"))


@control.parametrize()
def test_all_answers_of_the_control_api_are_documented(case: Case[Any], target: MockServer) -> None:
    judge(case, target, 200, 201, 204, 400, 404, 409, 415, authorization="")


@token_flow.parametrize()
def test_all_answers_of_the_token_flow_are_documented(case: Case[Any], target: MockServer) -> None:
    client = basic("TestClientID", "TestClientSecret")
    judge(case, target, 200, 302, 303, 400, 401, 403, 415, authorization=client)


def judge(case: Case[Any], target: MockServer, *statuses: int, authorization: str) -> None:
    # Generated names may be any, such as those that name another world, or wish for an answer.
    for name in [one for one in case.headers if one.lower().startswith(("x-mock-", "prefer"))]:
        del case.headers[name]
    headers = {"Authorization": authorization}
    response = case.call(base_url=target.url, headers=headers, allow_redirects=False)
    assert response.status_code in statuses, response.text
    case.validate_response(response, checks=CHECKS)
