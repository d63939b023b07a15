"""Verification of the journal: calls that are missing, too many or out of order, and what cannot be told."""

from __future__ import annotations

import json
import time
from typing import Any

import pytest

from tests.mockserver.sandboxed import Sandboxed
from tests.support import (
    BY_ID,
    JOHN,
    JOHNS,
    JOHNS_EMAILS,
    Json,
    StartServer,
    altered,
    bearer,
    pointers,
    problem,
)

VERIFY = "/_mock/requests/verify"


@pytest.fixture
def played(sandbox: Sandboxed) -> Sandboxed:
    """A sandbox with a journal: add, add, list, and a refusal."""
    for email in ("one@example.com", "two@example.com"):
        sandbox.send(
            "POST", JOHNS_EMAILS, JOHN, json={"email": email, "extra": {"deep": [1, True]}}
        )
    sandbox.send("GET", JOHNS_EMAILS, bearer("johndoe-email_read"))
    sandbox.send("GET", JOHNS)
    return sandbox


@pytest.mark.parametrize(
    "expected",
    [
        {"operation": "add_email"},
        {"operation": "add_email", "times": 2},
        {"operation": "add_email", "body": {"email": "one@example.com"}, "times": 1},
        {"body": {"extra": {"deep": [1, True]}}, "times": 2},
        {"body": {}, "times": 2},
        {"method": "GET", "times": 2},
        {"path": JOHNS, "status": 401, "code": "credentials-missing", "times": 1},
        {"username": "johndoe", "times": 3},
        {"operation": "delete_email", "times": 0},
    ],
)
def test_what_came_is_verified(played: Sandboxed, expected: Json) -> None:
    assert played.verify(expected) == []
    assert played.verify(expected, expected) == []


ADD = {"operation": "add_email"}


@pytest.mark.parametrize(
    ("expected", "member", "difference"),
    [
        ({"operation": "delete_email"}, "operation", ("delete_email", "get_user")),
        ({**ADD, "times": 1, "status": 400}, "status", (400, 201)),
        ({**ADD, "body": {"email": "x"}}, "body/email", ("x", "two@example.com")),
        ({**ADD, "body": {"verified": None}}, "body/verified", (None,)),
        ({**ADD, "body": {"extra": {"deep": [1, 1]}}}, "body/extra/deep", ([1, 1], [1, True])),
        ({"operation": "get_user", "username": "johndoe"}, "username", ("johndoe", None)),
    ],
)
def test_a_mismatch_names_the_nearest_entries_and_their_differences(
    played: Sandboxed, expected: Json, member: str, difference: tuple[Any, ...]
) -> None:
    [mismatch] = played.verify(expected)
    assert (mismatch["index"], mismatch["met"]) == (0, 0)
    assert mismatch["expected"] == expected
    assert len(mismatch["nearest"]) == 3
    wanted, *actual = difference
    came = {"actual": actual[0]} if actual else {"missing": True}
    differences = [{"member": member, "expected": wanted, **came}]
    assert mismatch["nearest"][0]["differences"] == differences
    counts = [len(near["differences"]) for near in mismatch["nearest"]]
    assert counts == sorted(counts)


def test_a_mismatch_says_how_often_what_came(played: Sandboxed) -> None:
    [mismatch] = played.verify({"operation": "list_emails"}, {"method": "POST", "times": 3})
    assert mismatch["index"] == 1
    assert mismatch["detail"] == "it was expected exactly 3 times, and came 2 times"
    wanted = {"requests": [{"method": "GET", "times": 1, "path": JOHNS, "status": 200}]}
    told = played.send("POST", VERIFY, json=wanted).json()["detail"]
    assert told == "expectation 1 of 1: it was expected exactly once, and came 0 times"


@pytest.mark.parametrize(
    ("operations", "mismatches"),
    [
        (["add_email", "list_emails", "get_user"], 0),
        (["add_email", "add_email", "list_emails"], 0),
        (["list_emails", "add_email"], 1),
        (["get_user", "list_emails"], 1),
        (["list_emails", "list_emails"], 1),
        (["add_email", "add_email", "add_email"], 1),
    ],
)
def test_the_order_is_verified_where_it_is_asked_for(
    played: Sandboxed, operations: list[str], mismatches: int
) -> None:
    expected = [{"operation": operation} for operation in operations]
    assert played.verify(*expected) == []
    found = played.verify(*expected, in_order=True)
    assert len(found) == mismatches
    assert all("not after" in mismatch["detail"] for mismatch in found)


