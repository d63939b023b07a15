"""Faults that a request asks for itself, in `Prefer`."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mockserver.pipeline.prefer import parse_prefer
from tests.mockserver.sandboxed import Sandboxed
from tests.support import JOHN, JOHNS, head


@pytest.mark.parametrize(
    "prefer",
    [
        *("code=503", "CODE=503", 'code="503"', "code = 503", "code=503; why=because"),
        *("respond-async, code=503", 'handling="a, code=404", code=503', "code=503, code=404"),
    ],
)
def test_a_wish_is_understood_as_rfc_7240_writes_it(sandbox: Sandboxed, prefer: str) -> None:
    assert sandbox.wish(prefer).status_code == 503


def test_a_wish_may_stand_in_several_fields(sandbox: Sandboxed) -> None:
    request = head("GET", sandbox.prefix + JOHNS, "Prefer: respond-async", "Prefer: code=503")
    assert sandbox.server.raw(request).status == 503


@pytest.mark.parametrize(
    "prefer",
    [
        *("code=", "code=99", "code=600", "code=5e2", "code=²00"),
        *("wait=-1", "wait=61", "wait=nan", "wait=1e1", "wait=1_0"),
        *("fault=fire", "fault=Reset", "example=", "example=tokenexpired"),
    ],
)
def test_a_wish_that_cannot_be_granted_is_ignored_with_a_note(
    sandbox: Sandboxed, prefer: str
) -> None:
    with sandbox.server.connect() as connection:
        request = head("GET", sandbox.prefix + JOHNS, f"Authorization: {JOHN}", f"Prefer: {prefer}")
        connection.sendall(request)
        assert connection.recv(12) == b"HTTP/1.1 200"
    entry = sandbox.last()
    [note] = entry["notes"]
    assert note.startswith(f"ignored: Prefer {prefer.partition('=')[0]} must be ")
    assert "example" not in prefer or "tokenExpired" in note
    assert entry["fault"] is None


@pytest.mark.parametrize(
    "prefer", ["", ",", ",,=,", "return=minimal", '"', 'a="', "=503", "priority=1"]
)
def test_other_wishes_are_left_alone(sandbox: Sandboxed, prefer: str) -> None:
    assert sandbox.wish(prefer).status_code == 200
    assert sandbox.last()["notes"] == []


@given(st.text(st.characters(max_codepoint=255)))
def test_no_wish_is_too_odd_to_be_read(prefer: str) -> None:
    effect, notes = parse_prefer(prefer, {"tokenExpired": {401: b""}})
    assert effect is None or 200 <= effect.get("code", 200) <= 599
    assert len(notes) <= 24


def test_a_misspelt_wish_is_noted(sandbox: Sandboxed) -> None:
    assert sandbox.wish("cod=503, wiat=1").status_code == 200
    assert sandbox.last()["notes"] == [
        "ignored: Prefer cod (did you mean code?)",
        "ignored: Prefer wiat (did you mean wait?)",
    ]


@pytest.mark.parametrize(
    ("prefer", "granted"),
    [
        ("wait=0.01", "wait=0.01"),
        ("fault=garbage", "fault=garbage"),
        ("fault=contract; a=b, wait=0.01,code=418", "code=418, wait=0.01, fault=contract"),
        ("wait=0.01, code=2, respond-async", "wait=0.01"),
        ("code=401, example=tokenExpired", "code=401, example=tokenExpired"),
        ("example=tokenExpired", "example=tokenExpired"),
        ("code=404, example=tokenExpired", "code=404"),
    ],
)
def test_the_answer_confirms_the_wishes_that_were_granted(
    sandbox: Sandboxed, prefer: str, granted: str
) -> None:
    assert sandbox.wish(prefer).headers["preference-applied"] == granted
