"""Bodies: JSON and forms that are right, those that cannot be read, and odd ones that must not hurt."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import quote

from conformance.checks.support import cases, hostile
from conformance.checks.support.asking import answer_all, ask, ask_all, asks
from conformance.checks.support.context import FORM, CheckContext, form_body, json_body
from conformance.checks.support.judge import NotVerified
from conformance.checks.support.marking import Cases, proves
from conformance.checks.support.question import Ask, full
from conformance.wire.client import Body, RateLimited
from conformance.wire.transport import TimedOut, TransportError


def _refused(run: CheckContext, op: str, kind: str, bodies: Iterable[tuple[Any, Body]]) -> None:
    """Send bodies that cannot be read, each with the members that it was made of."""
    how: dict[str, Any] = {"statuses": (400,), "requirement": f"invalid-body/{kind}"}
    ask_all(run, [Ask(op, body=body, means=value, **how) for value, body in bodies])


@proves("{op}/invalid-body/malformed-json", "{op}/error-body")
def test_malformed_json_is_refused(run: CheckContext, op: str) -> None:
    _refused(run, op, "malformed-json", hostile.malformed(run, op))


@proves("{op}/invalid-body/not-an-object", "{op}/error-body")
def test_json_that_is_no_object_is_refused(run: CheckContext, op: str) -> None:
    value = cases.correct_value(run, op) or {}
    # A JSON Patch is of another media type.
    steps = [{"op": "add", "path": f"/{name}", "value": one} for name, one in value.items()]
    pairs = list(value.items())
    text = json.dumps(value)
    others: tuple[Any, ...] = ([], [value], [1, 2], "text", text, pairs[0][1], 0, 1.5, True, None)
    bodies: list[tuple[Any, Body]] = [({}, json_body(one)) for one in (steps, *others, pairs)]
    _refused(run, op, "not-an-object", bodies)


@proves("{op}/invalid-body/invalid-utf8", "{op}/error-body")
def test_json_that_is_no_utf8_is_refused(run: CheckContext, op: str) -> None:
    bodies: list[tuple[Any, Body]] = []
    for bad in (b"\xff", b"\xc3", b"\xe4\xb8", b"\xed\xa0\x80", b"\xc0\xaf", b"Zo\xeb"):
        value = cases.correct_value(run, op) or {}
        text = json.dumps(value).encode()
        bodies.append((value, Body(text[:-2] + bad + text[-2:])))
    value = cases.correct_value(run, op) or {}
    bodies.append((value, Body(json.dumps(value).encode()[:-1] + b', "x": "\xff\xfe"}')))
    _refused(run, op, "invalid-utf8", bodies)


@proves("{op}/invalid-body/empty", "{op}/error-body")
def test_an_empty_body_is_refused(run: CheckContext, op: str) -> None:
    subject = "invalid-body/empty"
    bodies = (Body(b""), Body(b"", FORM), Body(b"  \n"))
    empty = asks(op, bodies, statuses=(400,), requirement=subject)
    # Without a media type, too: some refuse that first.
    ask_all(run, [*empty, Ask(op, statuses=(400, 415), requirement=subject)])


@proves("update-user/documented-answers", "update-user/leaves-others")
def test_an_empty_update_is_answered(run: CheckContext) -> None:
    op = "update_user"
    bodies = (Body(b""), Body(b"", FORM), json_body({}), Body(b"{ }"))
    empty = asks(op, bodies, means={}, unchanged="leaves-others")
    ask_all(run, [*empty, Ask(op, statuses=(200, 400, 415), unchanged="leaves-others")])


@proves("{op}/json")
def test_an_answer_is_json_whatever_is_accepted(run: CheckContext, op: str) -> None:
    for accept in ("*/*", None):
        ask(run, op, cases.fresh_value(run, op), accept=accept)


@proves("{op}/success", of=cases.BODIES)
def test_json_may_have_white_space_in_it(run: CheckContext, op: str) -> None:
    value = cases.fresh_value(run, op)
    ask(run, op, body=Body(f" \r\n\t{json.dumps(value, indent=2)}\n".encode()), means=value)


@proves("{op}/json-charset", "{op}/form")
def test_a_charset_parameter_does_no_harm(run: CheckContext, op: str) -> None:
    for make, media_type, under in (
        (json_body, "application/json; charset=utf-8", "json-charset"),
        (json_body, "application/json;charset=UTF-8", "json-charset"),
        (form_body, f"{FORM}; charset=UTF-8", "form"),
    ):
        value = cases.fresh_value(run, op) or {}
        ask(run, op, body=make(value, media_type), means=value, under=under)


# -- forms ----------------------------------------------------------------------------------------


def _try_plain_form(run: CheckContext, op: str) -> None:
    """Send a form with nothing to decode. Raises NotVerified if that does not work either."""
    failures = len(run.judge.broken)
    value = cases.fresh_value(run, op) or {}
    name = next(iter(value))
    value |= {name: run.address()} if op == "update_user" else {}
    text = "&".join(f"{name}={str(one).lower()}" for name, one in value.items())
    ask(run, op, body=Body(text.encode(), FORM), means=value, under="form")
    if len(run.judge.broken) > failures:
        raise NotVerified("a form without anything to decode does not work either")


@proves("update-user/form-decoding", "update-user/form")
def test_the_values_of_a_form_are_decoded(run: CheckContext) -> None:
    _try_plain_form(run, "update_user")
    members = list(dict.fromkeys(cases.text_member(run, index) for index in range(3)))
    pairs = list(cases.ENCODED.items())
    for start in range(0, len(pairs), len(members)):
        form = list(zip(members, pairs[start:], strict=False))
        means = {name: text for name, (_, text) in form}
        text = "&".join(f"{name}={encoded}" for name, (encoded, _) in form)
        body = Body(text.encode(), FORM)
        ask(run, "update_user", body=body, means=means, under="form-decoding")
    if "full_name" in members:
        # `nothing` is an unknown member: it is ignored, or refused.
        text = run.text("x")
        body = Body(f"full%5Fname={quote(text)}&nothing=".encode(), FORM)
        means = {"full_name": text, "nothing": ""}
        ask(run, "update_user", body=body, means=means, under="form-decoding")


@proves("{op}/form-decoding", "{op}/form", of=cases.names_an_address)
def test_a_plus_in_the_address_of_a_form_is_decoded(run: CheckContext, op: str) -> None:
    _try_plain_form(run, op)
    for encode in cases.share(run, op, ("%2B", "%2b", "+")):
        value = cases.fresh_value(run, op) or {}
        value["email"] = run.address("+x")
        if run.descriptions[op].on_known:
            run.added(address=value["email"])
        text = value["email"].replace("+", encode).replace("@", "%40")
        if encode == "+":
            # With a space in it, it is no address: invalid to add, and malformed or unknown elsewhere.
            value["email"] = value["email"].replace("+", " ")
            if run.is_success(run.call(op, run.login(op), value)):
                continue  # it is taken as JSON too: no fault of the form
        more = "&verified=true" if "verified" in value else ""
        body = Body(f"email={text}{more}".encode(), FORM)
        ask(run, op, body=body, means=value, under="form-decoding")


# -- odd ones -------------------------------------------------------------------------------------


def _hostile(_run: CheckContext) -> Cases:
    for group in hostile.GROUPS:
        yield group, {"group": group}


@proves("{op}/documented-answers", of=cases.BODIES, each=_hostile)
def test_odd_bodies_get_documented_answers(run: CheckContext, op: str, group: str) -> None:
    odd = list(hostile.odd_asks(run, op, group))
    if not _answered(run, odd):
        for one in odd:
            _answer_alone(run, one)


def _answer_alone(run: CheckContext, one: Ask) -> None:
    """Send an odd body. A target that answers everything else, and this never, fails."""
    for _ in range(3):
        if _answered(run, [one]):
            return
        # It must be alive, or else nothing is said about this body. Raises TransportError.
        run.call("get_user", run.login("get_user"))
    body = one.body or Body(b"")
    run.judge.that(
        full(one.op, "documented-answers"),
        condition=False,
        expected="an answer",
        actual=f"none, three times, to {len(body.content)} bytes of {body.media_type} that begin "
        f"with {body.content[:40]!r}; other requests are answered",
    )


def _answered(run: CheckContext, some: list[Ask]) -> bool:
    """Send odd bodies; return whether all were answered. Raises TimedOut, RateLimited."""
    several = run.connections
    try:
        answer_all(run, some)
    except (TimedOut, RateLimited):
        raise
    except TransportError:
        # It may be the body that breaks a connection, and not the number of them.
        run.connections, run.serial = several, ""
        return False
    return True


@proves("{op}/documented-answers", of=cases.BODIES)
def test_writing_to_odd_usernames_gets_documented_answers(run: CheckContext, op: str) -> None:
    value = cases.correct_value(run, op)
    names = [f"{run.tag}{odd}" for odd in ("%", "\U0001f600", "\0", "x" * 300)]
    _answer_names(run, op, names, value)


@proves("{op}/documented-answers", writes=False, of=cases.reads)
def test_odd_requests_to_read_get_documented_answers(run: CheckContext, op: str) -> None:
    odd = (*"%'\" ;\\?#\0\n\x7fü\U0001f600", "<x>", "é" * 80, "x" * 300)
    _answer_names(run, op, [f"{run.tag}{one}" for one in odd])
    queries = ("?", "?a=b", "?email=x&email=y", "?%ff", "?page=-1&limit=0")
    how: dict[str, Any] = {"statuses": (200, 400, 404), "requirement": "success"}
    answer_all(run, [Ask(op, query=one, **how) for one in queries])


def _answer_names(run: CheckContext, op: str, names: list[str], value: Any = None) -> None:
    statuses = (404, 400, 403, 414, 431)
    how: dict[str, Any] = {"statuses": statuses, "requirement": "not-found/username"}
    answer_all(run, [Ask(op, value, username=name, **how) for name in names])
