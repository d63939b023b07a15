"""Sandboxes: worlds of their own for callers who name one."""

from __future__ import annotations

import asyncio
import json
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from mockserver.cli import main
from mockserver.loading import Sources, load, merge_worlds
from mockserver.reports import Log
from mockserver.sandbox import IDLE_SECONDS, SAFE_SECONDS, NoRoom, Sandboxes
from mockserver.watching import tidy
from tests.mockserver.sandboxed import Sandboxed, malformed
from tests.support import (
    CONTROL_FILE,
    FIXTURES,
    JANE,
    JANES,
    JOHN,
    JOHNS,
    JOHNS_EMAILS,
    Json,
    MockServer,
    StartServer,
    bearer,
    head,
    problem,
    read_yaml,
    write_yaml,
)

CONTROL = read_yaml(CONTROL_FILE)

GOOD_NAMES = ["a", "A-b_c.9", "0", "...", "x" * 64]
BAD_NAMES = ["", "x" * 65, "a b", "a/b", "a%41", "%61", "é", "a,b", "a~", "a\tb", "~a", "ａ"]


# Naming one


@pytest.mark.parametrize("name", GOOD_NAMES)
def test_a_sandbox_is_named_by_a_header_or_by_a_prefix(server: MockServer, name: str) -> None:
    change = {"location": "Here"}
    by_prefix = server.send("PATCH", f"/~{name}{JANES}", JANE, json=change)
    by_header = server.send("GET", JANES, JANE, headers={"X-Mock-Sandbox": name})
    assert by_prefix.json()["location"] == by_header.json()["location"] == "Here"
    assert server.send("GET", JANES, JANE).json()["location"] != "Here"


def test_header_and_prefix_may_name_the_same_sandbox(sandbox: Sandboxed) -> None:
    answer = sandbox.send("GET", JANES, JANE, headers={"X-Mock-Sandbox": sandbox.name})
    assert answer.status_code == 200


def test_header_and_prefix_that_name_different_sandboxes_are_refused(sandbox: Sandboxed) -> None:
    malformed(sandbox.send("GET", JANES, JANE, headers={"X-Mock-Sandbox": "another"}))


def test_a_header_that_names_two_sandboxes_is_refused(server: MockServer) -> None:
    request = head("GET", JANES, "X-Mock-Sandbox: a", "X-Mock-Sandbox: b")
    problem(server.raw(request), 400, "sandbox-malformed")


@pytest.mark.parametrize("name", BAD_NAMES)
def test_a_bad_name_in_the_header_is_refused(server: MockServer, name: str) -> None:
    field = b"X-Mock-Sandbox: " + name.encode() + b"\r\n\r\n"
    reply = server.raw(head("GET", JANES)[:-2] + field)
    problem(reply, 400, "sandbox-malformed")


@pytest.mark.parametrize(
    "name", ["", "x" * 65, "a%41", "%61", "%E9", "a%20b", "a,b", "~a", "a~", "a@b", "%00"]
)
def test_a_bad_name_in_the_path_is_refused(server: MockServer, name: str) -> None:
    before = server.send("GET", "/_mock/sandboxes").json()["count"]
    problem(server.raw(head("GET", f"/~{name}{JANES}")), 400, "sandbox-malformed")
    assert server.send("GET", "/_mock/sandboxes").json()["count"] == before


def test_a_prefix_alone_leads_nowhere(sandbox: Sandboxed) -> None:
    problem(sandbox.send("GET", ""), 404, "path-unknown")
    problem(sandbox.send("GET", "/"), 404, "path-unknown")


def test_a_prefix_within_a_prefix_leads_nowhere(sandbox: Sandboxed) -> None:
    problem(sandbox.send("GET", f"/~other{JANES}", JANE), 404, "path-unknown")


@pytest.mark.parametrize(
    ("path", "mend"),
    [
        ("", "/_mock/"),
        ("/_mock", "/_mock/"),
        (JANES.rstrip("/"), JANES),
        (JANES.replace("/users", "//users"), JANES),
        ("/nothing/of/the/kind", "/openapi.yaml"),
    ],
)
def test_a_path_that_leads_nowhere_is_mended_within_the_sandbox(
    sandbox: Sandboxed, path: str, mend: str
) -> None:
    detail = problem(sandbox.send("GET", path), 404, "path-unknown")["detail"]
    assert f"there is no {sandbox.prefix}{path or '/'}; " in detail
    assert f" {sandbox.prefix}{mend}" in detail


# Each has its own


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


