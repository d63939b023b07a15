"""What `verify` does not call verified: what is misspelt, and what the journal cannot tell any more."""

from __future__ import annotations

import json
import socket

import pytest

from tests.mockserver.sandboxed import Sandboxed
from tests.support import (
    JOHN,
    JOHNS,
    JOHNS_EMAILS,
    OPERATIONS,
    PATIENCE,
    Json,
    MockServer,
    StartServer,
    problem,
)

pytest_plugins = ["pytester"]

VERIFY = "/_mock/requests/verify"


# Names that nothing has


def test_an_operation_that_is_misspelt_is_refused_with_the_known_ones(sandbox: Sandboxed) -> None:
    sandbox.send("POST", JOHNS_EMAILS, JOHN, json={"email": "one@example.com"})
    wanted = [{"operation": "add_email"}, {"operation": "add_emial", "times": 0}]

    answer = sandbox.send("POST", VERIFY, json={"requests": wanted})

    data = problem(answer, 400, "body-invalid")
    sentence, _, known = data["detail"].removesuffix(")").partition(" (")
    assert sentence == "requests/1/operation is no operation of the contract"
    assert sorted(known.split(", ")) == sorted(operation.id for operation in OPERATIONS)
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
