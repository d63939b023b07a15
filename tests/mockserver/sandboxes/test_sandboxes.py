"""Sandboxes: each has its own world, faults, journal and snapshots."""

from __future__ import annotations

import json

import pytest

from tests.mockserver.sandboxed import Sandboxed
from tests.mockserver.steering import BODIES, IN_A_SANDBOX, PARAMETERS
from tests.support import FIXTURES, JANE, JANES, MockServer, bearer, client_of, problem


def test_a_sandbox_starts_as_the_fixtures_say(server: MockServer, sandbox: Sandboxed) -> None:
    fixtures = server.state()
    server.send("PATCH", JANES, JANE, json={"location": "Elsewhere"})
    assert sandbox.state() == fixtures


def test_what_is_done_in_a_sandbox_is_done_nowhere_else(sandbox: Sandboxed) -> None:
    other, common = Sandboxed(sandbox.server), Sandboxed(sandbox.server, "")
    before = [one.state() for one in (other, common)]
    sandbox.send("PATCH", JANES, JANE, json={"location": "Here"})
    sandbox.control("DELETE", "tokens/johndoe-all")
    sandbox.fault(code=503)
    sandbox.control("POST", "snapshots/kept")
    assert [one.state() for one in (other, common)] == before
    for one in (other, common):
        assert one.send("GET", JANES, JANE).status_code == 200
        assert one.faults() == []
        assert [entry["path"] for entry in one.requests()] == [JANES]
        problem(one.send("POST", "/_mock/snapshots/kept/restore"), 404, "snapshot-unknown")


def test_a_token_is_good_only_where_it_was_minted(sandbox: Sandboxed) -> None:
    wish = {"username": "janedoe", "scopes": ["profile_read"]}
    token = bearer(sandbox.control("POST", "tokens", wish)["access_token"])
    assert sandbox.send("GET", JANES, token).status_code == 200
    problem(Sandboxed(sandbox.server).send("GET", JANES, token), 401, "token-unknown")
    problem(sandbox.server.send("GET", JANES, token), 401, "token-unknown")


def test_a_reset_in_a_sandbox_resets_nothing_else(sandbox: Sandboxed) -> None:
    common = Sandboxed(sandbox.server, "")
    common.send("PATCH", JANES, JANE, json={"location": "There"})
    sandbox.send("PATCH", JANES, JANE, json={"location": "Here"})
    sandbox.control("POST", "reset")
    assert sandbox.state()["accounts"][0]["location"] == FIXTURES["accounts"][0]["location"]
    assert common.state()["accounts"][0]["location"] == "There"
    assert len(common.requests()) == 1


@pytest.mark.parametrize(("method", "path"), IN_A_SANDBOX)
def test_the_control_api_works_in_a_sandbox(sandbox: Sandboxed, method: str, path: str) -> None:
    sandbox.fault(code=503)
    sandbox.control("POST", "snapshots/many-emails")
    target = path.format_map(PARAMETERS)
    if path == "/_mock/events":
        with sandbox.server.client.stream("GET", sandbox.prefix + target) as stream:
            assert stream.status_code == 200
            assert next(stream.iter_raw()).startswith(b":")
    else:
        answer = sandbox.send(method, target, json=BODIES.get((method, path)))
        assert answer.is_success, answer.text


def test_the_console_is_served_in_a_sandbox_too(sandbox: Sandboxed) -> None:
    assert sandbox.send("GET", "/_mock/").status_code == 200


def test_pages_of_other_origins_may_use_a_sandbox(sandbox: Sandboxed) -> None:
    origin = {"Origin": "http://app.example.com"}
    asks = {
        **origin,
        "Access-Control-Request-Method": "PATCH",
        "Access-Control-Request-Headers": "x-mock-sandbox, authorization",
    }
    preflight = sandbox.send("OPTIONS", JANES, headers=asks)
    assert preflight.status_code == 204
    assert "x-mock-sandbox" in preflight.headers["access-control-allow-headers"].lower()
    for answer in (preflight, sandbox.send("GET", JANES, JANE, headers=origin)):
        assert answer.headers["access-control-allow-origin"] == origin["Origin"]


def test_pages_of_other_origins_may_not_steer_a_sandbox(sandbox: Sandboxed) -> None:
    origin = {"Origin": "http://app.example.com"}
    asks = {**origin, "Access-Control-Request-Method": "POST"}
    for answer in (
        sandbox.send("OPTIONS", "/_mock/reset", headers=asks),
        sandbox.send("POST", "/_mock/reset", headers=origin),
    ):
        problem(answer, 403, "origin-not-allowed")
        assert "access-control-allow-origin" not in answer.headers


def test_the_log_names_the_sandbox(sandbox: Sandboxed) -> None:
    with sandbox.server.recording() as lines:
        sandbox.send("GET", JANES, JANE)
    [facts] = [json.loads(line) for line in lines]
    assert facts["sandbox"] == sandbox.name
    assert facts["path"] == JANES


# Listing and dropping


def test_the_list_tells_what_each_sandbox_holds(sandbox: Sandboxed) -> None:
    sandbox.server.send("DELETE", "/_mock/sandboxes")
    sandbox.send("GET", JANES, JANE)
    sandbox.fault(code=503, times=1)
    listed = sandbox.server.send("GET", "/_mock/sandboxes").json()
    assert listed["count"] == len(listed["sandboxes"])
    assert listed["most"] == 10_000
    last = listed["sandboxes"][-1]
    assert (last["name"], last["requests"], last["faults"]) == (sandbox.name, 1, 1)
    assert last["idle_s"] < 60


def test_a_dropped_sandbox_starts_anew(sandbox: Sandboxed) -> None:
    fresh = sandbox.state()
    sandbox.send("PATCH", JANES, JANE, json={"location": "Here"})
    path = f"/_mock/sandboxes/{sandbox.name}"
    assert sandbox.server.send("DELETE", path).status_code == 204
    problem(sandbox.server.send("DELETE", path), 404, "sandbox-unknown")
    assert sandbox.state() == fresh
    assert sandbox.requests() == []


def test_dropping_all_leaves_the_common_world(server: MockServer) -> None:
    Sandboxed(server).state()
    server.send("PATCH", JANES, JANE, json={"location": "Here"})
    assert server.send("DELETE", "/_mock/sandboxes").status_code == 204
    assert server.send("GET", "/_mock/sandboxes").json()["count"] == 0
    assert server.send("GET", JANES, JANE).json()["location"] == "Here"


def test_dropping_a_sandbox_ends_the_streams_of_its_events(sandbox: Sandboxed) -> None:
    with sandbox.server.client.stream("GET", f"{sandbox.prefix}/_mock/events") as stream:
        pieces = stream.iter_raw()
        assert next(pieces)
        with client_of(sandbox.server.url) as another:
            assert another.delete("/_mock/sandboxes").status_code == 204
        assert all(piece.startswith(b":") for piece in pieces)


def test_the_list_of_many_sandboxes_shows_the_last_hundred(server: MockServer) -> None:
    server.send("DELETE", "/_mock/sandboxes")
    for number in range(120):
        server.send("GET", f"/~one-{number}/_mock/scenarios")
    listed = server.send("GET", "/_mock/sandboxes").json()
    assert listed["count"] == 120
    assert [one["name"] for one in listed["sandboxes"]] == [f"one-{n}" for n in range(20, 120)]
