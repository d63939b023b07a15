"""Tests of `--quick`: every MUST is verified, and wrong passwords are shared out over the operations."""

from __future__ import annotations

import base64
from typing import Any

import pytest

from conformance.catalogue.results import RunResult, Status
from conformance.selftest.reference.calls import Call, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.stage import perform


class Listening(Service):
    """A service that keeps the requests that log in by Basic and are answered 401."""

    def __init__(self) -> None:
        super().__init__()
        self.refused: list[tuple[str, str, str]] = []

    def answer(self, call: Call) -> Reply:
        reply, login = super().answer(call), call.headers.get("authorization", "")
        if reply.status == 401 and login.startswith("Basic "):
            self.refused.append((call.method, call.target, login))
        return reply


def run(**chosen: Any) -> tuple[RunResult, Listening]:
    service = Listening()
    result = perform(service, **chosen).result
    assert result
    return result, service


@pytest.fixture(scope="module")
def quick() -> tuple[RunResult, Listening]:
    return run(quick=True, max_examples=None)


def test_every_must_is_verified(quick: tuple[RunResult, Listening]) -> None:
    result, _ = quick
    musts = {
        one.requirement.id: one.status
        for one in result.requirements
        if one.requirement.level == "MUST"
    }

    assert result.exit_code == 0
    assert set(musts.values()) == {Status.PASSED}


def test_each_wrong_password_is_tried_once_and_not_at_each_operation(
    quick: tuple[RunResult, Listening],
) -> None:
    _, service = quick
    _, whole = run(only=("get-user/unauthenticated/wrong",))
    names = {
        login
        for _, _, login in whole.refused
        if base64.b64decode(login[6:] + "==").startswith(b"mallory:")
    }
    tried = [
        (method, path)
        for method, path, login in service.refused
        if login in names and "/mallory/" in path
    ]

    assert len(names) > 8
    assert names <= {login for _, _, login in service.refused}
    assert len(set(tried)) == 6  # operations
    assert len(tried) < 2 * len(names)
