"""The worst that fits into an answer: judging it takes no longer than reading it."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

import pytest

from tests.conformance.support import Answer, conformance, stub, write_target

SIZE = 60_000
LONG = 60.0
"""Seconds for a run of some forty requests, which takes three."""


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        ({"Content-Type": "a/" + "+json" * (SIZE // 5) + "x"}, "{}"),
        ({"Content-Type": "application/json" + ";" * SIZE}, '{"date_joined": "' + "1" * SIZE),
        ({"WWW-Authenticate": ", \t" * (SIZE // 3)}, "[" * SIZE),
        ({"WWW-Authenticate": 'Basic realm="' + '\\"' * (SIZE // 2)}, '"\\' * SIZE),
        ({"Content-Type": "application/json"}, "\u5b57" * SIZE),
        ({"Content-Type": "application/json"}, "johndoe-\u0301" * (SIZE // 9)),
    ],
    ids=lambda value: repr(value)[:40],
)
def test_a_hostile_answer_is_judged_soon(
    tmp_path: Path, headers: Mapping[str, str], body: str
) -> None:
    def answer(method: str, path: str, fields: Mapping[str, str]) -> Answer:
        status = 200 if fields.get("Authorization") else 401
        return status, dict(headers), body.encode("utf-8")

    with stub(answer) as (url, _):
        before = time.monotonic()
        done = conformance("run", write_target(tmp_path, url), "--only", "get-user/")
        assert time.monotonic() - before < LONG
    assert done.code == 1, done.err
    assert "Traceback" not in done.err