def _control_operations() -> Iterator[tuple[str, str, bool]]:
    for path, item in CONTROL["paths"].items():
        for method, raw in item.items():
            if method != "parameters":
                yield method.upper(), path, bool(raw.get("x-shared"))


IN_A_SANDBOX = [one[:2] for one in _control_operations() if not one[2]]
SHARED = [one[:2] for one in _control_operations() if one[2]]

# Something that each operation of the control API takes.
PARAMETERS = {"token": "janedoe-all", "name": "many-emails", "id": "fault-1"}
BODIES: dict[tuple[str, str], Json] = {
    ("PUT", "/_mock/state"): FIXTURES,
    ("POST", "/_mock/tokens"): {"username": "janedoe", "scopes": []},
    ("POST", "/_mock/faults"): {"code": 503},
    ("POST", "/_mock/requests/verify"): {"requests": [{"method": "GET", "times": 0}]},
}


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
        with httpx.Client(base_url=sandbox.server.url, trust_env=False) as another:
            assert another.delete("/_mock/sandboxes").status_code == 204
        assert all(piece.startswith(b":") for piece in pieces)


# --require-sandbox


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


@pytest.mark.parametrize(("method", "path"), IN_A_SANDBOX)
def test_where_a_sandbox_is_required_the_control_api_asks_for_one(
    strict_server: MockServer, method: str, path: str
) -> None:
    problem(strict_server.send(method, path.format_map(PARAMETERS)), 400, "sandbox-missing")


@pytest.mark.parametrize(("method", "path"), SHARED)
def test_where_a_sandbox_is_required_what_all_share_needs_none(
    strict_server: MockServer, method: str, path: str
) -> None:
    assert strict_server.send(method, path.format_map(PARAMETERS)).status_code != 400


def test_where_a_sandbox_is_required_preflights_need_none(strict_server: MockServer) -> None:
    asks = {"Origin": "http://app.example.com", "Access-Control-Request-Method": "GET"}
    assert strict_server.send("OPTIONS", JANES, headers=asks).status_code == 204


# --max-sandboxes


def test_a_newcomer_is_refused_while_all_sandboxes_are_in_use(start_server: StartServer) -> None:
    server = start_server("--max-sandboxes", "2")
    first, second, third = (Sandboxed(server, name) for name in ("first", "second", "third"))
    first.send("PATCH", JANES, JANE, json={"location": "Here"})
    second.state()
    answer = third.send("GET", JANES, JANE, headers={"Origin": "http://app.example.com"})
    refusal = problem(answer, 503, "sandboxes-full")
    assert "--max-sandboxes" in refusal["detail"]
    assert int(answer.headers["retry-after"]) > 0
    assert answer.headers["access-control-allow-origin"] == "http://app.example.com"
    assert first.state()["accounts"][0]["location"] == "Here"
    assert server.send("DELETE", "/_mock/sandboxes/second").status_code == 204
    assert third.send("GET", JANES, JANE).status_code == 200


@pytest.mark.parametrize("value", ["0", "-1", "many", "1000001"])
def test_a_number_of_sandboxes_that_makes_no_sense_is_refused(value: str) -> None:
    with pytest.raises(SystemExit) as end:
        main(["serve", "--max-sandboxes", value])
    assert end.value.code == 2


# Idle ones, with a clock of our own: nobody can wait for hours


class Clock:
    def __init__(self) -> None:
        self.now = 0.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture(scope="module")
def fixtures() -> Any:
    return load(Sources()).fixtures


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def three(fixtures: Any, clock: Clock) -> Sandboxes:
    """Room for three sandboxes, with three in it, of which `a` was used first."""
    sandboxes = Sandboxes(fixtures, 3, clock)
    for name in "abc":
        sandboxes.use(name)
        clock.now += 1
    return sandboxes


def test_a_sandbox_that_was_just_used_is_not_dropped(three: Sandboxes, clock: Clock) -> None:
    clock.now = SAFE_SECONDS - 1
    with pytest.raises(NoRoom):
        three.use("d")
    assert list(three.named) == ["a", "b", "c"]


def test_the_least_recently_used_one_makes_room(three: Sandboxes, clock: Clock) -> None:
    clock.now = 2 * SAFE_SECONDS
    three.use("a")
    three.use("d")
    assert list(three.named) == ["c", "a", "d"]


def test_one_that_is_watched_is_never_dropped(three: Sandboxes, clock: Clock) -> None:
    three.use("a").journal.read()
    clock.now = 2 * IDLE_SECONDS
    three.use("d")
    assert "a" in three.named
    assert three.drop_idle() == ["c"]
    assert set(three.named) == {"a", "d"}