def test_a_number_of_times_counts_in_order_too(played: Sandboxed) -> None:
    adds, lists = {"operation": "add_email", "times": 2}, {"operation": "list_emails", "times": 1}
    none = {"operation": "delete_email", "times": 0}
    assert played.verify(adds, none, lists, in_order=True) == []
    assert len(played.verify(lists, adds, in_order=True)) == 1


@pytest.mark.parametrize(
    "form",
    [
        {
            "content": "email=john.new%40example.com&verified=true",
            "headers": {"Content-Type": "Application/X-WWW-Form-URLencoded; charset=utf-8"},
        },
        {"files": {"email": (None, "john.new@example.com"), "verified": (None, "true")}},
    ],
    ids=["urlencoded", "multipart"],
)
def test_a_form_is_verified_by_its_members(sandbox: Sandboxed, form: Json) -> None:
    sandbox.send("PATCH", JOHNS_EMAILS, JOHN, **form)
    assert sandbox.verify({"status": 200, "body": {"email": "john.new@example.com"}}) == []
    assert sandbox.verify({"body": {"verified": True}}, {"body": {"verified": "true"}}) == []
    [mismatch] = sandbox.verify({"body": {"verified": False}})
    assert mismatch["nearest"][0]["differences"] == [
        {"member": "body/verified", "expected": False, "actual": "true"}
    ]


def test_an_empty_journal_has_nothing_near(sandbox: Sandboxed) -> None:
    [mismatch] = sandbox.verify({"operation": "get_user"})
    assert mismatch["nearest"] == []
    assert sandbox.verify({"times": 0}) == []


@pytest.mark.parametrize(
    "wanted",
    [{}, {"requests": []}, {"requests": [{"times": -1}]}, {"requests": [{"operaton": "x"}]}, []],
)
def test_an_expectation_that_makes_no_sense_is_refused(sandbox: Sandboxed, wanted: Any) -> None:
    problem(sandbox.send("POST", VERIFY, json=wanted), 400, "body-invalid")


def test_many_expectations_of_a_long_journal_hold_nobody_up_for_long(sandbox: Sandboxed) -> None:
    sandbox.fill(1000)
    expected = [{"path": "/x", "times": 1}] * 100
    began = time.perf_counter()
    assert len(sandbox.verify(*expected)) == 100
    every = time.perf_counter() - began
    began = time.perf_counter()
    assert len(sandbox.verify(*expected[:1])) == 1
    one = time.perf_counter() - began
    assert every < 500 * one


# Names that nothing has

FLOW = ("authorize", "decide", "request_token", "revoke")


def test_an_operation_that_is_misspelt_is_refused_with_the_known_ones(sandbox: Sandboxed) -> None:
    wanted = [{"operation": "add_email"}, {"operation": "add_emial", "times": 0}]

    answer = sandbox.send("POST", VERIFY, json={"requests": wanted})

    data = problem(answer, 400, "body-invalid")
    sentence, _, known = data["detail"].removesuffix(")").partition(" (")
    assert sentence == "requests/1/operation is no operation of the contract"
    assert sorted(known.split(", ")) == sorted([*BY_ID, *FLOW])
    assert pointers(answer) == ["/requests/1/operation"]


@pytest.mark.parametrize("method", ["get", "FETCH", ""])
def test_a_method_that_is_none_is_refused(sandbox: Sandboxed, method: str) -> None:
    answer = sandbox.send("POST", VERIFY, json={"requests": [{"method": method, "times": 0}]})
    assert pointers(answer) == ["/requests/0/method"]
    assert "PATCH" in problem(answer, 400, "body-invalid")["detail"]


# Requests that are lost

KEPT = 1000


@pytest.fixture
def lossy(sandbox: Sandboxed) -> Sandboxed:
    """A sandbox whose journal has lost two requests that added an address."""
    for email in ("one@example.com", "two@example.com"):
        sandbox.send("POST", JOHNS_EMAILS, JOHN, json={"email": email})
    sandbox.fill(KEPT)
    return sandbox


@pytest.mark.parametrize(
    ("expected", "met"),
    [
        ({"operation": "add_email", "times": 0}, 0),
        ({"operation": "add_email", "times": 2}, 0),
        ({"path": "/x", "times": KEPT}, KEPT),
        ({"path": "/x", "times": 5}, KEPT),
    ],
)
def test_no_exact_number_is_verified_over_a_journal_that_has_lost_requests(
    lossy: Sandboxed, expected: Json, met: int
) -> None:
    [mismatch] = lossy.verify(expected)

    assert mismatch["met"] == met
    assert "the journal has lost the 2 oldest requests" in mismatch["detail"]
    assert "DELETE /_mock/requests before what is verified" in mismatch["detail"]


