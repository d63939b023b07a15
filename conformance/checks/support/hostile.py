"""Odd bodies, made of the texts in hostile.yaml: nothing may break on them, whether or not they may be taken."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from string import Template
from typing import Any

import yaml

from conformance.checks.support.cases import correct_value, fresh_value
from conformance.checks.support.context import FORM, CheckContext, form_body, json_body
from conformance.checks.support.question import Ask
from conformance.checks.support.values import SPECIAL_WORDS
from conformance.wire.client import Body

_ODD: dict[str, list[str]] = yaml.safe_load(
    Path(__file__).with_name("hostile.yaml").read_text("utf-8")
)


def _ask(run: CheckContext, op: str, body: Body, *more: int) -> Ask:
    """Return a request that may be answered as the contract documents it."""
    documented = (int(status) for status in run.operations[op].responses)
    statuses = (*(status for status in documented if status < 413), *more)
    return Ask(op, body=body, statuses=statuses, requirement="success")


def _refused(op: str, content: bytes, kind: str) -> Ask:
    return Ask(op, body=Body(content), statuses=(400,), requirement=f"invalid-body/{kind}")


def _filled(run: CheckContext, op: str, kind: str) -> Iterator[str]:
    """Fill the texts of a kind with the parts of a correct body."""
    correct = correct_value(run, op) or {}
    return (_fill(run, one, correct) for one in _ODD[kind])


def _fill(run: CheckContext, template: str, correct: Mapping[str, Any]) -> str:
    name, text = next(iter(correct.items()))
    value = json.dumps(correct)
    return Template(template).substitute(
        {"name": name, "text": text, "value": value, "inner": value[1:-1], "digits": "9" * 5000},
        half=value[: len(value) // 2],
        in_single_quotes=value.replace('"', "'"),
        tag=run.tag,
        TAG=run.tag.upper(),
    )


def malformed(run: CheckContext, op: str) -> Iterator[tuple[Any, Body]]:
    """Make JSON that nobody can read, each with the members that it was made of."""
    for template in _ODD["malformed_json"]:
        correct = correct_value(run, op) or {}
        yield correct, Body(_fill(run, template, correct).encode())


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
    for text in _ODD["texts"]:
        yield _ask(run, op, json_body({name: text}))
    for text in _ODD["texts_in_forms"]:
        yield _ask(run, op, form_body({name: text}))
    member = "gravatar_email" if op == "update_user" else name
    for number, address in enumerate(_filled(run, op, "addresses")):
        body = form_body({member: address}) if number % 3 == 2 else json_body({member: address})
        yield _ask(run, op, body)
    for escape in _ODD["escapes"]:
        yield _ask(run, op, Body(f'{{"{name}": "{escape}"}}'.encode()))


def odd_json(run: CheckContext, op: str) -> Iterator[Ask]:
    """Make JSON that parsers disagree about."""
    for text in _filled(run, op, "json"):
        yield _ask(run, op, Body(text.encode()))
    for encoding in ("utf-16", "utf-32", "utf-16-le"):
        yield _ask(run, op, Body(json.dumps(correct_value(run, op)).encode(encoding)))


def odd_members(run: CheckContext, op: str) -> Iterator[Ask]:
    """Make values of odd types for the members that are booleans or unknown, of an address that does not stay."""
    value = fresh_value(run, op) or {}
    odd: tuple[Any, ...] = (None, 0, 1, "true", "false", "", [], [True], {}, 1.0, -1, 10**30)
    for name in ("verified", "primary") if op == "update_email" else ("unknown",):
        for one in odd:
            yield _ask(run, op, json_body({**value, name: one}))
    for words in SPECIAL_WORDS.values():
        yield _ask(run, op, json_body({**value, **{word: {"x": 1} for word in words}}))
    for text in _ODD["flags"]:
        yield _ask(run, op, form_body({**value, "verified": text}))


def odd_forms(run: CheckContext, op: str) -> Iterator[Ask]:
    """Make forms that parsers disagree about."""
    for body in (*_filled(run, op, "forms"), "a=b&" * 2000):
        yield _ask(run, op, Body(body.encode(), FORM))
    name = next(iter(correct_value(run, op) or {}))
    yield _ask(run, op, Body(f"{name}=".encode() + b"\xff\xfe\x00", FORM))


def odd_types(run: CheckContext, op: str) -> Iterator[Ask]:
    """Make parameters of the media type that nobody needs."""
    value = correct_value(run, op) or {}
    content, form = json.dumps(value).encode(), form_body(value).content
    for media_type in _ODD["media_types"]:
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
