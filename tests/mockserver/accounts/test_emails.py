"""The addresses of an account: listed, added, verified, made primary, deleted."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from tests.support import (
    INVALID_ADDRESSES,
    JANE,
    JANES_EMAILS,
    JOHN,
    JOHNS,
    JOHNS_EMAILS,
    Json,
    MockServer,
    pointers,
    problem,
)

PRIMARY = {"email": "john.doe@example.com", "verified": True, "primary": True}
VERIFIED = {"email": "john@work.example.com", "verified": True, "primary": False}
UNVERIFIED = {"email": "john.new@example.com", "verified": False, "primary": False}
JOHNS_OWN = [PRIMARY, VERIFIED, UNVERIFIED]

ADDRESSES = [
    "john+added@example.com",
    "a@b.example",
    "first.middle-last_x+tag@sub.example.co.uk",
    "UPPER@Example.COM",
    "zoë@exämple.com",
    "用户@例子.公司",
    f"{'a' * 64}@{'b' * 63}.{'c' * 63}.example.com",
]


def send(server: MockServer, method: str, **body: Any) -> httpx.Response:
    return server.send(method, JOHNS_EMAILS, JOHN, json=body)


def emails(server: MockServer) -> list[Json]:
    answer = server.send("GET", JOHNS_EMAILS, JOHN)
    assert answer.status_code == 200
    listed: list[Json] = answer.json()
    return listed


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_new_address_is_neither_verified_nor_primary(server: MockServer, address: str) -> None:
    answer = send(server, "POST", email=address)
    assert answer.status_code == 201
    assert answer.json() == {"email": address, "verified": False, "primary": False}
    assert emails(server) == [*JOHNS_OWN, answer.json()]
    problem(send(server, "POST", email=address.swapcase()), 400, "email-taken")


def test_a_new_address_cannot_bring_its_own_verification(server: MockServer) -> None:
    body = {"email": "john+added@example.com", "verified": True, "primary": True}
    assert send(server, "POST", **body).json() == {**body, "verified": False, "primary": False}
    assert emails(server)[0] == PRIMARY


@pytest.mark.parametrize("address", INVALID_ADDRESSES, ids=repr)
def test_an_invalid_address_is_not_added_and_changes_nothing(
    server: MockServer, address: object
) -> None:
    with server.unchanged():
        assert set(pointers(send(server, "POST", email=address))) == {"/email"}
        for method in ("PATCH", "DELETE"):
            assert send(server, method, email=address).status_code in (400, 404)


@pytest.mark.parametrize("method", ["POST", "PATCH", "DELETE"])
def test_the_address_must_be_there(server: MockServer, method: str) -> None:
    with server.unchanged():
        answer = send(server, method, Email="john@work.example.com", verified=True)
    assert pointers(answer) == ["/email"]
    assert "missing" in problem(answer, 400)["detail"]


@pytest.mark.parametrize(
    ("method", "address", "status", "code"),
    [
        *(
            ("POST", one, 400, "email-taken")
            for one in ("john.doe@example.com", "John.Doe@EXAMPLE.com")
        ),
        *(
            ("POST", one, 400, "email-taken")
            for one in ("john.new@EXAMPLE.com", "JANE.DOE@EXAMPLE.COM")
        ),
        ("POST", "inactive@example.com", 400, "email-taken"),
        *(("PATCH", f"{one}@example.com", 404, "email-unknown") for one in ("nobody", "jane.doe")),
        *(("DELETE", f"{one}@example.com", 404, "email-unknown") for one in ("nobody", "jane.doe")),
        # The primary address is kept, however it is spelled.
        *(
            ("DELETE", one, 400, "primary-email")
            for one in ("john.doe@example.com", "JOHN.Doe@Example.COM")
        ),
    ],
)
def test_an_address_that_somebody_has_nobody_has_or_is_primary_is_refused(
    server: MockServer, method: str, address: str, status: int, code: str
) -> None:
    with server.unchanged():
        answer = send(server, method, email=address)
    problem(answer, status, code)
    assert status == 404 or pointers(answer) == ["/email"]


def test_a_deleted_address_is_free_for_everybody_and_has_lost_its_verification(
    server: MockServer,
) -> None:
    for path, login in ((JOHNS_EMAILS, JOHN), (JANES_EMAILS, JANE)):
        assert send(server, "DELETE", email=VERIFIED["email"]).status_code == 204
        answer = server.send("POST", path, login, json={"email": VERIFIED["email"]})
        assert (answer.status_code, answer.json()) == (201, {**VERIFIED, "verified": False})


@pytest.mark.parametrize(
    ("email", "change"),
    [
        (UNVERIFIED, {"verified": True}),
        (UNVERIFIED, {"primary": True}),
        (UNVERIFIED, {"verified": True, "primary": True}),
        (VERIFIED, {"primary": True}),
        # What is so already can be said again.
        (PRIMARY, {"verified": True}),
        (PRIMARY, {"primary": True}),
    ],
)
def test_an_address_is_verified_and_made_primary_in_place_of_the_previous_one(
    server: MockServer, email: Json, change: Json
) -> None:
    answer = send(server, "PATCH", **{"email": email["email"], **change})
    assert (answer.status_code, answer.json()) == (200, {**email, **change})
    kept = {} if "primary" not in change else {"primary": False}
    assert emails(server) == [{**one, **(change if one == email else kept)} for one in JOHNS_OWN]


@pytest.mark.parametrize("value", [False, None, "true", "false", 1, 0, [True], {}], ids=repr)
@pytest.mark.parametrize("member", ["verified", "primary"])
def test_verified_and_primary_must_be_true_or_absent(
    server: MockServer, member: str, value: object
) -> None:
    other = "primary" if member == "verified" else "verified"
    with server.unchanged():
        for email in JOHNS_OWN:
            body = {"email": email["email"], other: True, member: value}
            answer = send(server, "PATCH", **body)
            assert set(pointers(answer)) == {f"/{member}"}


@pytest.mark.parametrize("email", [VERIFIED, UNVERIFIED], ids=lambda one: one["email"])
def test_deleting_removes_that_address_and_no_other(server: MockServer, email: Json) -> None:
    before = server.state()
    answer = send(server, "DELETE", email=email["email"])
    assert answer.status_code == 204
    assert answer.content == b""
    assert emails(server) == [one for one in JOHNS_OWN if one != email]
    problem(send(server, "DELETE", email=email["email"]), 404, "email-unknown")
    [john] = [one for one in before["accounts"] if one["username"] == "johndoe"]
    john["emails"].remove(email)
    assert server.state() == before


def test_there_is_one_primary_address_whatever_is_done(server: MockServer) -> None:
    for number in range(5):
        address = f"john+{number}@example.com"
        send(server, "POST", email=address)
        send(server, "PATCH", email=address, primary=True)
        problem(send(server, "DELETE", email=address), 400, "primary-email")
        assert [one["email"] for one in emails(server) if one["primary"]] == [address]
    # The first one can be deleted now, and the user's email is the last one.
    assert send(server, "DELETE", email=PRIMARY["email"]).status_code == 204
    user = server.send("GET", JOHNS, JOHN).json()
    assert user["email"] == "john+4@example.com"
