"""The bounds of the journal: the last requests, whole, and no more than there is room for."""

from __future__ import annotations

import threading
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.sandboxes.journal import MAX_KEPT, Journal, Limits, Record, pack
from tests.mockserver.sandboxed import Sandboxed
from tests.support import BY_ID, JOHN, JOHNS, OPERATIONS, call, client_of


def test_the_journal_is_emptied_by_delete_and_by_reset(sandbox: Sandboxed) -> None:
    for method, path in (("DELETE", "requests"), ("POST", "reset")):
        call(sandbox, OPERATIONS[0], JOHN)
        sandbox.control(method, path)
        assert sandbox.requests() == []
    call(sandbox, OPERATIONS[0], JOHN)
    assert sandbox.last()["id"] == 3


def test_the_journal_keeps_the_last_thousand_requests(sandbox: Sandboxed) -> None:
    sandbox.fill(1001)
    sandbox.send("GET", JOHNS, JOHN)
    entries = sandbox.requests()
    assert [entry["id"] for entry in entries] == list(range(3, 1003))
    assert entries[-1]["operation"] == "get_user"


@pytest.mark.parametrize("more", [-1, 0, 1, 100_000])
def test_a_large_body_is_cut_and_its_size_told(sandbox: Sandboxed, more: int) -> None:
    body = b'{"nickname": "'.ljust(MAX_KEPT + more - 2, b"x") + b'"}'
    headers = {"Content-Type": "application/json"}
    assert sandbox.send("PATCH", JOHNS, JOHN, content=body, headers=headers).status_code == 200
    request = sandbox.last()["request"]
    assert request["body"].encode() == body[:MAX_KEPT]
    assert request["size"] == len(body)


def test_a_journal_is_whole_while_others_write_it(sandbox: Sandboxed) -> None:
    def write() -> None:
        with client_of(sandbox.server.url) as client:
            for _ in range(50):
                client.get(sandbox.prefix + JOHNS, headers={"Authorization": JOHN})

    writers = [threading.Thread(target=write) for _ in range(4)]
    for writer in writers:
        writer.start()
    for _ in range(10):
        ids = [entry["id"] for entry in sandbox.requests()]
        assert ids == list(range(1, len(ids) + 1))
    for writer in writers:
        writer.join()
    assert [entry["id"] for entry in sandbox.requests()] == list(range(1, 201))
    assert sandbox.verify({"operation": BY_ID["get_user"].id, "status": 200, "times": 200}) == []


# All journals together


def record(size: int) -> Record:
    """A request that takes so many bytes."""
    start: tuple[Any, ...] = (0.0, 0.0, "GET", "/", b"", None, None, None, 200, None, None)
    start += ([], None, [], b"", 0, [])
    bare = len(pack((*start, b"", 0)))
    return pack((*start, b" " * (size - bare), size - bare))


def test_all_journals_together_keep_the_newest_requests_that_find_room() -> None:
    assert Limits.__init__.__defaults__ == (1000, 128 * 1024 * 1024)
    limits = Limits(per_journal=10, most_bytes=20_000)
    journals = [Journal(limits) for _ in range(5)]
    for journal in journals:
        for _ in range(4):
            journal.append(record(2000))
    assert [len(journal) for journal in journals] == [0, 0, 2, 4, 4]
    assert [entry.number for entry in journals[2].entries()] == [3, 4]
    journals[0].append(record(18_000))
    assert [len(journal) for journal in journals] == [1, 0, 0, 0, 1]


@given(st.lists(st.tuples(st.integers(0, 3), st.sampled_from("aaaaaac"), st.integers(1, 4000))))
def test_the_room_of_all_journals_is_never_exceeded(steps: list[tuple[int, str, int]]) -> None:
    limits = Limits(per_journal=5, most_bytes=10_000)
    journals = [Journal(limits) for _ in range(4)]
    made: list[tuple[int, int]] = []
    for which, what, size in steps:
        if what == "a":
            journals[which].append(bytes(size))
            made.append((which, size))
            mine = [index for index, (one, _) in enumerate(made) if one == which]
            if len(mine) > 5:
                del made[mine[0]]
            while sum(size for _, size in made) > 10_000:
                del made[0]
        else:
            journals[which].clear()
            made = [one for one in made if one[0] != which]
        kept = [sum(1 for one, _ in made if one == number) for number in range(4)]
        assert max(len(journal) for journal in journals) <= 5
        # What was let go of early still has its turn: never more is kept than there is room for.
        assert all(len(journal) <= most for journal, most in zip(journals, kept, strict=True))
