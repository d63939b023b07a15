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

ADDRESSES = [
    "john+added@example.com",
    "a@b.example",
    "first.middle-last_x+tag@sub.example.co.uk",
    "UPPER@Example.COM",
    "zoë@exämple.com",
    "用户@例子.公司",
    f"{'a' * 64}@{'b' * 63}.{'c' * 63}.example.com",
]


def emails(server: MockServer) -> list[Json]:
    answer = server.send("GET", JOHNS_EMAILS, JOHN)
    assert answer.status_code == 200
    listed: list[Json] = answer.json()
    return listed


def add(server: MockServer, body: Any) -> httpx.Response:
    return server.send("POST", JOHNS_EMAILS, JOHN, json=body)


def update(server: MockServer, body: Any) -> httpx.Response:
    return server.send("PATCH", JOHNS_EMAILS, JOHN, json=body)


def delete(server: MockServer, body: Any) -> httpx.Response:
    return server.send("DELETE", JOHNS_EMAILS, JOHN, json=body)


def test_the_list_has_all_addresses_of_the_user_and_no_one_elses(server: MockServer) -> None:
    assert emails(server) == [PRIMARY, VERIFIED, UNVERIFIED]


@pytest.mark.parametrize("address", ADDRESSES)
def test_a_new_address_is_neither_verified_nor_primary(server: MockServer, address: str) -> None:
    answer = add(server, {"email": address})
    assert answer.status_code == 201
    assert answer.json() == {"email": address, "verified": False, "primary": False}
    assert emails(server) == [PRIMARY, VERIFIED, UNVERIFIED, answer.json()]
    problem(add(server, {"email": address.swapcase()}), 400, "email-taken")


def test_a_new_address_cannot_bring_its_own_verification(server: MockServer) -> None:
    body = {"email": "john+added@example.com", "verified": True, "primary": True}
    assert add(server, body).json() == {**body, "verified": False, "primary": False}
    assert emails(server)[0] == PRIMARY


@pytest.mark.parametrize("address", INVALID_ADDRESSES, ids=repr)
def test_an_invalid_address_is_not_added_and_changes_nothing(
    server: MockServer, address: object
) -> None:
    with server.unchanged():
        assert set(pointers(add(server, {"email": address}))) == {"/email"}
        for send in (update, delete):
            assert send(server, {"email": address}).status_code in (400, 404)


@pytest.mark.parametrize("send", [add, update, delete])
@pytest.mark.parametrize("body", [{}, {"Email": "john@work.example.com", "verified": True}])
def test_the_address_must_be_there(server: MockServer, send: Any, body: Json) -> None:
    with server.unchanged():
        answer = send(server, body)
    assert pointers(answer) == ["/email"]
    assert "missing" in problem(answer, 400)["detail"]


@pytest.mark.parametrize(
    "address",
    [
        "john.doe@example.com",
        "John.Doe@Example.COM",
        "john@work.example.com",
        "john.new@EXAMPLE.com",
        "jane.doe@example.com",
        "JANE.DOE@EXAMPLE.COM",
        "inactive@example.com",
    ],
)
def test_an_address_that_somebody_has_is_not_added(server: MockServer, address: str) -> None:
    with server.unchanged():
        answer = add(server, {"email": address})
    problem(answer, 400, "email-taken")
    assert pointers(answer) == ["/email"]


def test_a_deleted_address_is_free_for_everybody_and_has_lost_its_verification(
    server: MockServer,
) -> None:
    for path, login in ((JOHNS_EMAILS, JOHN), (JANES_EMAILS, JANE)):
        assert delete(server, {"email": VERIFIED["email"]}).status_code == 204
        answer = server.send("POST", path, login, json={"email": VERIFIED["email"]})
        assert (answer.status_code, answer.json()) == (201, {**VERIFIED, "verified": False})


