"""Hints: the likely cause of a refusal, where the mock server can know it."""

from __future__ import annotations

import pytest

from tests.mockserver.sandboxed import Sandboxed
from tests.support import (
    FORM,
    JANE,
    JANES,
    JANES_EMAILS,
    JOHN,
    JOHNS,
    JOHNS_EMAILS,
    JSON,
    MockServer,
    basic,
    head,
    problem,
)


@pytest.mark.parametrize(
    ("method", "content_type", "body", "hint"),
    [
        ("POST", FORM, "email=jane.doe+other@example.com", "write %2B"),
        ("PATCH", FORM, "email=john@work.example.com&verified=True", "write true or false"),
        ("PATCH", FORM, "email=john@work.example.com&primary=on", "write true or false"),
        ("PATCH", FORM, "email=john@work.example.com&verified=1&x=+", "write true or false"),
        ("POST", FORM, "email[]=a%40b.example", "'email[]' is another name"),
        ("POST", FORM, "Email=a%40b.example", "'Email' is another name"),
        ("POST", JSON, '{"e_mail": "a@b.example"}', "'e_mail' is another name"),
        ("POST", JSON, "email=a%40b.example", FORM),
        ("POST", JSON, "[object Object]", "JSON.stringify"),
        ("POST", "multipart/form-data", "--x\r\n", "leave Content-Type out"),
        ("POST", "text/plain;charset=UTF-8", '{"email": "a@b.example"}', "fetch"),
    ],
)
def test_a_refused_body_comes_with_its_likely_cause(
    server: MockServer, method: str, content_type: str, body: str, hint: str
) -> None:
    fields = {"Content-Type": content_type}
    with server.unchanged():
        answer = server.send(method, JOHNS_EMAILS, JOHN, headers=fields, content=body.encode())
    assert answer.status_code in (400, 415)
    found = problem(answer, answer.status_code)
    assert hint in found["detail"]
    assert len(found.get("errors", [])) < 2


@pytest.mark.parametrize(
    ("content_type", "body", "absent"),
    [
        (FORM, "email=two%20words%40b.example", "%2B"),
        (JSON, '{"email": "a + b@b.example"}', "%2B"),
        (JSON, '{"email": "a@b.example", "verified": "True"}', "in a form"),
    ],
)
def test_a_hint_is_given_for_its_cause_alone(
    server: MockServer, content_type: str, body: str, absent: str
) -> None:
    fields = {"Content-Type": content_type}
    answer = server.send("PATCH", JOHNS_EMAILS, JOHN, headers=fields, content=body.encode())
    assert absent not in problem(answer, 400)["detail"]


def test_an_ignored_member_is_compared_with_the_known_ones(sandbox: Sandboxed) -> None:
    sent = {"fullName": "John", "compnay": "J", "nickname": "J"}
    sandbox.send("PATCH", JOHNS, JOHN, json=sent)
    [note] = sandbox.last()["notes"]
    assert note == (
        "ignored members: fullName (did you mean full_name?), compnay (did you mean company?), nickname"
    )


def test_a_missing_member_is_looked_for_among_the_sent_ones(sandbox: Sandboxed) -> None:
    answer = sandbox.send("POST", JOHNS_EMAILS, JOHN, json={"emial": "a@example.com"})
    assert "'emial' is another name" in problem(answer, 400)["detail"]


@pytest.mark.parametrize(
    ("authorization", "hint"),
    [
        ("Bearer undefined", "'undefined'"),
        ("Bearer null", "'null'"),
        ("Bearer [object Object]", "'[object Object]'"),
        (basic("undefined", "janedoe-password"), "'undefined'"),
        (basic("janedoe", "None"), "'None'"),
        ("Bearer Bearer janedoe-all", "twice"),
        ("janedoe-all", "'Bearer '"),
        ("Basic janedoe:janedoe-password", "btoa"),
        (f"{JANE}\r\nAuthorization: Bearer janedoe-all", "send one"),
    ],
)
def test_refused_credentials_come_with_their_likely_cause(
    server: MockServer, authorization: str, hint: str
) -> None:
    reply = server.raw(head("GET", JANES, f"Authorization: {authorization}"))
    assert hint in problem(reply, 401)["detail"]


@pytest.mark.parametrize("content_type", [JSON, FORM])
def test_a_body_without_framing_comes_with_its_likely_cause(
    server: MockServer, content_type: str
) -> None:
    fields = (f"Authorization: {JANE}", f"Content-Type: {content_type}")
    reply = server.raw(head("DELETE", JANES_EMAILS, *fields) + b'{"email": "jane.doe@example.com"}')
    assert "Node" in problem(reply, 400, "body-missing")["detail"]