def test_where_all_are_watched_there_is_no_room(three: Sandboxes, clock: Clock) -> None:
    for name in "abc":
        three.use(name).journal.read()
    clock.now = 2 * IDLE_SECONDS
    with pytest.raises(NoRoom):
        three.use("d")


def test_one_whose_watcher_has_left_is_dropped_in_the_end(three: Sandboxes, clock: Clock) -> None:
    reader = three.use("a").journal.read()
    reader.close()
    clock.now = 2 * IDLE_SECONDS
    assert set(three.drop_idle()) == {"a", "b", "c"}


def test_those_that_nobody_used_for_an_hour_are_dropped(three: Sandboxes, clock: Clock) -> None:
    clock.now = IDLE_SECONDS + 1.5
    assert three.drop_idle() == ["a", "b"]
    assert list(three.named) == ["c"]


class Told(Exception):
    """Something was logged."""


class Telling(Log):
    """A log that ends what goes on for ever."""

    def __init__(self) -> None:
        """Write nothing anywhere."""

    def event(self, event: str, message: str, **_: Any) -> None:
        raise Told(event, message)


def test_the_server_drops_idle_sandboxes_and_says_which(three: Sandboxes, clock: Clock) -> None:
    clock.now = 2 * IDLE_SECONDS
    with pytest.raises(Told) as told:
        asyncio.run(tidy(three, Telling(), 0.001))
    event, message = told.value.args
    assert event == "dropped-sandboxes"
    assert "nobody used a, b, c for an hour" in message
    assert three.named == {}


# What they cost


def test_a_sandbox_that_nobody_changed_shares_the_fixtures(fixtures: Any) -> None:
    sandboxes = Sandboxes(fixtures)
    one, other = sandboxes.use("one"), sandboxes.use("other")
    assert one.world.accounts is fixtures.world.accounts is other.world.accounts
    assert one.world.tokens is fixtures.world.tokens
    account = one.world.accounts["janedoe"]
    one.world.put(account)
    assert one.world.accounts is not fixtures.world.accounts
    assert other.world.accounts is fixtures.world.accounts


def test_many_sandboxes_cost_little_each(server: MockServer) -> None:
    def memory() -> int:
        return int(server.send("GET", "/_mock/sandboxes").json()["memory_bytes"])

    warm, many = 200, 1000
    for number in range(warm):
        server.send("GET", f"/~warm-{number}{JANES}", JANE)
    before = memory()
    for number in range(many):
        server.send("GET", f"/~many-{number}{JANES}", JANE)
    each = (memory() - before) / many
    assert server.send("GET", "/_mock/sandboxes").json()["count"] >= warm + many
    server.send("DELETE", "/_mock/sandboxes")
    assert each < 16 * 1024


def test_the_list_of_many_sandboxes_shows_the_last_hundred(server: MockServer) -> None:
    server.send("DELETE", "/_mock/sandboxes")
    for number in range(120):
        server.send("GET", f"/~one-{number}/_mock/scenarios")
    listed = server.send("GET", "/_mock/sandboxes").json()
    assert listed["count"] == 120
    assert [one["name"] for one in listed["sandboxes"]] == [f"one-{n}" for n in range(20, 120)]


# --watch


def test_a_reload_keeps_what_was_changed_in_sandboxes(
    start_server: StartServer, tmp_path: Path
) -> None:
    file = write_yaml(tmp_path / "fixtures.yaml", FIXTURES)
    server = start_server("--watch", "--fixtures", str(file))
    changed, untouched = Sandboxed(server, "changed"), Sandboxed(server, "untouched")
    changed.send("PATCH", JANES, JANE, json={"location": "Here"})
    untouched.state()
    data = read_yaml(file)
    data["accounts"][1]["company"] = "Another, Ltd."
    write_yaml(file, data)
    facts = server.wait_for_event("reloaded")
    assert "in sandbox changed janedoe keeps what was changed" in facts["message"]
    assert "untouched" not in facts["message"]
    for one in (changed, untouched, Sandboxed(server, "new")):
        assert one.state()["accounts"][1]["company"] == "Another, Ltd."
    assert changed.state()["accounts"][0]["location"] == "Here"
    changed.control("POST", "reset")
    assert changed.state() == untouched.state()


def test_a_reload_tells_what_became_of_each_sandbox(fixtures: Any, three: Sandboxes) -> None:
    for name in "ac":
        world = three.use(name).world
        world.put(replace(world.accounts["janedoe"], location="Here"))
    after = fixtures.world.copy()
    after.put(replace(after.accounts["johndoe"], company="Another, Ltd."))
    assert three.refit(replace(fixtures, world=after), merge_worlds) == [
        "in sandbox a janedoe keeps what was changed",
        "in sandbox c janedoe keeps what was changed",
    ]


