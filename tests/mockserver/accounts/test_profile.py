"""get_user and update_user: what changes, what never does, and what is refused."""

from __future__ import annotations

import hashlib
from typing import Any

import httpx
import pytest

from tests.support import (
    INVALID_ADDRESSES,
    JOHN,
    JOHNS,
    USER,
    Json,
    MockServer,
    pointers,
    problem,
)

TEXTS = ["full_name", "location", "company", "profile_url"]
WRITABLE = [*TEXTS, "gravatar_email"]
READ_ONLY: Json = {
    "id": 99,
    "username": "mallory",
    "url": "https://evil.example/",
    "date_joined": "1999-01-01T00:00:00Z",
    "type": "Organization",
    "gravatar_url": "https://evil.example/picture.jpg",
    "email": "mallory@example.com",
    "is_active": False,
    "password": "other-password",
    "emails": [],
}
SCRIPTS = {
    "none": "",
    "Latin": "Jané Ðœ",
    "Hebrew": "ג׳יין",
    "Arabic": "جين دو",
    "Chinese": "简·多伊",
    "Emoji": "👩🏽‍💻 Jane",
    "decomposed": "Zoe\u0308",
    "ligature": "ﬁne",
    "right-to-left mark": "\u200fJane",
    "line feed": "Jane\nDoe\tsenior",
    "quotes": "\"Jane\" \\ 'Doe' <b>&amp;</b>",
    "template": "{{7*7}} ${HOME} %s %(x)s",
    "white space around": "  Jane  ",
    "looks like a number": "007",
}


def get(server: MockServer) -> Json:
    answer = server.send("GET", JOHNS, JOHN)
    assert answer.status_code == 200
    data: Json = answer.json()
    return data


def update(server: MockServer, body: Any) -> httpx.Response:
    return server.send("PATCH", JOHNS, JOHN, json=body)


def gravatar_url(address: str) -> str:
    digest = hashlib.md5(address.encode(), usedforsecurity=False).hexdigest()
    return f"https://secure.gravatar.com/avatar/{digest}.jpg?s=80&r=g&d=mm"


@pytest.mark.parametrize("member", TEXTS)
def test_one_member_is_set_and_the_others_are_left(server: MockServer, member: str) -> None:
    before = get(server)
    answer = update(server, {member: "https://new.example.com/"})
    assert answer.status_code == 200
    assert answer.json() == {**before, member: "https://new.example.com/"} == get(server)


def test_an_empty_update_and_one_with_the_answer_itself_change_nothing(server: MockServer) -> None:
    with server.unchanged():
        for body in ({}, get(server)):
            answer = update(server, body)
            assert (answer.status_code, answer.json()) == (200, get(server))


def test_an_update_touches_nothing_else(server: MockServer) -> None:
    expected = server.state()
    changes = {"full_name": "J.", "gravatar_url": gravatar_url("new@example.com")}
    expected["accounts"][1].update(changes)
    update(server, {"full_name": "J.", "gravatar_email": "new@example.com"})
    assert server.state() == expected


@pytest.mark.parametrize("text", SCRIPTS.values(), ids=SCRIPTS)
def test_a_text_comes_back_as_it_was_sent(server: MockServer, text: str) -> None:
    sent = dict.fromkeys(TEXTS, text)
    assert update(server, sent).json().items() >= sent.items()
    assert get(server).items() >= sent.items()


def test_a_text_of_1000_characters_is_stored_and_a_longer_one_refused(server: MockServer) -> None:
    for character in ("a", "é", "字", "👩"):
        sent = dict.fromkeys(TEXTS, character * 1000)
        assert update(server, sent).json().items() >= sent.items()
        with server.unchanged():
            answer = update(server, dict.fromkeys(TEXTS, character * 1001))
        assert sorted(pointers(answer)) == sorted(f"/{member}" for member in TEXTS)


@pytest.mark.parametrize("value", [3, 1.5, True, None, [], {}, ["a"]], ids=repr)
def test_a_member_of_a_wrong_type_is_refused(server: MockServer, value: object) -> None:
    with server.unchanged():
        for member in WRITABLE:
            answer = update(server, {**dict.fromkeys(WRITABLE, "a@example.com"), member: value})
            assert pointers(answer) == [f"/{member}"]
            assert member in problem(answer, 400)["detail"]


def test_an_invalid_gravatar_email_is_refused(server: MockServer) -> None:
    with server.unchanged():
        for address in INVALID_ADDRESSES:
            answer = update(server, {"gravatar_email": address, "full_name": "Valid"})
            assert set(pointers(answer)) == {"/gravatar_email"}


def test_every_violation_is_named_with_its_place(server: MockServer) -> None:
    with server.unchanged():
        answer = update(server, {"full_name": 3, "location": "Here", "company": None})
    assert sorted(pointers(answer)) == ["/company", "/full_name"]
    assert all(error["detail"] for error in answer.json()["errors"])


@pytest.mark.parametrize(
    ("address", "digested"),
    [
        ("new@example.com", "new@example.com"),
        ("New.Address@Example.COM", "new.address@example.com"),
        ("zoë@exämple.com", "zoë@exämple.com"),
    ],
)
def test_a_new_gravatar_email_gives_its_gravatar_url(
    server: MockServer, address: str, digested: str
) -> None:
    before = get(server)
    user = update(server, {"gravatar_email": address}).json()
    assert user == {**before, "gravatar_url": gravatar_url(digested)} == get(server)


def test_other_members_are_ignored_beside_those_that_are_set(server: MockServer) -> None:
    before = get(server)
    answer = update(server, {**READ_ONLY, "location": "Here"})
    assert answer.json() == {**before, "location": "Here"} == get(server)


def test_a_username_in_the_path_may_be_percent_encoded(server: MockServer) -> None:
    answer = server.send("GET", USER.replace("{username}", "j%6Fhndoe"), JOHN)
    assert answer.json() == get(server)
