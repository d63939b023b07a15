"""Odd bodies, made of the texts in hostile.yaml: nothing may break on them, whether or not they may be taken."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from string import Template
from typing import Any

import yaml

from conformance.checks.support.asking import asks
from conformance.checks.support.cases import SPECIAL_WORDS, correct_value, fresh_value
from conformance.checks.support.context import FORM, CheckContext, form_body, json_body
from conformance.checks.support.question import Ask
from conformance.wire.client import Body

_ODD: dict[str, list[str]] = yaml.safe_load(
    Path(__file__).with_name("hostile.yaml").read_text("utf-8")
)
_DEPTHS = (100, 2000, 100_000)
Value = Mapping[str, Any]


def odd_asks(run: CheckContext, op: str, group: str) -> Iterator[Ask]:
    """Make the requests of a group: each may be answered as the contract documents it."""
    documented = (int(status) for status in run.operations[op].responses)
    statuses = [status for status in documented if status < 413]
    statuses += [415] if group == "odd media types" else []
    bodies = GROUPS[group](run, op, correct_value(run, op) or {})
    yield from asks(op, bodies, statuses=tuple(statuses), requirement="success")
    for depth in _DEPTHS if group == "deep" else ():
        # An array at the top is refused, whether or not a parser gives up.
        array = b"[" * depth
        for content, kind in ((array + b"]" * depth, "not-an-object"), (array, "malformed-json")):
            requirement = f"invalid-body/{kind}"
            yield Ask(op, body=Body(content), statuses=(400,), requirement=requirement)


def _filled(run: CheckContext, kind: str, value: Value) -> Iterator[str]:
    """Fill the texts of a kind with the parts of a correct body."""
    return (_fill(run, one, value) for one in _ODD[kind])


def _fill(run: CheckContext, template: str, correct: Value) -> str:
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


def deep(_run: CheckContext, _op: str, value: Value) -> Iterator[Body]:
    """Make bodies nested so deeply that a parser may give up."""
    for depth in _DEPTHS:
        yield Body(b'{"a":' * depth + b"1" + b"}" * depth)
    nested = "[" * 500 + "]" * 500
    yield Body(f'{json.dumps(value)[:-1]}, "x": {nested}}}'.encode())


def long(run: CheckContext, _op: str, value: Value) -> Iterator[Body]:
    """Make bodies of long texts and many members."""
    name = next(iter(value))
    for size in (256, 1001, 5000, 70_000):
        for text in ("字" * (size // 3), f"{run.tag}{'x' * size}@example.com"):
            yield json_body({name: text})
        yield form_body({name: "x" * size})
    many = {f"{run.tag}{number}": "x" for number in range(1500)}
    yield json_body(many)
    yield form_body(many)


def odd_texts(run: CheckContext, op: str, value: Value) -> Iterator[Body]:
    """Make bodies with control characters, lone surrogates, NUL, white space, exotic addresses."""
    name = next(iter(value))
    yield from (json_body({name: text}) for text in _ODD["texts"])
    yield from (form_body({name: text}) for text in _ODD["texts_in_forms"])
    member = "gravatar_email" if op == "update_user" else name
    for number, address in enumerate(_filled(run, "addresses", value)):
        yield form_body({member: address}) if number % 3 == 2 else json_body({member: address})
    yield from (Body(f'{{"{name}": "{escape}"}}'.encode()) for escape in _ODD["escapes"])


def odd_json(run: CheckContext, _op: str, value: Value) -> Iterator[Body]:
    """Make JSON that parsers disagree about."""
    yield from (Body(text.encode()) for text in _filled(run, "json", value))
    for encoding in ("utf-16", "utf-32", "utf-16-le"):
        yield Body(json.dumps(value).encode(encoding))


def odd_members(run: CheckContext, op: str, _value: Value) -> Iterator[Body]:
    """Make values of odd types for the members that are booleans or unknown, of an address that does not stay."""
    value = fresh_value(run, op) or {}
    odd: tuple[Any, ...] = (None, 0, 1, "true", "false", "", [], [True], {}, 1.0, -1, 10**30)
    for name in ("verified", "primary") if op == "update_email" else ("unknown",):
        yield from (json_body({**value, name: one}) for one in odd)
    for words in SPECIAL_WORDS.values():
        yield json_body({**value, **{word: {"x": 1} for word in words}})
    yield from (form_body({**value, "verified": text}) for text in _ODD["flags"])


def odd_forms(run: CheckContext, _op: str, value: Value) -> Iterator[Body]:
    """Make forms that parsers disagree about."""
    for body in (*_filled(run, "forms", value), "a=b&" * 2000):
        yield Body(body.encode(), FORM)
    yield Body(f"{next(iter(value))}=".encode() + b"\xff\xfe\x00", FORM)


def odd_types(_run: CheckContext, _op: str, value: Value) -> Iterator[Body]:
    """Make parameters of the media type that nobody needs."""
    content, form = json.dumps(value).encode(), form_body(value).content
    for media_type in _ODD["media_types"]:
        yield Body(form if media_type.startswith(FORM) else content, media_type)


GROUPS: Mapping[str, Callable[[CheckContext, str, Value], Iterator[Body]]] = {
    "odd texts": odd_texts,
    "odd JSON": odd_json,
    "odd members": odd_members,
    "odd forms": odd_forms,
    "odd media types": odd_types,
    "long": long,
    "deep": deep,
}
"""By name; what may break a connection comes last."""
