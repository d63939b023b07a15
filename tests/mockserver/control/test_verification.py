"""Assertions on the journal."""

from __future__ import annotations

import time
from typing import Any

import pytest

from tests.mockserver.sandboxed import Sandboxed
from tests.support import JOHN, JOHNS, JOHNS_EMAILS, Json, bearer, problem


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


@pytest.mark.parametrize(
    ("expected", "met", "difference"),
    [
        (
            {"operation": "delete_email"},
            0,
            {"member": "operation", "expected": "delete_email", "actual": "get_user"},
        ),
        (
            {"operation": "add_email", "times": 1, "status": 400},
            0,
            {"member": "status", "expected": 400, "actual": 201},
        ),
        (
            {"operation": "add_email", "body": {"email": "three@example.com"}},
            0,
            {"member": "body/email", "expected": "three@example.com", "actual": "two@example.com"},
        ),
        (
            {"operation": "add_email", "body": {"verified": None}},
            0,
            {"member": "body/verified", "expected": None, "missing": True},
        ),
        (
            {"operation": "add_email", "body": {"extra": {"deep": [1, 1]}}},
            0,
            {"member": "body/extra/deep", "expected": [1, 1], "actual": [1, True]},
        ),
        (
            {"operation": "get_user", "username": "johndoe"},
            0,
            {"member": "username", "expected": "johndoe", "actual": None},
        ),
    ],
)
def test_a_mismatch_names_the_nearest_entries_and_their_differences(
    played: Sandboxed, expected: Json, met: int, difference: Json
) -> None:
    [mismatch] = played.verify(expected)
    assert (mismatch["index"], mismatch["met"]) == (0, met)
    assert mismatch["expected"] == expected
    assert len(mismatch["nearest"]) == 3
    assert mismatch["nearest"][0]["differences"] == [difference]
    counts = [len(near["differences"]) for near in mismatch["nearest"]]
    assert counts == sorted(counts)


def test_a_mismatch_says_how_often_what_came(played: Sandboxed) -> None:
    [mismatch] = played.verify({"operation": "list_emails"}, {"method": "POST", "times": 3})
    assert mismatch["index"] == 1
    assert mismatch["detail"] == "it was expected exactly 3 times, and came 2 times"
    wanted = {"requests": [{"method": "GET", "times": 1, "path": JOHNS, "status": 200}]}
    detail = problem_of(played, wanted)["detail"]
    assert detail == "expectation 1 of 1: it was expected exactly once, and came 0 times"


def problem_of(sandbox: Sandboxed, wanted: Json) -> Json:
    return dict(sandbox.send("POST", "/_mock/requests/verify", json=wanted).json())


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


def test_a_form_is_verified_by_its_members(sandbox: Sandboxed) -> None:
    body = b"email=john.new%40example.com&verified=true"
    headers = {"Content-Type": "Application/X-WWW-Form-URLencoded; charset=utf-8"}
    sandbox.send("PATCH", JOHNS_EMAILS, JOHN, content=body, headers=headers)
    assert sandbox.verify({"status": 200, "body": {"email": "john.new@example.com"}}) == []
    assert sandbox.verify({"status": 200, "body": {"verified": True}}) == []
    assert sandbox.verify({"status": 200, "body": {"verified": "true"}}) == []
    assert len(sandbox.verify({"body": {"verified": False}})) == 1


def test_an_empty_journal_has_nothing_near(sandbox: Sandboxed) -> None:
    [mismatch] = sandbox.verify({"operation": "get_user"})
    assert mismatch["nearest"] == []
    assert sandbox.verify({"times": 0}) == []


@pytest.mark.parametrize(
    "wanted",
    [{}, {"requests": []}, {"requests": [{"times": -1}]}, {"requests": [{"operaton": "x"}]}, []],
)
def test_an_expectation_that_makes_no_sense_is_refused(sandbox: Sandboxed, wanted: Any) -> None:
    problem(sandbox.send("POST", "/_mock/requests/verify", json=wanted), 400, "body-invalid")


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