def test_what_is_still_there_is_verified_also_when_others_are_lost(lossy: Sandboxed) -> None:
    assert lossy.verify({"path": "/x"}) == []
    assert lossy.verify({"path": "/x"}, {"status": 404}, in_order=True) == []


def test_what_is_not_there_may_be_lost(lossy: Sandboxed) -> None:
    told = "it was expected at least once, and came 0 times; but the journal has lost"
    for in_order in (True, False):
        [mismatch] = lossy.verify({"path": "/x"}, {"operation": "add_email"}, in_order=in_order)
        assert told in mismatch["detail"]


@pytest.mark.parametrize(("method", "path"), [("DELETE", "requests"), ("POST", "reset")])
def test_what_is_forgotten_on_purpose_is_not_lost(lossy: Sandboxed, method: str, path: str) -> None:
    lossy.control(method, path)
    assert lossy.verify({"times": 0}) == []

    lossy.fill(KEPT)
    assert lossy.verify({"path": "/x", "times": KEPT}) == []
    lossy.fill(1)
    [mismatch] = lossy.verify({"path": "/x", "times": KEPT})
    assert "the journal has lost the oldest request, " in mismatch["detail"]


def test_requests_that_go_for_those_of_others_are_lost_too(start_server: StartServer) -> None:
    few = altered("sandboxes.journal.Limits.__init__.__defaults__ = (1000, 4 * 1024 * 1024)")
    server = start_server(program=few)
    mine = Sandboxed(server)
    mine.send("GET", JOHNS_EMAILS, JOHN)
    assert mine.verify({"times": 1}) == []

    Sandboxed(server).fill(100, 60_000)

    [mismatch] = mine.verify({"times": 0})
    assert "the journal has lost the oldest request, " in mismatch["detail"]


# Bodies

LARGE = {"nickname": "x" * 20_000}


@pytest.mark.parametrize("expected", [{}, {"times": 0}, {"times": 1}])
def test_a_body_that_was_cut_cannot_be_compared(sandbox: Sandboxed, expected: Json) -> None:
    sandbox.send("PATCH", JOHNS, JOHN, json=LARGE)
    size = sandbox.last()["request"]["size"]

    [mismatch] = sandbox.verify({"operation": "update_user", "body": LARGE, **expected})

    told = f"the body of request 1 was cut, as only 16 KiB of a body are kept, and it had {size}"
    assert told in mismatch["detail"]
    difference = {"member": "body", "expected": LARGE, "cut": True}
    assert mismatch["nearest"][0]["differences"] == [difference]


def test_a_body_that_was_cut_is_no_matter_where_none_is_compared(sandbox: Sandboxed) -> None:
    sandbox.send("PATCH", JOHNS, JOHN, json=LARGE)

    assert sandbox.verify({"operation": "update_user", "times": 1}) == []
    [mismatch] = sandbox.verify({"operation": "add_email", "body": LARGE})
    assert "cut" not in mismatch["detail"]


def test_what_is_no_multipart_form_is_compared_as_a_text(sandbox: Sandboxed) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    sandbox.send("PATCH", JOHNS_EMAILS, JOHN, content=b"--b\r\nbroken", headers=headers)

    [mismatch] = sandbox.verify({"body": {"verified": True}})

    [difference] = mismatch["nearest"][0]["differences"]
    assert difference["actual"] == "--b\r\nbroken"


SAME: list[tuple[Any, Any]] = [(1, 1.0), ([{"a": 2.0}], [{"a": 2}]), (0, -0.0)]
OTHERS = [(True, 1), ([True], [1]), (0, None), ("1", 1), ([1], [1, 2]), ({"a": 1}, [1])]


def test_numbers_are_equal_by_their_value(sandbox: Sandboxed) -> None:
    for is_same, pairs in ((True, SAME), (False, OTHERS)):
        for sent, expected in pairs:
            sandbox.control("DELETE", "requests")
            sandbox.send("PATCH", JOHNS, JOHN, json={"extra": sent})
            found = sandbox.verify({"body": {"extra": expected}})
            assert (not found) == is_same, (sent, expected)


def test_a_body_that_is_nested_deeply_is_shown_as_far_as_it_can_be(sandbox: Sandboxed) -> None:
    deep = '{"location": ' + "[" * 900 + "]" * 900 + "}"
    fields = {"Content-Type": "application/json"}
    assert sandbox.send("PATCH", JOHNS, JOHN, content=deep, headers=fields).status_code == 400
    [mismatch] = sandbox.verify({"body": {"location": "Berlin"}})
    assert "nested too deeply to be shown" in json.dumps(mismatch)
