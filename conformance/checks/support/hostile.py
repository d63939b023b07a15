"""Odd bodies: nobody says whether they are taken, but nothing may break on them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from conformance.checks.support.cases import correct_value, fresh_value
from conformance.checks.support.context import FORM, CheckContext, form_body, json_body
from conformance.checks.support.question import Ask
from conformance.checks.support.values import SPECIAL_WORDS
from conformance.wire.client import Body

_SMALL = 1000  # bytes of a body that every target has to read


def _ask(run: CheckContext, op: str, body: Body, *more: int) -> Ask:
    """Return a request that may be answered as the contract documents it."""
    documented = (int(status) for status in run.operations[op].responses)
    statuses = (*(status for status in documented if status < 413), *_large(body), *more)
    return Ask(op, body=body, statuses=statuses, requirement="success")


def _refused(op: str, content: bytes, kind: str) -> Ask:
    body = Body(content)
    return Ask(op, body=body, statuses=(400, *_large(body)), requirement=f"invalid-body/{kind}")


def _large(body: Body) -> tuple[int, ...]:
    return (413, 414, 431) if len(body.content) > _SMALL else ()


def deep(run: CheckContext, op: str) -> Iterator[Ask]:
    """Make bodies nested so deeply that a parser may give up: an array at the top is refused either way."""
    for depth in (100, 2000, 100_000):
        yield _refused(op, b"[" * depth + b"]" * depth, "not-an-object")
        yield _ask(run, op, Body(b'{"a":' * depth + b"1" + b"}" * depth))
        yield _refused(op, b"[" * depth, "malformed-json")
    value = json.dumps(correct_value(run, op))[:-1]
    nested = "[" * 500 + "]" * 500
    yield _ask(run, op, Body(f'{value}, "x": {nested}}}'.encode()))


def long(run: CheckContext, op: str) -> Iterator[Ask]:
    """Make bodies of long texts and many members."""
    name = next(iter(correct_value(run, op) or {}))
    for size in (256, 1001, 5000, 70_000):
        for text in ("字" * (size // 3), f"{run.tag}{'x' * size}@example.com"):
            yield _ask(run, op, json_body({name: text}))
        yield _ask(run, op, form_body({name: "x" * size}))
    many = {f"{run.tag}{number}": "x" for number in range(1500)}
    yield _ask(run, op, json_body(many))
    yield _ask(run, op, form_body(many))


def odd_texts(run: CheckContext, op: str) -> Iterator[Ask]:
    """Make bodies with control characters, lone surrogates, NUL, white space, exotic addresses."""
    name = next(iter(correct_value(run, op) or {}))
    texts = [
        "\0",
        "a\0b",
        "\u001b[31m",
        "\u202ex",
        "\ufffe",
        "\u200d",
        " x ",
        "\n",
        "\t",
        "\r\nX: y",
        "",
    ]
    addresses = [
        f'"{run.tag} x"@example.com',
        f"{run.tag}@[127.0.0.1]",
        f"{run.tag}@localhost",
        f"{run.tag}ü@example.com",
        f"{run.tag}@exämple.com",
        f"{run.tag}..x@example.com",
        f"{run.tag}@x@example.com",
        f"{run.tag.upper()}@EXAMPLE.COM",
        f"{run.tag}\0@example.com",
        f" {run.tag}@example.com ",
        f"<{run.tag}@example.com>",
    ]
    for text in texts:
        yield _ask(run, op, json_body({name: text}))
    for text in (texts[0], texts[3], texts[-1]):
        yield _ask(run, op, form_body({name: text}))
    member = "gravatar_email" if op == "update_user" else name
    for number, address in enumerate(addresses):
        body = form_body({member: address}) if number % 3 == 2 else json_body({member: address})
        yield _ask(run, op, body)
    for escape in (r"\ud800", r"\udc00x", r"\u0000", r"x\ud83d"):
        yield _ask(run, op, Body(f'{{"{name}": "{escape}"}}'.encode()))


def odd_json(run: CheckContext, op: str) -> Iterator[Ask]:
    """Make JSON that parsers disagree about."""
    value = json.dumps(correct_value(run, op))
    inner = value[1:-1]
    name = next(iter(correct_value(run, op) or {}))
    for text in (
        f"\ufeff{value}",
        f" \n\t{value}\n ",
        f"{{{inner}, {inner}}}",
        f"{{{inner},}}",
        f'{{{inner}, "x": NaN}}',
        f'{{{inner}, "x": 1e999}}',
        f'{{{inner}, "x": {"9" * 5000}}}',
        f'{{{inner}, "": null}}',
        f'{{{inner}, "__proto__": {{"x": 1}}, "constructor": 1}}',
        f'{{{inner}, "\\u0000": 1, "\\ud800": 2}}',
        f'{{"{name}": 1e999}}',
        f'{{"{name}": -0}}',
        f'{{"{name}": NaN}}',
        f'{{"{name}": {"9" * 5000}}}',
        f'{{"{name}": {{"$ne": ""}}}}',
        f"// x\n{value}",
    ):
        yield _ask(run, op, Body(text.encode()))
    for encoding in ("utf-16", "utf-32", "utf-16-le"):
        yield _ask(run, op, Body(value.encode(encoding)))


def odd_members(run: CheckContext, op: str) -> Iterator[Ask]:
    """Make values of odd types for the members that are booleans or unknown, of an address that does not stay."""
    value = fresh_value(run, op) or {}
    odd: tuple[Any, ...] = (None, 0, 1, "true", "false", "", [], [True], {}, 1.0, -1, 10**30)
    for name in ("verified", "primary") if op == "update_email" else ("unknown",):
        for one in odd:
            yield _ask(run, op, json_body({**value, name: one}))
    for words in SPECIAL_WORDS.values():
        yield _ask(run, op, json_body({**value, **{word: {"x": 1} for word in words}}))
    for text in ("True", "TRUE", "1", "0", "yes", "on", "", "null"):
        yield _ask(run, op, form_body({**value, "verified": text}))


def odd_forms(run: CheckContext, op: str) -> Iterator[Ask]:
    """Make forms that parsers disagree about."""
    name, text = next(iter((correct_value(run, op) or {}).items()))
    for body in (
        f"{name}=",
        f"{name}",
        f"={text}",
        "&&&",
        "=",
        f"{name}=%",
        f"{name}=%zz",
        f"{name}=%ff%fe",
        f"{name}=%00",
        f"{name}=%ed%a0%80",
        f"{name}={run.tag};{name}={run.tag}",
        f"{name}[]={run.tag}",
        f"{name}[a][b]={run.tag}",
        f"{name}={run.tag}&{name}={run.tag}x",
        f"%ff={run.tag}",
        "a=b&" * 2000,
    ):
        yield _ask(run, op, Body(body.encode(), FORM))
    yield _ask(run, op, Body(f"{name}=".encode() + b"\xff\xfe\x00", FORM))


def odd_types(run: CheckContext, op: str) -> Iterator[Ask]:
    """Make parameters of the media type that nobody needs."""
    value = correct_value(run, op) or {}
    content, form = json.dumps(value).encode(), form_body(value).content
    for media_type in (
        "application/json; charset=klingon",
        "application/json; charset=",
        "application/json; charset=utf-16",
        'application/json; charset="utf-8"',
        "application/json; version=1",
        "application/json;",
        "APPLICATION/JSON",
        f"{FORM}; charset=klingon",
        f"{FORM}; charset=utf-16",
    ):
        body = Body(form if media_type.startswith(FORM) else content, media_type)
        yield _ask(run, op, body, 415)


GROUPS: Mapping[str, Callable[[CheckContext, str], Iterator[Ask]]] = {
    "odd texts": odd_texts,
    "odd JSON": odd_json,
    "odd members": odd_members,
    "odd forms": odd_forms,
    "odd media types": odd_types,
    "long": long,
    "deep": deep,
}
"""By name; what may break a connection comes last."""
