"""Epochs: a caller who sends one back is told when its world is another one."""

from __future__ import annotations

import pytest

from tests.mockserver.sandboxed import Sandboxed
from tests.support import APP, FIXTURES, JANE, JANES, MockServer, preflight, problem

ORIGIN = {"Origin": APP}


def epoch(sandbox: Sandboxed) -> str:
    return str(sandbox.send("GET", "/_mock/health").headers["x-mock-epoch"])


def within(sandbox: Sandboxed, sent: str, path: str = JANES) -> int:
    """Send an epoch back; the status of the answer, whose refusal must name the sandbox."""
    answer = sandbox.send("GET", path, JANE, headers={"X-Mock-Epoch": sent})
    if answer.status_code == 410:
        told = problem(answer, 410, "sandbox-lost")["detail"]
        assert f"the sandbox {sandbox.name} had is lost" in told
        assert "x-mock-epoch" not in answer.headers
    return answer.status_code


@pytest.mark.parametrize(
    ("path", "status"),
    [
        (JANES, 200),
        (f"{JANES}emails", 404),
        ("/nothing", 404),
        ("/_mock/state", 200),
        ("/_mock/events", 200),
        ("/docs/", 200),
    ],
)
def test_every_answer_in_a_sandbox_carries_its_epoch(
    sandbox: Sandboxed, path: str, status: int
) -> None:
    answers = [
        sandbox.send("GET", path, JANE),
        sandbox.server.send("GET", path, JANE, headers={"X-Mock-Sandbox": sandbox.name}),
        preflight(sandbox, path),
    ]
    assert [one.status_code for one in answers[:2]] == [status, status]
    assert {one.headers.get("x-mock-epoch") for one in answers} == {epoch(sandbox)}
    assert "x-mock-epoch" not in sandbox.server.send("GET", path, JANE).headers


def test_epochs_begin_with_the_server_that_the_list_speaks_of(sandbox: Sandboxed) -> None:
    mine, other = epoch(sandbox), epoch(Sandboxed(sandbox.server))
    server = sandbox.server.send("GET", "/_mock/sandboxes").json()["server"]
    assert mine != other
    assert mine.rpartition("-")[0] == other.rpartition("-")[0] == server


def test_an_epoch_lasts_whatever_its_caller_does_with_the_world(sandbox: Sandboxed) -> None:
    first = epoch(sandbox)
    for path in ("snapshots/kept", "snapshots/kept/restore", "scenarios/many-emails", "reset"):
        sandbox.control("POST", path)
    sandbox.control("PUT", "state", sandbox.state())
    assert within(sandbox, first) == 200


@pytest.mark.parametrize("path", [JANES, "/_mock/state", "/_mock/events", "/_mock/health"])
def test_a_dropped_world_is_told_and_no_other_one_made(sandbox: Sandboxed, path: str) -> None:
    first = epoch(sandbox)
    sandbox.server.send("DELETE", f"/_mock/sandboxes/{sandbox.name}")
    before = sandbox.server.send("GET", "/_mock/sandboxes").json()["count"]
    assert within(sandbox, first, path) == 410
    assert sandbox.server.send("GET", "/_mock/sandboxes").json()["count"] == before
    assert epoch(sandbox) != first  # a request without an epoch begins anew
    assert within(sandbox, first, path) == 410


@pytest.mark.parametrize("sent", ["", "other-1", "1", "x" * 1000])
def test_an_epoch_that_never_was_is_no_epoch_of_this_world(sandbox: Sandboxed, sent: str) -> None:
    assert within(sandbox, sent) == 410


def test_a_refused_request_changes_nothing(sandbox: Sandboxed) -> None:
    headers = {"X-Mock-Epoch": "other-1"}
    sandbox.send("PATCH", JANES, JANE, json={"location": "Elsewhere"}, headers=headers)
    assert sandbox.state()["accounts"][0]["location"] == FIXTURES["accounts"][0]["location"]


def test_pages_of_other_origins_can_send_and_read_it(sandbox: Sandboxed) -> None:
    allowed = preflight(sandbox, JANES).headers["access-control-allow-headers"]
    assert "X-Mock-Epoch" in allowed.split(", ")
    lost = sandbox.send("GET", JANES, JANE, headers={**ORIGIN, "X-Mock-Epoch": "other-1"})
    for answer in (lost, sandbox.send("GET", JANES, JANE, headers=ORIGIN)):
        assert "X-Mock-Epoch" in answer.headers["access-control-expose-headers"].split(", ")
        assert answer.headers["access-control-allow-origin"] == ORIGIN["Origin"]


def test_another_server_tells_of_the_worlds_that_were_lost(
    sandbox: Sandboxed, text: MockServer
) -> None:
    first = epoch(sandbox)
    lost = Sandboxed(text, sandbox.name)
    assert within(lost, first) == 410
    answer = lost.send("GET", JANES, headers={"X-Mock-Epoch": first})
    assert "a server that has ended" in answer.json()["detail"]
