"""Verification of the journal: calls that are missing, too many or out of order, and what cannot be told."""

from __future__ import annotations

import json
import socket
import time
from typing import Any

import pytest

from tests.mockserver.sandboxed import Sandboxed
from tests.support import (
    BY_ID,
    JOHN,
    JOHNS,
    JOHNS_EMAILS,
    PATIENCE,
    Json,
    MockServer,
    StartServer,
    bearer,
    problem,
)


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


pytest_plugins = ["pytester"]

VERIFY = "/_mock/requests/verify"


# Names that nothing has


FLOW = ("authorize", "decide", "request_token", "revoke")


def test_an_operation_that_is_misspelt_is_refused_with_the_known_ones(sandbox: Sandboxed) -> None:
    sandbox.send("POST", JOHNS_EMAILS, JOHN, json={"email": "one@example.com"})
    wanted = [{"operation": "add_email"}, {"operation": "add_emial", "times": 0}]

    answer = sandbox.send("POST", VERIFY, json={"requests": wanted})

    data = problem(answer, 400, "body-invalid")
    sentence, _, known = data["detail"].removesuffix(")").partition(" (")
    assert sentence == "requests/1/operation is no operation of the contract"
    assert sorted(known.split(", ")) == sorted([*BY_ID, *FLOW])
    assert [error["pointer"] for error in data["errors"]] == ["/requests/1/operation"]


@pytest.mark.parametrize("method", ["get", "Get", "FETCH", ""])
def test_a_method_that_is_none_is_refused(sandbox: Sandboxed, method: str) -> None:
    sandbox.send("GET", JOHNS_EMAILS, JOHN)
    wanted: list[Json] = [{"method": method, "times": 0}]

    data = problem(sandbox.send("POST", VERIFY, json={"requests": wanted}), 400, "body-invalid")

    assert [error["pointer"] for error in data["errors"]] == ["/requests/0/method"]
    assert "PATCH" in data["detail"]


def test_the_plugin_passes_no_assertion_on_a_misspelt_operation(
    pytester: pytest.Pytester, server: MockServer
) -> None:
    pytester.makepyfile("""
def test_called(accounts_mock):
    accounts_mock.assert_called("list_email")
def test_not_called(accounts_mock):
    accounts_mock.assert_not_called("list_email")
""")
    result = pytester.runpytest_inprocess("--accounts-mock-url", server.url)

    result.assert_outcomes(failed=2)
    sentence = "E *operation is no operation of the contract (get_user, *list_emails*"
    result.stdout.fnmatch_lines([sentence, sentence])


# Requests that are lost

KEPT = 1000


def flood(sandbox: Sandboxed, count: int, more: int = 0) -> None:
    """Ask for a path that is none, so many times, with so many bytes more."""
    request = f"GET {sandbox.prefix}/x HTTP/1.1\r\nHost: localhost\r\nX-More: {'x' * more}\r\n"
    last = f"{request}Connection: close\r\n\r\n".encode()
    with socket.create_connection(("127.0.0.1", sandbox.server.port), PATIENCE) as connection:
        connection.sendall(f"{request}\r\n".encode() * (count - 1) + last)
        while connection.recv(65536):
            pass


@pytest.fixture
def lossy(sandbox: Sandboxed) -> Sandboxed:
    """A sandbox whose journal has lost two requests that added an address."""
    for email in ("one@example.com", "two@example.com"):
        sandbox.send("POST", JOHNS_EMAILS, JOHN, json={"email": email})
    flood(sandbox, KEPT)
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


@pytest.mark.parametrize("in_order", [True, False])
def test_what_is_not_there_may_be_lost(lossy: Sandboxed, in_order: bool) -> None:  # noqa: FBT001 - a parameter
    [mismatch] = lossy.verify({"path": "/x"}, {"operation": "add_email"}, in_order=in_order)

    assert (
        "it was expected at least once, and came 0 times; but the journal has lost"
        in (mismatch["detail"])
    )


@pytest.mark.parametrize(("method", "path"), [("DELETE", "requests"), ("POST", "reset")])
def test_what_is_forgotten_on_purpose_is_not_lost(lossy: Sandboxed, method: str, path: str) -> None:
    lossy.control(method, path)
    assert lossy.verify({"times": 0}) == []

    flood(lossy, KEPT)
    assert lossy.verify({"path": "/x", "times": KEPT}) == []
    flood(lossy, 1)
    [mismatch] = lossy.verify({"path": "/x", "times": KEPT})
    assert "the journal has lost the oldest request, " in mismatch["detail"]


def test_requests_that_go_for_those_of_others_are_lost_too(start_server: StartServer) -> None:
    server = start_server()
    mine = Sandboxed(server)
    mine.send("GET", JOHNS_EMAILS, JOHN)
    assert mine.verify({"times": 1}) == []

    for _ in range(3):  # all journals together hold 128 MiB
        flood(Sandboxed(server), KEPT, 60_000)

    [mismatch] = mine.verify({"times": 0})
    assert "the journal has lost the oldest request, " in mismatch["detail"]


