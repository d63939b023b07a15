"""The journal of a sandbox for a test: requests as objects and as lines, and mismatches with the expected ones."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any, TypedDict

__tracebackhide__ = True  # A failure points at the line of the test, and shows no argument of ours.

_MOST_LINES = 50


class Details(TypedDict, total=False):
    """A description of requests; members that are left out match any.

    `username` is who called, `body` what the body must hold at least, and `times` how often exactly.
    """

    method: str
    path: str
    username: str
    status: int
    code: str
    body: Mapping[str, Any]
    times: int


class Expectation(Details, total=False):
    """A description of requests, with their operation."""

    operation: str


@dataclass(frozen=True)
class Message:
    """A request or an answer; of credentials only the scheme is there, of a body the first 16 KiB."""

    headers: Mapping[str, str]
    body: str
    size: int

    def json(self) -> Any:
        """Return the body as JSON data. Raises ValueError."""
        return json.loads(self.body)


@dataclass(frozen=True)
class Request:
    """An entry of the journal.

    Attributes:
        id: Its number in the sandbox, from 1.
        time: When it came (RFC 3339).
        ms: How long it took, in milliseconds.
        method: The method.
        path: The path, without the prefix of the sandbox.
        query: The query, without the question mark.
        operation: The operation of the contract, if it is one.
        username: Who called, if that was known.
        scheme: How they logged in: `Basic` or `Bearer`.
        status: The status of the answer.
        code: Why it was refused, for programs.
        why: Why it was refused, in a sentence.
        notes: What else is worth knowing.
        fault: What went wrong on demand.
        request: What was sent.
        response: What was answered.
    """

    id: int
    time: str
    ms: float
    method: str
    path: str
    query: str
    operation: str | None
    username: str | None
    scheme: str | None
    status: int
    code: str | None
    why: str | None
    notes: tuple[str, ...]
    fault: str | None
    request: Message
    response: Message

    def __str__(self) -> str:
        """Write the entry in a line."""
        query = f"?{self.query}" if self.query else ""
        line = f"#{self.id:<3} {self.method:<6} {self.path}{query}  {self.status}"
        if self.username is not None:
            line += f"  {self.username} ({self.scheme})"
        if self.why is not None:
            line += f"  {self.code}: {self.why}"
        elif self.fault is not None:
            line += f"  [{self.fault}]"
        return line + "".join(f"  [{note}]" for note in self.notes)


_MEMBERS = tuple(field.name for field in fields(Request))


def entry(data: Mapping[str, Any]) -> Request:
    """Make an entry of the journal from the JSON of the control API."""
    known = {name: data[name] for name in _MEMBERS}
    known["notes"] = tuple(data["notes"])
    for name in ("request", "response"):
        message = data[name]
        known[name] = Message(message["headers"], message["body"], message["size"])
    return Request(**known)


def lines(entries: Sequence[Request]) -> str:
    """Return the last lines of a journal as text."""
    left_out = len(entries) - _MOST_LINES
    shown = [str(one) for one in entries[-_MOST_LINES:]]
    if left_out > 0:
        shown.insert(0, f"({left_out} earlier ones are left out)")
    return "\n".join(shown)


def mismatch(problem: Mapping[str, Any], entries: Sequence[Request], url: str) -> str:
    """Tell people how a journal differs from the expected requests.

    Args:
        problem: What the control API says of it.
        entries: The journal.
        url: The sandbox.
    """
    by_id = {one.id: one for one in entries}
    told = []
    for found in problem["mismatches"]:
        wanted = {name: value for name, value in found["expected"].items() if name != "times"}
        told.append(f"expected: {_shown(wanted) if wanted else 'any request'}")
        told.append(f"  {found['detail']}")
        if found["nearest"]:
            told.append("  the nearest:")
        else:
            told.append(f"  no request came to {url}: does the code under test call it?")
        for near in found["nearest"]:
            # One that is no longer in the journal is told by what was compared.
            brief = f"#{near['id']:<3} {near['method']:<6} {near['path']}  {near['status']}"
            told.append(f"    {by_id.get(near['id'], brief)}")
            told += [f"         {_difference(one)}" for one in near["differences"]]
    return "\n".join(told)


def _difference(found: Mapping[str, Any]) -> str:
    if "actual" in found:
        was = f"was {json.dumps(found['actual'])}"
    else:
        was = "was cut, and cannot be compared" if "cut" in found else "is missing"
    return f"{found['member']}: expected {json.dumps(found['expected'])}, {was}"


def _shown(wanted: Mapping[str, Any]) -> str:
    return ", ".join(
        f"{name} {value if isinstance(value, str) else json.dumps(value)}"
        for name, value in wanted.items()
    )
