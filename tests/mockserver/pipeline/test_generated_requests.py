"""Requests that schemathesis makes of our contracts: every answer is a documented one.

Its `parametrize` gives all operations of a contract one node id, of which pytest-xdist runs the
last, and makes the requests while tests are collected: so its generators are called here.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import hypothesis
import pytest
import schemathesis
from hypothesis import strategies as st
from schemathesis import Case, GenerationMode, checks
from schemathesis.generation.drivers import CoverageGenerator, ExamplesGenerator
from schemathesis.generation.feedback import NO_FEEDBACK
from schemathesis.generation.overrides import Override
from schemathesis.specs.openapi import checks as openapi

from accounts_contract import read_contract
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
ANSWERS = {
    CONTRACT_FILE: (200, 201, 204, 400, 404, 415),
    CONTROL_FILE: (200, 201, 204, 400, 404, 409, 415),
    OAUTH_FILE: (200, 302, 303, 400, 401, 403, 415),
}
LOGINS = {
    CONTRACT_FILE: bearer("janedoe-all"),
    CONTROL_FILE: "",
    OAUTH_FILE: basic("TestClientID", "TestClientSecret"),
}
# A file is no JSON for schemathesis to look into, and a stream of events never ends.
LEFT_OUT = {
    "get_contract_yaml",
    "get_oauth_contract_yaml",
    "get_control_contract_yaml",
    "stream_events",
}
OPERATIONS = [
    pytest.param(file, one.method.upper(), one.path, id=name)
    for file in ANSWERS
    for name, one in read_contract(file, validate=False).operations.items()
    if name not in LEFT_OUT
]


@cache
def schema_of(file: Path) -> schemathesis.BaseSchema:
    return schemathesis.openapi.from_path(file)


@pytest.fixture(scope="module")
def target() -> Iterator[MockServer]:
    """A server for these tests alone: they leave it in any state."""
    with MockServer() as server, unharmed(server):
        yield server


@pytest.mark.parametrize(("file", "method", "path"), OPERATIONS)
def test_all_answers_are_documented(file: Path, method: str, path: str, target: MockServer) -> None:
    operation = schema_of(file)[path][method]
    modes = list(GenerationMode)
    how: dict[str, Any] = {"override": Override(), "feedback": NO_FEEDBACK}

    @hypothesis.settings(max_examples=hypothesis.settings().max_examples // 10)
    @hypothesis.given(st.one_of([operation.as_strategy(generation_mode=one) for one in modes]))
    def generated(case: Case[Any]) -> None:
        judge(case, target, file)

    for case in ExamplesGenerator(operation=operation, fill_missing=False, **how):
        judge(case, target, file)
    covering = CoverageGenerator(
        operation=operation,
        generation_modes=modes,
        generation_config=operation.schema.config.generation_for(
            operation=operation, phase="coverage"
        ),
        auth_storage=None,
        **how,
    )
    for case in covering:
        # Methods that the contract does not have are tried in test_routes.py.
        if case.method.upper() == method:
            judge(case, target, file)
    generated()


def judge(case: Case[Any], target: MockServer, file: Path) -> None:
    if file == CONTRACT_FILE:
        case.path_parameters["username"] = "janedoe"
    # Generated names may be any, such as those that name another world, or wish for an answer.
    for name in [one for one in case.headers if one.lower().startswith(("x-mock-", "prefer"))]:
        del case.headers[name]
    headers = {"Authorization": LOGINS[file]}
    response = case.call(base_url=target.url, headers=headers, allow_redirects=False)
    assert response.status_code in ANSWERS[file], response.text
    case.validate_response(response, checks=CHECKS)