# Many at once: each sees its own data only

ADDRESS = st.integers(0, 3).map(lambda number: f"new-{number}@example.com")
STEP = st.one_of(
    st.tuples(st.just("add"), ADDRESS),
    st.tuples(st.just("delete"), ADDRESS),
    st.tuples(st.just("name"), st.text("abcdefgh ", min_size=1, max_size=8)),
    st.tuples(st.sampled_from(["reset", "save", "restore", "list", "read"]), st.just("")),
)


class Model:
    """What a client should find in its own sandbox."""

    def __init__(self) -> None:
        self.name = "John Doe"
        self.added: tuple[str, ...] = ()
        self.kept: tuple[str, tuple[str, ...]] | None = None
        self.requests: list[str] = []

    def do(self, client: Sandboxed, kind: str, value: str) -> None:
        """Carry out one step on both sides, and compare."""
        if kind == "add":
            self._call(client, "POST", value, 400 if value in self.added else 201)
            self.added += () if value in self.added else (value,)
        elif kind == "delete":
            self._call(client, "DELETE", value, 204 if value in self.added else 404)
            self.added = tuple(one for one in self.added if one != value)
        elif kind == "name":
            answer = client.send("PATCH", JOHNS, JOHN, json={"full_name": value})
            self.name = value
            self.requests.append("update_user")
            assert answer.json()["full_name"] == value
        elif kind == "read":
            assert client.send("GET", JOHNS, JOHN).json()["full_name"] == self.name
            self.requests.append("get_user")
        elif kind == "reset":
            client.control("POST", "reset")
            self.name, self.added, self.requests = "John Doe", (), []
        elif kind == "save":
            client.control("POST", "snapshots/mine")
            self.kept = (self.name, self.added)
        elif kind == "restore":
            answer = client.send("POST", "/_mock/snapshots/mine/restore")
            assert answer.status_code == (404 if self.kept is None else 204)
            self.name, self.added = self.kept or (self.name, self.added)
        else:
            listed = [one["email"] for one in client.send("GET", JOHNS_EMAILS, JOHN).json()]
            assert listed[3:] == list(self.added)
            self.requests.append("list_emails")

    def _call(self, client: Sandboxed, method: str, address: str, status: int) -> None:
        answer = client.send(method, JOHNS_EMAILS, JOHN, json={"email": address})
        assert answer.status_code == status
        self.requests.append({"POST": "add_email", "DELETE": "delete_email"}[method])

    def check(self, client: Sandboxed) -> None:
        """Compare everything."""
        john = client.state()["accounts"][1]
        assert john["full_name"] == self.name
        assert [one["email"] for one in john["emails"]][3:] == list(self.added)
        assert [entry["operation"] for entry in client.requests()] == self.requests


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)
@given(st.lists(st.tuples(st.integers(0, 15), STEP), max_size=25))
def test_however_the_steps_of_16_clients_mix_each_sees_only_its_own(
    server: MockServer, steps: list[tuple[int, tuple[str, str]]]
) -> None:
    clients = {number: (Sandboxed(server), Model()) for number, _ in steps}
    for number, (kind, value) in steps:
        client, model = clients[number]
        model.do(client, kind, value)
    for client, model in clients.values():
        model.check(client)


def test_16_clients_that_hammer_at_the_same_time_see_only_their_own(server: MockServer) -> None:
    common = server.state()
    failures: list[str] = []
    done: Counter[str] = Counter()

    def hammer(number: int) -> None:
        client, model = Sandboxed(server, f"hammer-{number}"), Model()
        with httpx.Client(base_url=server.url, timeout=20, trust_env=False) as own:
            client.server = _with_client(server, own)
            try:
                for step in range(30):
                    kind = ("add", "name", "list", "delete", "read", "save", "add", "restore")[
                        (step * 7 + number) % 8
                    ]
                    value = f"client-{number}-{step % 5}"
                    is_address = kind in ("add", "delete")
                    model.do(client, kind, f"{value}@example.com" if is_address else value)
                    done[client.name] += 1
                model.check(client)
            except AssertionError as error:
                failures.append(f"{client.name}: {error}")

    threads = [threading.Thread(target=hammer, args=(number,)) for number in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []
    assert sum(done.values()) == 16 * 30
    assert server.state() == common


def _with_client(server: MockServer, client: httpx.Client) -> MockServer:
    """The same server, used through another client."""
    twin = MockServer.__new__(MockServer)
    twin.__dict__.update(server.__dict__, client=client)
    return twin
