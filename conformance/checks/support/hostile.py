"""Odd bodies: nobody says whether they are taken, but nothing may break on them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any

from conformance.checks.support.cases import correct_value
from conformance.checks.support.context import FORM, CheckContext, form_body, json_body
from conformance.wire.client import Body

Bodies = Iterator[tuple[Body, tuple[int, ...]]]
"""Bodies, each with the statuses that it may be answered with."""
_LARGE = (413, 414, 431)


def _statuses(run: CheckContext, op: str, *more: int) -> tuple[int, ...]:
    documented = [int(status) for status in run.operations[op].responses]
    return (*(status for status in documented if status < 413), *more)


def deep(run: CheckContext, op: str) -> Bodies:
    """Make bodies nested so deeply that a parser may give up: an array at the top is refused either way."""
    for depth in (100, 2000, 100_000):
        large = _LARGE if depth > 2000 else ()
        yield Body(b"[" * depth + b"]" * depth), (400, *large)
        yield Body(b'{"a":' * depth + b"1" + b"}" * depth), _statuses(run, op, *large)
        yield Body(b"[" * depth), (400, *large)
    value = json.dumps(correct_value(run, op))[:-1]
    nested = "[" * 500 + "]" * 500
    yield Body(f'{value}, "x": {nested}}}'.encode()), _statuses(run, op)


def long(run: CheckContext, op: str) -> Bodies:
    """Make bodies of long texts and many members."""
    name = next(iter(correct_value(run, op) or {}))
    for size in (256, 1001, 5000, 70_000):
        large = _LARGE if size > 1001 else ()
        for text in ("字" * (size // 3), f"{run.tag}{'x' * size}@example.com"):
            yield json_body({name: text}), _statuses(run, op, *large)
        yield form_body({name: "x" * size}), _statuses(run, op, *large)
    many = {f"{run.tag}{number}": "x" for number in range(1500)}
    yield json_body(many), _statuses(run, op, *_LARGE)
    yield form_body(many), _statuses(run, op, *_LARGE)


def odd_texts(run: CheckContext, op: str) -> Bodies:
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
        yield json_body({name: text}), _statuses(run, op)
    for text in (texts[0], texts[3], texts[-1]):
        yield form_body({name: text}), _statuses(run, op)
    member = "gravatar_email" if op == "update_user" else name
    for number, address in enumerate(addresses):
        body = form_body({member: address}) if number % 3 == 2 else json_body({member: address})
        yield body, _statuses(run, op)
    for escape in (r"\ud800", r"\udc00x", r"\u0000", r"x\ud83d"):
        yield Body(f'{{"{name}": "{escape}"}}'.encode()), _statuses(run, op)


def odd_json(run: CheckContext, op: str) -> Bodies:
    """Make JSON that parsers disagree about."""
    value = json.dumps(correct_value(run, op))
    inner = value[1:-1]
    name = next(iter(correct_value(run, op) or {}))
    documented = _statuses(run, op)
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
        yield Body(text.encode()), documented
    for encoding in ("utf-16", "utf-32", "utf-16-le"):
        yield Body(value.encode(encoding)), documented


def odd_members(run: CheckContext, op: str) -> Bodies:
    """Make values of odd types for the members that are booleans or unknown."""
    value = correct_value(run, op) or {}
    odd: tuple[Any, ...] = (None, 0, 1, "true", "false", "", [], [True], {}, 1.0, -1, 10**30)
    for name in ("verified", "primary") if op == "update_email" else ("unknown",):
        for one in odd:
            yield json_body({**value, name: one}), _statuses(run, op)
    for text in ("True", "TRUE", "1", "0", "yes", "on", "", "null"):
        yield form_body({**value, "verified": text}), _statuses(run, op)


def odd_forms(run: CheckContext, op: str) -> Bodies:
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
        large = _LARGE if len(body) > 4000 else ()
        yield Body(body.encode(), FORM), _statuses(run, op, *large)
    yield Body(f"{name}=".encode() + b"\xff\xfe\x00", FORM), _statuses(run, op)


def odd_types(run: CheckContext, op: str) -> Bodies:
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
        yield body, _statuses(run, op, 415)


GROUPS: Mapping[str, Callable[[CheckContext, str], Bodies]] = {
    "deep": deep,
    "long": long,
    "odd texts": odd_texts,
    "odd JSON": odd_json,
    "odd members": odd_members,
    "odd forms": odd_forms,
    "odd media types": odd_types,
}
