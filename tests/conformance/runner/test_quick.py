"""Tests of `--quick`: every MUST is verified, and wrong passwords are shared out over the operations."""

from __future__ import annotations

import base64
from pathlib import Path

import pytest

from conformance.catalogue.results import RunResult, Status
from conformance.runner.suite import Suite
from conformance.selftest.changes import build
from conformance.selftest.stage import Stage, write_target
from conformance.settings import Settings
from conformance.wire.transport import ReceivedResponse, SentRequest


class _Listening(Stage):
    """A transport that keeps the requests that log in by Basic and are answered 401."""

    def __init__(self) -> None:
        super().__init__(build([]))
        self.refused: list[tuple[str, str, str]] = []

    def send(self, request: SentRequest) -> ReceivedResponse:
        response = super().send(request)
        login = dict(request.headers).get("Authorization", "")
        if response.status == 401 and login.startswith("Basic "):
            self.refused.append((request.method, request.path, login))
        return response


def _run(folder: Path, *only: str, quick: bool) -> tuple[RunResult, _Listening]:
    service = build([])
    target = folder / "target.yaml"
    write_target(target, service)
    stage = _Listening()
    suite = Suite(Settings(target, only=only, seed=1, tag="conformanceown", quick=quick), stage)
    assert suite.begin(), suite.error
    suite.perform_all()
    assert suite.result is not None
    return suite.result, stage


@pytest.fixture(scope="module")
def quick(tmp_path_factory: pytest.TempPathFactory) -> tuple[RunResult, _Listening]:
    return _run(tmp_path_factory.mktemp("quick"), quick=True)


def test_every_must_is_verified(quick: tuple[RunResult, _Listening]) -> None:
    result, _ = quick
    musts = {
        one.requirement.id: one.status
        for one in result.requirements
        if one.requirement.level == "MUST"
    }

    assert result.exit_code == 0
    assert set(musts.values()) == {Status.PASSED}


def test_each_wrong_password_is_tried_once_and_not_at_each_operation(
    quick: tuple[RunResult, _Listening], tmp_path: Path
) -> None:
    _, stage = quick
    _, whole = _run(tmp_path, "get-user/unauthenticated/wrong", quick=False)
    names = {
        login
        for _, _, login in whole.refused
        if base64.b64decode(login[6:] + "==").startswith(b"mallory:")
    }
    tried = [
        (method, path)
        for method, path, login in stage.refused
        if login in names and "/mallory/" in path
    ]

    assert len(names) > 8
    assert names <= {login for _, _, login in stage.refused}
    assert len(set(tried)) == 6  # operations
    assert len(tried) < 2 * len(names)
