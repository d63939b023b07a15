"""Sandboxes: each has its own world, faults, journal and snapshots, and is named by a header or a prefix."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.mockserver.sandboxed import Sandboxed
from tests.mockserver.steering import BODIES, IN_A_SANDBOX, SHARED, filled
from tests.support import (
    APP,
    FIXTURES,
    JANE,
    JANES,
    JOHN,
    JOHNS,
    JOHNS_EMAILS,
    MockServer,
    client_of,
    head,
    preflight,
    problem,
)


def test_what_is_done_or_reset_in_a_sandbox_is_so_nowhere_else(sandbox: Sandboxed) -> None:
    other, common = Sandboxed(sandbox.server), Sandboxed(sandbox.server, "")
    common.server.put_state({**FIXTURES, "tokens": []})
    before = [one.state() for one in (other, common)]
    sandbox.send("PATCH", JANES, JANE, json={"location": "Here"})
    sandbox.control("DELETE", "tokens/johndoe-all")
    sandbox.fault(code=503)
    sandbox.control("POST", "snapshots/kept")
    assert [one.state() for one in (other, common)] == before
    assert Sandboxed(sandbox.server).state() == before[0]
    for one in (other, common):
        assert one.send("GET", JANES, JANE).status_code == 200
        assert one.faults() == []
        assert [entry["path"] for entry in one.requests()] == [JANES]
        problem(one.send("POST", "/_mock/snapshots/kept/restore"), 404, "snapshot-unknown")
    sandbox.control("POST", "reset")
    assert sandbox.state() == before[0]
    assert common.state() == before[1]
    assert len(common.requests()) == 1


@pytest.mark.parametrize(("method", "path"), IN_A_SANDBOX)
def test_the_control_api_works_in_a_sandbox(sandbox: Sandboxed, method: str, path: str) -> None:
    sandbox.fault(code=503)
    sandbox.control("POST", "snapshots/many-emails")
    answer = sandbox.send(method, filled(path), json=BODIES.get((method, path)))
    assert answer.is_success, answer.text


def test_pages_of_other_origins_may_not_steer_a_sandbox(sandbox: Sandboxed) -> None:
    sent = sandbox.send("POST", "/_mock/reset", headers={"Origin": APP})
    for answer in (preflight(sandbox, "/_mock/reset", "POST"), sent):
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


def test_the_list_of_many_sandboxes_has_pages_of_a_hundred(server: MockServer) -> None:
    server.send("DELETE", "/_mock/sandboxes")
    for number in range(250):
        server.send("GET", f"/~one-{number}/_mock/scenarios")
    pages, query = [], ""
    while query is not None:
        listed = server.send("GET", f"/_mock/sandboxes{query}").json()
        assert listed["count"] == 250
        pages.append([one["name"] for one in listed["sandboxes"]])
        server.send("GET", "/~one-7/_mock/scenarios")  # now on the first page
        query = listed["before"] and f"?before={listed['before']}"
    last = [f"one-{n}" for n in range(50) if n != 7]
    assert pages == [
        [f"one-{n}" for n in range(150, 250)],
        [f"one-{n}" for n in range(50, 150)],
        last,
    ]
    problem(server.send("GET", "/_mock/sandboxes?before=x"), 400, "parameter-invalid")


GOOD_NAMES = ["a", "A-b_c.9", "0", "...", "x" * 64]
# In a header field and in a path alike.
BAD_NAMES = ["", "x" * 65, "a%41", "%61", "a,b", "~a", "a~"]


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_a_sandbox_is_named_by_a_header_or_by_a_prefix(server: MockServer, name: str) -> None:
    change = {"location": "Here"}
    by_prefix = server.send("PATCH", f"/~{name}{JANES}", JANE, json=change)
    by_header = server.send("GET", JANES, JANE, headers={"X-Mock-Sandbox": name})
    assert by_prefix.json()["location"] == by_header.json()["location"] == "Here"
    assert server.send("GET", JANES, JANE).json()["location"] != "Here"


def test_header_and_prefix_may_name_the_same_sandbox_and_no_others(sandbox: Sandboxed) -> None:
    same = sandbox.send("GET", JANES, JANE, headers={"X-Mock-Sandbox": sandbox.name})
    assert same.status_code == 200
    other = sandbox.send("GET", JANES, JANE, headers={"X-Mock-Sandbox": "another"})
    problem(other, 400, "sandbox-malformed")
    request = head("GET", JANES, "X-Mock-Sandbox: a", "X-Mock-Sandbox: b")
    problem(sandbox.server.raw(request), 400, "sandbox-malformed")


@pytest.mark.parametrize("name", [*BAD_NAMES, ".", "..", "a b", "a/b", "é", "a\tb", "ａ"])
def test_a_bad_name_in_the_header_is_refused(server: MockServer, name: str) -> None:
    field = b"X-Mock-Sandbox: " + name.encode() + b"\r\n\r\n"
    problem(server.raw(head("GET", JANES)[:-2] + field), 400, "sandbox-malformed")


@pytest.mark.parametrize("name", [*BAD_NAMES, "%E9", "a%20b", "a@b", "%00"])
def test_a_bad_name_in_the_path_is_refused(server: MockServer, name: str) -> None:
    before = server.send("GET", "/_mock/sandboxes").json()["count"]
    problem(server.raw(head("GET", f"/~{name}{JANES}")), 400, "sandbox-malformed")
    assert server.send("GET", "/_mock/sandboxes").json()["count"] == before


def test_a_prefix_alone_is_the_first_page_of_the_sandbox_and_one_within_it_leads_nowhere(
    sandbox: Sandboxed,
) -> None:
    for path in ("", "/"):
        assert f'href="/~{sandbox.name}/_mock/"' in sandbox.send("GET", path).text
    problem(sandbox.send("GET", f"/~other{JANES}", JANE), 404, "path-unknown")


@pytest.mark.parametrize(
    ("path", "hint"),
    [
        (JANES.rstrip("/"), JANES),
        (JANES.replace("/users", "//users"), JANES),
        ("/nothing/of/the/kind", "/openapi.yaml"),
    ],
)
def test_a_path_that_leads_nowhere_is_mended_within_the_sandbox(
    sandbox: Sandboxed, path: str, hint: str
) -> None:
    detail = problem(sandbox.send("GET", path), 404, "path-unknown")["detail"]
    assert f"there is no {sandbox.prefix}{path or '/'}; " in detail
    assert f" {sandbox.prefix}{hint}" in detail


@pytest.fixture(scope="module")
def strict_server() -> Iterator[MockServer]:
    with MockServer("--require-sandbox") as started:
        yield started


def test_where_a_sandbox_is_required_the_api_refuses_those_without(
    strict_server: MockServer,
) -> None:
    problem(strict_server.send("GET", JANES, JANE), 400, "sandbox-missing")
    assert Sandboxed(strict_server).send("GET", JANES, JANE).status_code == 200
    named = {"X-Mock-Sandbox": "named"}
    assert strict_server.send("GET", JANES, JANE, headers=named).status_code == 200
    assert preflight(strict_server, JANES).status_code == 204


def test_where_a_sandbox_is_required_the_control_api_asks_for_one_but_for_what_all_share(
    strict_server: MockServer,
) -> None:
    for method, path in IN_A_SANDBOX:
        problem(strict_server.send(method, filled(path)), 400, "sandbox-missing")
    for method, path in SHARED:
        assert strict_server.send(method, filled(path)).status_code != 400


ADDRESS = st.integers(0, 3).map(lambda number: f"new-{number}@example.com")
STEP = st.one_of(
    st.tuples(st.sampled_from(["POST", "DELETE"]), st.just(JOHNS_EMAILS), ADDRESS),
    st.tuples(st.just("PATCH"), st.just(JOHNS), st.text("abcdefgh ", min_size=1, max_size=8)),
    st.tuples(st.just("GET"), st.sampled_from([JOHNS, JOHNS_EMAILS]), st.none()),
    st.tuples(
        st.just("POST"),
        st.sampled_from(
            [f"/_mock/{one}" for one in ("reset", "snapshots/a", "snapshots/a/restore")]
        ),
        st.none(),
    ),
)


def play(client: Sandboxed, step: tuple[str, str, str | None]) -> tuple[int, bytes]:
    method, path, value = step
    answer = client.send(
        method, path, JOHN, json={"email": value, "full_name": value} if value else None
    )
    return answer.status_code, answer.content


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.tuples(st.integers(0, 15), STEP), max_size=25))
def test_however_the_steps_of_16_clients_mix_each_sees_what_it_would_see_alone(
    server: MockServer, steps: list[tuple[int, tuple[str, str, str | None]]]
) -> None:
    mixed = {number: Sandboxed(server) for number, _ in steps}
    seen = [play(mixed[number], step) for number, step in steps]
    for number, client in mixed.items():
        alone = Sandboxed(server)
        mine = [place for place, (one, _) in enumerate(steps) if one == number]
        assert [play(alone, steps[place][1]) for place in mine] == [seen[place] for place in mine]
        assert alone.state() == client.state()
        operations = [[one["operation"] for one in each.requests()] for each in (alone, client)]
        assert operations[0] == operations[1]
