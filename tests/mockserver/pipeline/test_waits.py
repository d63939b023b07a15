"""Waits on demand, before the answer."""

from __future__ import annotations

import json
import socket
import time

from hypothesis import given
from hypothesis import strategies as st

from mockserver.sandboxes.faults import MAX_WAIT, Fault
from tests.mockserver.sandboxed import Sandboxed
from tests.support import BY_ID, JOHN, JOHNS, Json, eventually, head


def test_a_wait_comes_before_the_answer(sandbox: Sandboxed) -> None:
    began = time.monotonic()
    assert sandbox.wish("wait=0.25").status_code == 200
    assert time.monotonic() - began >= 0.24
    assert sandbox.last()["ms"] >= 240
    assert sandbox.last()["fault"] == "Prefer: wait 0.25 s"
    sandbox.fault(wait=0.1)
    assert sandbox.send("GET", JOHNS, JOHN).status_code == 200
    assert sandbox.last()["ms"] >= 90


def test_while_one_waits_others_are_answered(sandbox: Sandboxed) -> None:
    with sandbox.server.connect() as waiting:
        waiting.sendall(head("GET", sandbox.prefix + JOHNS, "Prefer: wait=30"))
        assert sandbox.send("GET", JOHNS, JOHN).status_code == 200


def waits(wait: Json, seed: int) -> list[float]:
    """Return the waits of twenty requests."""
    fault = Fault("fault-1", {"wait": wait, "seed": seed})
    effects = [fault.fire("get_user", "GET", "johndoe", {}) for _ in range(20)]
    return [effect["wait"] for effect in effects if effect is not None]


@given(st.floats(0, 60), st.floats(0, 60), st.integers())
def test_a_wait_lies_where_its_distribution_has_it(one: float, other: float, seed: int) -> None:
    uniform = waits({"uniform": [one, other]}, seed)
    assert len(uniform) == 20
    assert all(min(one, other) <= wait <= max(one, other) for wait in uniform)
    # A normal one is never less than nothing, nor far too long.
    assert all(
        0 <= wait <= MAX_WAIT for wait in waits({"normal": {"mean": one, "deviation": other}}, seed)
    )
    assert waits({"normal": {"mean": one, "deviation": 0}}, seed) == [one] * 20


def test_a_client_that_leaves_while_it_waits_harms_nobody(sandbox: Sandboxed) -> None:
    sandbox.fault(wait=0.2)
    for _ in range(3):
        with sandbox.server.connect() as connection:
            connection.sendall(head("GET", sandbox.prefix + JOHNS))
            connection.shutdown(socket.SHUT_RDWR)
    assert sandbox.send("GET", JOHNS, JOHN).status_code == 200


def test_a_client_that_hangs_up_before_its_body_is_whole_is_in_the_journal(
    sandbox: Sandboxed,
) -> None:
    before = sandbox.state()
    operation = BY_ID["add_email"]
    with sandbox.server.connect() as impatient:
        fields = (f"Authorization: {JOHN}", "Content-Type: application/json", "Content-Length: 99")
        path = sandbox.prefix + operation.path()
        impatient.sendall(head("POST", path, *fields) + json.dumps(operation.body).encode())
    eventually(lambda: len(sandbox.requests()) == 1)
    entry = sandbox.last()
    assert (entry["status"], entry["code"]) == (0, "client-gone")
    assert entry["operation"] == "add_email"
    assert sandbox.state() == before


def test_an_answer_that_nobody_waited_for_is_in_the_journal_with_a_note(
    sandbox: Sandboxed,
) -> None:
    with sandbox.server.connect() as impatient:
        fields = (f"Authorization: {JOHN}", "Prefer: wait=0.3")
        impatient.sendall(head("GET", sandbox.prefix + JOHNS, *fields))
    eventually(lambda: len(sandbox.requests()) == 1)
    entry = sandbox.last()
    assert entry["status"] == 200
    assert entry["notes"] == ["the client had closed its side before this answer"]
