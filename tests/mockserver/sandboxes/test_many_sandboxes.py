"""Many sandboxes at once: each client sees its own data only."""

from __future__ import annotations

import threading
from collections import Counter

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.mockserver.sandboxed import Sandboxed
from tests.support import JOHN, JOHNS, JOHNS_EMAILS, MockServer

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
    kinds = ("add", "name", "list", "delete", "read", "save", "add", "restore")

    def hammer(number: int) -> None:
        client, model = Sandboxed(server, f"hammer-{number}"), Model()
        try:
            for step in range(30):
                kind = kinds[(step * 7 + number) % len(kinds)]
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
