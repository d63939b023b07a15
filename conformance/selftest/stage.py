"""A run of the suite against a service, in one process: its requests are answered without a socket."""

from __future__ import annotations

import json
import threading
from collections.abc import Mapping
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from conformance.catalogue.results import RunResult
from conformance.reports import Progress
from conformance.runner.suite import Suite
from conformance.selftest.reference.calls import BODILESS, Call, Reply
from conformance.selftest.reference.service import Service
from conformance.selftest.reference.store import Seed, scope_sets
from conformance.settings import Settings
from conformance.wire.transport import ReceivedResponse, SentRequest

BASE_URL = "http://127.0.0.1:9"
"""Nobody is asked there."""

_TAG = "conformanceownown"
"""The mark of every run, so that runs of the same seed send the same requests."""


class Stage:
    """A transport of the suite that leads into a service.

    Attributes:
        answers: A hash per answer, in order: what tells one service from another.
        crashes: What the service raised that it did not mean to.
        result: Of a run; None if it could not be begun.
        error: Why it could not be begun.
        parallel: Whether several threads may send at once; they are answered one after the other.
    """

    def __init__(self, service: Service, *, parallel: bool = False) -> None:
        self.parallel = parallel
        self._lock = threading.Lock()
        self.answers: list[int] = []
        self.crashes: list[str] = []
        self.result: RunResult | None = None
        self.error = ""
        self._service = service
        self._connection = 0
        self._kept = False

    def send(self, request: SentRequest) -> ReceivedResponse:
        """Answer one request, on a connection that is used again as HttpTransport does."""
        with self._lock:
            return self._received(request)

    def _received(self, request: SentRequest) -> ReceivedResponse:
        if not (self._kept and request.body is None):
            self._connection += 1
        call = Call(
            request.method,
            request.path,
            {name.lower(): value for name, value in request.headers},
            request.body or b"",
            self._connection,
        )
        reply = self._answer(call)
        self._kept = request.body is None or reply.status < 300
        empty = reply.status in BODILESS
        self.answers.append(hash((reply.status, tuple(reply.headers), reply.body)))
        body = b"" if empty else reply.body
        return ReceivedResponse(
            reply.status, tuple(reply.headers), body, stray=empty and bool(reply.body)
        )

    def close(self) -> None:
        """Close the connection that was kept."""
        self._kept = False

    def _answer(self, call: Call) -> Reply:
        """Return a 500 for a crash, and keep the crash: a defect must be wrong as it means to be."""
        try:
            return self._service.answer(call)
        except Exception as error:  # noqa: BLE001 - the last resort of a server
            self.crashes.append(f"{call.method} {call.target}: {error!r}")
            return Reply(500, b"Internal Server Error")


def perform(
    service: Service, *, parallel: bool = False, progress: Progress | None = None, **chosen: Any
) -> Stage:
    """Run the suite against a fresh service, whose data it changes, and return the stage of the run.

    Args:
        service: Of one of the classes of the reference.
        parallel: Whether the suite may send several requests at once.
        progress: Told of each requirement.
        chosen: Settings that are other than usual.
    """
    stage = Stage(service, parallel=parallel)
    with TemporaryDirectory(prefix="conformance-selftest-") as folder:
        file = Path(folder) / "target.yaml"
        write_target(file, service)
        usual: dict[str, Any] = {"seed": 1, "max_examples": 12, "tag": _TAG, "patience": 0.0}
        suite = Suite(Settings(file, **usual | chosen), stage, progress)
        if suite.begin():
            suite.perform_all()
    stage.error = suite.error
    stage.result = None if suite.error else suite.result
    return stage


def write_target(path: Path, service: Service, base_url: str = BASE_URL) -> None:
    """Write the target file of a service, with all that a target file may name."""
    data = {
        "base_url": base_url + service.prefix,
        "accounts": {
            "owner": {**_account(service.seed, 0), "disposable": service.disposable},
            "other": _account(service.seed, 1),
        },
        "unknown_username": "nobody-of-that-name",
    }
    # JSON is YAML, too, and written in no time.
    path.write_text(json.dumps(data, ensure_ascii=False), "utf-8")


def _account(seed: Seed, number: int) -> Mapping[str, Any]:
    user = seed.users[number]
    return {
        "username": user.username,
        "password": user.password,
        "gravatar_email": user.gravatar_email,
        "expired_token": seed.token(user.username, "expired"),
        "revoked_token": seed.token(user.username, "revoked"),
        "tokens": {
            " ".join(scopes): seed.token(user.username, " ".join(scopes)) for scopes in scope_sets()
        },
    }