# Bodies

LARGE = {"nickname": "x" * 20_000}


@pytest.mark.parametrize("expected", [{}, {"times": 0}, {"times": 1}])
def test_a_body_that_was_cut_cannot_be_compared(sandbox: Sandboxed, expected: Json) -> None:
    sandbox.send("PATCH", JOHNS, JOHN, json=LARGE)
    size = sandbox.last()["request"]["size"]

    [mismatch] = sandbox.verify({"operation": "update_user", "body": LARGE, **expected})

    assert (
        f"the body of request 1 was cut, as only 16 KiB of a body are kept, and it had {size}"
        in (mismatch["detail"])
    )
    difference = {"member": "body", "expected": LARGE, "cut": True}
    assert mismatch["nearest"][0]["differences"] == [difference]


def test_a_body_that_was_cut_is_no_matter_where_none_is_compared(sandbox: Sandboxed) -> None:
    sandbox.send("PATCH", JOHNS, JOHN, json=LARGE)

    assert sandbox.verify({"operation": "update_user", "times": 1}) == []
    assert sandbox.verify({"operation": "add_email", "body": LARGE, "times": 0}) == []
    [mismatch] = sandbox.verify({"operation": "add_email", "body": LARGE})
    assert "cut" not in mismatch["detail"]


def test_a_multipart_form_is_verified_by_its_members(sandbox: Sandboxed) -> None:
    form = {"email": (None, "jöhn.new@example.com"), "verified": (None, "true")}
    sandbox.send("PATCH", JOHNS_EMAILS, JOHN, files=form)

    assert sandbox.verify({"body": {"email": "jöhn.new@example.com"}, "times": 1}) == []
    assert sandbox.verify({"body": {"verified": True}}, {"body": {"verified": "true"}}) == []
    [mismatch] = sandbox.verify({"body": {"verified": False}})
    assert mismatch["nearest"][0]["differences"] == [
        {"member": "body/verified", "expected": False, "actual": "true"}
    ]


def test_what_is_no_multipart_form_is_compared_as_a_text(sandbox: Sandboxed) -> None:
    headers = {"Content-Type": "multipart/form-data; boundary=b"}
    sandbox.send("PATCH", JOHNS_EMAILS, JOHN, content=b"--b\r\nbroken", headers=headers)

    [mismatch] = sandbox.verify({"body": {"verified": True}})

    [difference] = mismatch["nearest"][0]["differences"]
    assert difference["actual"] == "--b\r\nbroken"


@pytest.mark.parametrize(
    ("sent", "expected", "is_same"),
    [
        (1, 1.0, True),
        ([{"a": 2.0}], [{"a": 2}], True),
        (0, -0.0, True),
        (True, 1, False),
        (1.0, True, False),
        ([True], [1], False),
        (0, None, False),
        (0, False, False),
        ("1", 1, False),
        ([1], [1, 2], False),
        ({"a": 1}, [1], False),
    ],
)
def test_numbers_are_equal_by_their_value(
    sandbox: Sandboxed,
    sent: object,
    expected: object,
    is_same: bool,  # noqa: FBT001 - a parameter of the test
) -> None:
    sandbox.send("PATCH", JOHNS, JOHN, json={"extra": sent})

    mismatches = sandbox.verify({"body": {"extra": expected}})

    assert (not mismatches) == is_same


def test_the_plugin_tells_of_members_that_are_missing_and_of_bodies_that_were_cut(
    pytester: pytest.Pytester, server: MockServer
) -> None:
    pytester.makepyfile(f"""
import httpx
def send(mock, body):
    httpx.patch(mock.url + {JOHNS!r}, json=body, headers=mock.bearer("johndoe"))
def test_missing(accounts_mock):
    send(accounts_mock, {{"location": "Berlin"}})
    accounts_mock.assert_called("update_user", body={{"company": "Ours"}})
def test_cut(accounts_mock):
    send(accounts_mock, {{"location": "x" * 20000}})
    accounts_mock.assert_not_called("update_user", body={{"company": "Ours"}})
""")
    result = pytester.runpytest_inprocess("--accounts-mock-url", server.url)

    result.assert_outcomes(failed=2)
    result.stdout.fnmatch_lines(
        [
            'E * body/company: expected "Ours", is missing',
            "E * the body of request 1 was cut, *: it cannot be compared",
            'E * body: expected {"company": "Ours"}, was cut, and cannot be compared',
        ]
    )


def test_a_body_that_is_nested_deeply_is_shown_as_far_as_it_can_be(sandbox: Sandboxed) -> None:
    deep = '{"location": ' + "[" * 900 + "]" * 900 + "}"
    fields = {"Content-Type": "application/json"}
    assert sandbox.send("PATCH", JOHNS, JOHN, content=deep, headers=fields).status_code == 400
    [mismatch] = sandbox.verify({"body": {"location": "Berlin"}})
    assert "nested too deeply to be shown" in json.dumps(mismatch)
