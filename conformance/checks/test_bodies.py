"""Bodies: JSON and forms that are right, those that cannot be read, and odd ones that must not hurt."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import quote

from conformance.catalogue.requirements import slug
from conformance.checks.support import cases, hostile, oracles
from conformance.checks.support.cases import BODIES, EMAIL_WRITES, Cases, operations
from conformance.checks.support.context import FORM, CheckContext, form_body, json_body
from conformance.checks.support.judge import Judge
from conformance.checks.support.marking import proves
from conformance.checks.support.oracles import Witness
from conformance.wire.client import Body, RateLimited
from conformance.wire.exchange import Exchange
from conformance.wire.transport import TimedOut, TransportError


@proves("{op}/invalid-body/malformed-json", "{op}/error-body", each=operations(BODIES))
def test_malformed_json_is_refused(run: CheckContext, judge: Judge, op: str) -> None:
    value = cases.correct_value(run, op)
    text = json.dumps(value)
    key, content = next(iter((value or {}).items()))
    requirement = f"{slug(op)}/invalid-body/malformed-json"
    for broken in (
        text[:-1],
        text[: len(text) // 2],
        f"{text} {text}",
        f"{text} trailing",
        f"{key}={content}",
        "nothing of the kind",
        "{",
        f'{{"{key}": }}',
        f'{{"{key}" "{content}"}}',
        f'{{{key}: "{content}"}}',
        text.replace('"', "'"),
        f"/* a comment */ {text}",
        f"{text[:-1]} // a comment\n}}",
        f'{text[:-1]}, "x": "a line\nfeed"}}',
        f'{text[:-1]}, "x": "a\ttab"}}',
    ):
        cases.refused(run, judge, op, requirement, 400, body=Body(broken.encode()))


@proves("{op}/invalid-body/not-an-object", "{op}/error-body", each=operations(BODIES))
def test_json_that_is_no_object_is_refused(run: CheckContext, judge: Judge, op: str) -> None:
    value = cases.correct_value(run, op) or {}
    scalars: list[Any] = [
        [],
        [value],
        [1, 2],
        "text",
        json.dumps(value),
        next(iter(value.values())),
        0,
        1.5,
        True,
        None,
    ]
    # A JSON Patch is of another media type.
    steps = [{"op": "add", "path": f"/{name}", "value": one} for name, one in value.items()]
    requirement = f"{slug(op)}/invalid-body/not-an-object"
    for body in (steps, *scalars, list(value.items())):
        cases.refused(run, judge, op, requirement, 400, body=json_body(body))


@proves("{op}/invalid-body/invalid-utf8", "{op}/error-body", each=operations(BODIES))
def test_json_that_is_no_utf8_is_refused(run: CheckContext, judge: Judge, op: str) -> None:
    value = cases.correct_value(run, op) or {}
    text = json.dumps(value).encode()
    broken = [
        text[:-2] + bad + text[-2:]
        for bad in (b"\xff", b"\xc3", b"\xe4\xb8", b"\xed\xa0\x80", b"Zo\xeb")
    ]
    broken.append(text[:-1] + b', "x": "\xff\xfe"}')
    requirement = f"{slug(op)}/invalid-body/invalid-utf8"
    for body in broken:
        cases.refused(run, judge, op, requirement, 400, body=Body(body))


@proves("{op}/invalid-body/empty", "{op}/error-body", each=operations(EMAIL_WRITES))
def test_an_empty_body_is_refused(run: CheckContext, judge: Judge, op: str) -> None:
    requirement = f"{slug(op)}/invalid-body/empty"
    for body in (Body(b""), Body(b"", FORM), Body(b"  \n")):
        cases.refused(run, judge, op, requirement, 400, body=body)
    witness = Witness(run)
    exchange = run.call(op, run.login(op))
    # Without a media type, too: some refuse that first.
    judge.status(requirement, exchange, 400, 415)
    witness.nothing_changed(judge, requirement, exchange)


@proves("update-user/documented-answers")
def test_an_empty_update_is_answered(run: CheckContext, judge: Judge) -> None:
    witness = Witness(run)
    for body in (Body(b""), Body(b"", FORM), json_body({}), Body(b"{ }"), None):
        exchange = run.call("update_user", run.login("update_user"), body=body)
        judge.status(
            "update-user/documented-answers", exchange, 200, 400, *((415,) if body is None else ())
        )
        witness.nothing_changed(judge, "update-user/leaves-others", exchange)


@proves("{op}/json", each=operations([*cases.READS, *cases.ANSWERING]))
def test_an_answer_is_json_whatever_is_accepted(run: CheckContext, judge: Judge, op: str) -> None:
    for accept in ("*/*", None):
        exchange = run.call(op, run.login(op), cases.correct_value(run, op), accept=accept)
        if judge.status(f"{slug(op)}/success", exchange, run.operations[op].success):
            oracles.answer(judge, exchange)
        if op in BODIES:
            run.observe()  # another address may be needed next


@proves("{op}/success", each=operations(BODIES))
def test_json_may_have_white_space_in_it(run: CheckContext, judge: Judge, op: str) -> None:
    text = json.dumps(cases.correct_value(run, op), indent=2)
    body = Body(f" \r\n\t{text}\n".encode())
    exchange = run.call(op, run.login(op), body=body)
    judge.status(f"{slug(op)}/success", exchange, run.operations[op].success)


@proves("{op}/json-charset", each=operations(BODIES))
def test_a_charset_parameter_does_no_harm(run: CheckContext, judge: Judge, op: str) -> None:
    for make, media_type in (
        (json_body, "application/json; charset=utf-8"),
        (json_body, "application/json;charset=UTF-8"),
        (form_body, f"{FORM}; charset=UTF-8"),
    ):
        value = cases.correct_value(run, op) or {}
        exchange = run.call(op, run.login(op), body=make(value, media_type))
        judge.status(f"{slug(op)}/json-charset", exchange, run.operations[op].success)
        if op == "update_user":
            oracles.judge_stored(run, judge, f"{slug(op)}/json-charset", value, exchange)
        else:
            run.observe()  # another address may be needed next


# -- forms ----------------------------------------------------------------------------------------


@proves("update-user/form-decoding", "update-user/form")
def test_the_values_of_a_form_are_decoded(run: CheckContext, judge: Judge) -> None:
    member = cases.text_member(run)
    for encoded, text in (
        ("two+words", "two words"),
        ("two%20words", "two words"),
        ("C%2B%2B", "C++"),
        ("c%2b%2b", "c++"),
        ("a+%2B+b", "a + b"),
        ("a%26b%3Dc", "a&b=c"),
        ("50%25+off", "50% off"),
        ("Zo%C3%AB+%E7%8E%8B", "Zoë 王"),
        ("%F0%9F%98%80+x", "\U0001f600 x"),
        ("%252B", "%2B"),
        ("%61b", "ab"),
        ("a=b", "a=b"),
    ):
        body = Body(f"{member}={encoded}".encode(), FORM)
        exchange = run.call("update_user", run.login("update_user"), body=body)
        if judge.status("update-user/form", exchange, 200):
            oracles.judge_stored(run, judge, "update-user/form-decoding", {member: text}, exchange)
    body = Body(f"full%5Fname={quote(run.text('x'))}&nothing=".encode(), FORM)
    if member == "full_name":
        exchange = run.call("update_user", run.login("update_user"), body=body)
        # `nothing` is an unknown member: it is ignored, or refused.
        judge.status("update-user/form-decoding", exchange, 200, 400, 404)
        if exchange.status == 200:
            wanted = {member: run.text("x")}
            oracles.judge_stored(run, judge, "update-user/form-decoding", wanted, exchange)


@proves("{op}/form-decoding", each=operations(EMAIL_WRITES))
def test_a_plus_in_the_address_of_a_form_is_decoded(
    run: CheckContext, judge: Judge, op: str
) -> None:
    requirement = f"{slug(op)}/form-decoding"
    success = run.operations[op].success
    extra = "&verified=true" if op == "update_email" else ""
    for encode in ("%2B", "%2b"):
        plus, dot = run.address("+x"), run.address(".y")
        for address in (plus, dot) if op != "add_email" else ():
            run.make("add_email", {"email": address})
        witness_before = run.observe()
        text = plus.replace("+", encode).replace("@", "%40")
        exchange = run.call(op, run.login(op), body=Body(f"email={text}{extra}".encode(), FORM))
        judge.status(requirement, exchange, success)
        stored = run.observe().find(plus)
        done = {
            "add_email": stored is not None,
            "update_email": stored is not None and stored.verified,
            "delete_email": stored is None and witness_before.find(plus) is not None,
        }[op]
        judge.that(
            requirement,
            done,
            expected=f"{plus} is meant",
            actual=f"{stored or 'not in the list'}",
            at=exchange,
        )


@proves("{op}/form-decoding", each=operations(EMAIL_WRITES))
def test_a_bare_plus_in_a_form_is_a_space(run: CheckContext, judge: Judge, op: str) -> None:
    requirement = f"{slug(op)}/form-decoding"
    extra = "&verified=true" if op == "update_email" else ""
    plus = run.address("+z")
    if op != "add_email":
        run.make("add_email", {"email": plus})
    run.observe()
    witness = Witness(run)
    exchange = run.call(op, run.login(op), body=Body(f"email={plus}{extra}".encode(), FORM))
    # With a space in it, it is no address: invalid to add, and malformed or unknown elsewhere.
    judge.status(requirement, exchange, *((400,) if op == "add_email" else (400, 404)))
    witness.nothing_changed(judge, requirement, exchange)


# -- odd ones -------------------------------------------------------------------------------------


def _hostile(run: CheckContext) -> Cases:
    for op in BODIES:
        for group in hostile.GROUPS:
            yield f"{op}, {group}", {"op": op, "group": group}


@proves("{op}/documented-answers", each=_hostile)
def test_odd_bodies_get_documented_answers(
    run: CheckContext, judge: Judge, op: str, group: str
) -> None:
    for body, allowed in hostile.GROUPS[group](run, op):
        exchange = _send(run, judge, op, body)
        if exchange is None:
            continue
        statuses = (*allowed, *cases.too_large(body))
        judge.status(f"{slug(op)}/documented-answers", exchange, *statuses)
        if 200 <= exchange.status < 300 and op != "delete_email":
            oracles.answer(judge, exchange)


def _send(run: CheckContext, judge: Judge, op: str, body: Body) -> Exchange | None:
    """Send a body. A target that answers everything else, and this never, fails."""
    lost: TransportError | None = None
    for _ in range(3):
        try:
            return run.call(op, run.login(op), body=body)
        except (TimedOut, RateLimited):
            raise
        except TransportError as error:
            lost = error
            # It must be alive, or else nothing is said about this body. Raises TransportError.
            run.call("get_user", run.login("get_user"))
    judge.that(
        f"{slug(op)}/documented-answers",
        condition=False,
        expected="an answer",
        actual=f"three times to {len(body.content)} bytes of {body.media_type} that begin with "
        f"{body.content[:40]!r}: {lost}; other requests are answered",
    )
    return None


@proves("{op}/documented-answers", each=operations(BODIES))
def test_writing_to_odd_usernames_gets_documented_answers(
    run: CheckContext, judge: Judge, op: str
) -> None:
    value = cases.correct_value(run, op)
    for odd in ("%", "\U0001f600", "\0", "x" * 300):
        exchange = run.call(op, run.login(op), value, username=f"{run.tag}{odd}")
        judge.status(f"{slug(op)}/documented-answers", exchange, 404, 400, 403, 414, 431)


@proves("{op}/documented-answers", writes=False, each=operations(cases.READS))
def test_odd_requests_to_read_get_documented_answers(
    run: CheckContext, judge: Judge, op: str
) -> None:
    login = run.login(op)
    names = [
        f"{run.tag}{odd}" for odd in (*"%'\" ;\\?#\0\n\x7fü\U0001f600", "<x>", "é" * 80, "x" * 300)
    ]
    for name in names:
        exchange = run.call(op, login, username=name)
        judge.status(f"{slug(op)}/documented-answers", exchange, 404, 400, 403, 414, 431)
    for odd in ("/", "/../x"):
        # Decoded before it is routed, it is another path: there, anything may be served.
        exchange = run.call(op, login, username=f"{run.tag}{odd}")
        judge.that(
            f"{slug(op)}/documented-answers",
            exchange.status < 500,
            expected="no error of the server",
            actual=exchange.describe(),
            at=exchange,
        )
    path = run.path(op)
    for query in ("?", "?a=b", "?email=x&email=y", "?%ff", "?page=-1&limit=0"):
        exchange = run.client.send("GET", path + query, login, operation=op)
        judge.status(f"{slug(op)}/documented-answers", exchange, 200, 400, 404)