@pytest.mark.parametrize(
    ("email", "change"),
    [
        (UNVERIFIED, {"verified": True}),
        (UNVERIFIED, {"primary": True}),
        (UNVERIFIED, {"verified": True, "primary": True}),
        (VERIFIED, {"primary": True}),
    ],
)
def test_an_address_is_verified_and_made_primary_in_place_of_the_previous_one(
    server: MockServer, email: Json, change: Json
) -> None:
    answer = update(server, {"email": email["email"], **change})
    assert (answer.status_code, answer.json()) == (200, {**email, **change})
    primary = {**PRIMARY, "primary": "primary" not in change}
    expected = [primary, VERIFIED, UNVERIFIED]
    expected[expected.index(email)] = answer.json()
    assert emails(server) == expected


@pytest.mark.parametrize("change", [{"verified": True}, {"primary": True}])
def test_what_is_so_already_can_be_said_again(server: MockServer, change: Json) -> None:
    with server.unchanged():
        answer = update(server, {"email": PRIMARY["email"], **change})
    assert answer.json() == PRIMARY


@pytest.mark.parametrize("value", [False, None, "true", "false", 1, 0, [True], {}], ids=repr)
@pytest.mark.parametrize("member", ["verified", "primary"])
def test_verified_and_primary_must_be_true_or_absent(
    server: MockServer, member: str, value: object
) -> None:
    other = "primary" if member == "verified" else "verified"
    with server.unchanged():
        for email in (PRIMARY, VERIFIED, UNVERIFIED):
            answer = update(server, {"email": email["email"], other: True, member: value})
            assert set(pointers(answer)) == {f"/{member}"}


@pytest.mark.parametrize("send", [update, delete])
@pytest.mark.parametrize("address", ["nobody@example.com", "jane.doe@example.com"])
def test_an_address_that_is_not_the_users_is_unknown(
    server: MockServer, send: Any, address: str
) -> None:
    with server.unchanged():
        answer = send(server, {"email": address})
    problem(answer, 404, "email-unknown")


@pytest.mark.parametrize("email", [VERIFIED, UNVERIFIED], ids=lambda one: one["email"])
def test_deleting_removes_that_address_and_no_other(server: MockServer, email: Json) -> None:
    before = server.state()
    answer = delete(server, {"email": email["email"]})
    assert answer.status_code == 204
    assert answer.content == b""
    assert emails(server) == [one for one in (PRIMARY, VERIFIED, UNVERIFIED) if one != email]
    problem(delete(server, {"email": email["email"]}), 404, "email-unknown")
    [john] = [one for one in before["accounts"] if one["username"] == "johndoe"]
    john["emails"].remove(email)
    assert server.state() == before


@pytest.mark.parametrize(
    "address", ["john.doe@example.com", "John.Doe@example.com", "JOHN.DOE@EXAMPLE.COM"]
)
def test_the_primary_address_is_never_deleted_however_it_is_spelled(
    server: MockServer, address: str
) -> None:
    with server.unchanged():
        answer = delete(server, {"email": address})
    problem(answer, 400, "primary-email")
    assert pointers(answer) == ["/email"]


def test_an_address_that_was_primary_can_be_deleted_once_another_is(server: MockServer) -> None:
    update(server, {"email": VERIFIED["email"], "primary": True})
    assert delete(server, {"email": PRIMARY["email"]}).status_code == 204
    problem(delete(server, {"email": VERIFIED["email"]}), 400, "primary-email")
    assert emails(server) == [{**VERIFIED, "primary": True}, UNVERIFIED]


def test_there_is_one_primary_address_whatever_is_done(server: MockServer) -> None:
    for number in range(5):
        add(server, {"email": f"john+{number}@example.com"})
        update(server, {"email": f"john+{number}@example.com", "primary": True})
        delete(server, {"email": f"john+{number}@example.com"})
        listed = emails(server)
        assert [one["email"] for one in listed if one["primary"]] == [f"john+{number}@example.com"]
    user = server.send("GET", JOHNS, JOHN).json()
    assert user["email"] == "john+4@example.com"
