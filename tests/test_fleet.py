"""The clients of `make fleet` see what is wrong, without a balancer: each world has one client, who knows what is in it."""

from __future__ import annotations

import re

import pytest

from clients.steps import StepError
from deploy.fleet import REPLICAS
from deploy.worlds import Load, World
from tests.support import JANE, JANES, ROOT, MockServer

STEPS = 20


def test_each_replica_has_a_place_of_its_own_on_the_ring() -> None:
    text = (ROOT / "deploy" / "haproxy.cfg").read_text("utf-8")
    ring = text.partition("\nbackend ring")[2].partition("\n\n")[0]
    servers = re.findall(r"^    server (\S+) .*?(?: id (\d+))?$", ring, re.MULTILINE)
    assert servers == [(f"replica-{number}", f"{number}") for number in range(1, len(REPLICAS) + 1)]


@pytest.fixture
def load(server: MockServer, request: pytest.FixtureRequest) -> Load:
    load = Load(server.port, [World(f"{abs(hash(request.node.name))}-{n}") for n in range(2)])
    load.run(STEPS)
    return load


def test_what_a_client_did_itself_is_as_it_should_be(load: Load) -> None:
    assert {(one.losses, one.unanswered) for one in load.worlds} == {(0, 0)}
    assert all(one.emails and one.epoch for one in load.worlds)


def test_a_foreign_write_is_seen(load: Load, server: MockServer) -> None:
    path = f"/~{load.worlds[0].name}{JANES}emails/"
    server.send("POST", path, JANE, json={"email": "foreign@example.com"})
    with pytest.raises(StepError, match=r"foreign@example\.com"):
        load.run(STEPS)


def test_a_loss_that_is_told_is_counted(load: Load, server: MockServer) -> None:
    server.send("DELETE", f"/_mock/sandboxes/{load.worlds[0].name}")
    load.run(STEPS)
    assert [one.losses for one in load.worlds] == [1, 0]


def test_a_loss_that_is_not_told_is_seen(load: Load, server: MockServer) -> None:
    server.send("DELETE", f"/_mock/sandboxes/{load.worlds[0].name}")
    load.worlds[0].epoch = None
    with pytest.raises(StepError, match="in place of"):
        load.run(STEPS)


def test_a_world_on_another_replica_is_seen(load: Load) -> None:
    load.worlds[0].replica = "replica-1"
    with pytest.raises(StepError, match="it was on replica-1"):
        load.run(1)
