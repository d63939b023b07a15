"""The bounds of sandboxes: their number, their life and their cost."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from mockserver.cli import main
from mockserver.loading import Sources, load
from mockserver.sandboxes.sandbox import IDLE_SECONDS, SAFE_SECONDS, NoRoom, Sandboxes
from mockserver.server.background import tidy
from mockserver.server.log import Log
from tests.mockserver.sandboxed import Sandboxed
from tests.support import JANE, JANES, MockServer, StartServer, problem


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


@pytest.fixture(scope="module")
def fixtures() -> Any:
    return load(Sources()).fixtures


class Three(Sandboxes):
    """Room for three sandboxes, with three in it, of which `a` was used first."""

    def __init__(self, fixtures: Any) -> None:
        self.now = 0.0
        super().__init__(fixtures, 3, lambda: self.now)
        for name in "abc":
            self.use(name)
            self.now += 1


@pytest.fixture
def three(fixtures: Any) -> Three:
    return Three(fixtures)


def test_the_least_recently_used_one_makes_room_and_none_that_was_just_used(three: Three) -> None:
    three.now = SAFE_SECONDS - 1
    with pytest.raises(NoRoom):
        three.use("d")
    assert list(three.named) == ["a", "b", "c"]
    three.now = 2 * SAFE_SECONDS
    three.use("a")
    three.use("d")
    assert list(three.named) == ["c", "a", "d"]


def test_one_that_is_watched_is_not_dropped_until_its_watcher_has_left(three: Three) -> None:
    reader = three.use("a").journal.read()
    three.now = 2 * IDLE_SECONDS
    three.use("d")
    assert three.drop_idle() == ["c"]
    assert set(three.named) == {"a", "d"}
    reader.close()
    three.now *= 2
    assert set(three.drop_idle()) == {"a", "d"}


def test_where_all_are_watched_there_is_no_room(three: Three) -> None:
    for name in "abc":
        three.use(name).journal.read()
    three.now = 2 * IDLE_SECONDS
    with pytest.raises(NoRoom):
        three.use("d")


def test_those_that_nobody_used_for_an_hour_are_dropped(three: Three) -> None:
    three.now = IDLE_SECONDS + 1.5
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


def test_the_server_drops_idle_sandboxes_and_says_which(three: Three) -> None:
    three.now = 2 * IDLE_SECONDS
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
