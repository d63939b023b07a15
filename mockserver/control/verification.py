"""Assertions on the journal: this call, so many times, in this order."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import Any
from urllib.parse import parse_qsl

import orjson

from accounts_contract import Contract
from mockserver.accounts.world import normal_form
from mockserver.control.refusing import invalid, unknown_operation
from mockserver.pipeline.forms import MULTIPART, URLENCODED, read_multipart
from mockserver.pipeline.off_loop import off_loop
from mockserver.pipeline.operation import Handler, by_name
from mockserver.pipeline.outcome import Outcome
from mockserver.pipeline.problems import Problem
from mockserver.pipeline.request import Request
from mockserver.sandboxes.hiding import Hide, hide_in_data, hide_value
from mockserver.sandboxes.journal import MAX_KEPT, Entry, shown, text_of

Json = dict[str, Any]

_NEAREST = 3
_COMPARED = ("operation", "method", "path", "username", "status", "code")


def handlers(contract: Contract, hide: Hide) -> Mapping[str, Handler]:
    """Return the operation, for the operations of a contract; `hide` hides the control token."""

    async def verify_requests(request: Request, outcome: Outcome) -> Any:
        body = outcome.data
        violations = [
            violation
            for index, expected in enumerate(body["requests"])
            for violation in unknown_operation(expected, f"/requests/{index}", contract)
        ]
        if violations:
            raise invalid(violations)
        journal = request.sandbox.journal
        return await off_loop(_verified, journal.entries(), journal.lost, body, hide)

    return by_name(verify_requests)


def _verified(entries: Iterable[Entry], lost: int, body: Any, hide: Hide) -> Any:
    mismatches = verify(entries, body, lost)
    if not mismatches:
        return {"verified": True}
    first = mismatches[0]
    detail = f"expectation {first['index'] + 1} of {len(body['requests'])}: {first['detail']}"
    # The differences repeat requests, which may hold secrets.
    raise Problem(
        409, "not-as-expected", detail, more={"mismatches": hide(hide_in_data(mismatches))}
    )


def verify(entries: Iterable[Entry], expectations: Mapping[str, Any], lost: int = 0) -> list[Json]:
    """Compare the journal with the expectations of a test.

    Args:
        entries: The journal, oldest first.
        expectations: `requests`: each with what an entry must have (`operation`, `method`, `path`, `username`,
            `status`, `code`, and in `body` the members that the body must have at least), and `times`,
            exactly; at least once, if left out. `in_order`: whether they must stand in this order.
        lost: How many requests the journal held before these, and has lost. Nobody can tell whether they
            were as expected, so no exact number is verified then.

    Returns:
        What does not match: the expectation, how often it was met, and the nearest entries with their
        differences. Empty if all is as expected.
    """
    calls = [_Call(entry) for entry in entries]
    mismatches: list[Json] = []
    position = 0
    for index, expected in enumerate(expectations["requests"]):
        met = [place for place, call in enumerate(calls) if call.is_as(expected)]
        times = expected.get("times")
        unsure = [call for call in calls if call.is_cut and call.may_be_as(expected)]
        told = []
        if (not met) if times is None else (len(met) != times or lost or unsure):
            often = "at least once" if times is None else f"exactly {_times(times)}"
            told.append(f"it was expected {often}, and came {_times(len(met))}")
            told += [_cut(unsure)] if unsure else []
        elif expectations.get("in_order") and times != 0:
            after = [place for place in met if place >= position]
            if len(after) < (times or 1):
                told.append("it came, but not after the ones that stand before it")
            else:
                position = after[(times or 1) - 1] + 1
        if told:
            told += [_loss(lost)] if lost else []
            mismatch = {"index": index, "expected": dict(expected), "met": len(met)}
            nearest = _nearest(calls, expected)
            mismatches.append({**mismatch, "detail": "; ".join(told), "nearest": nearest})
    return mismatches


class _Call:
    """An entry, whose body is read when it is first compared."""

    def __init__(self, entry: Entry) -> None:
        self.entry = entry

    def is_as(self, expected: Mapping[str, Any]) -> bool:
        """Tell whether it has all that is expected."""
        return next(self.differences(expected), None) is None

    def differences(self, expected: Mapping[str, Any]) -> Iterator[Json]:
        """Give each difference: the member, the value that was expected, and the one it has."""
        for name in _COMPARED:
            actual = getattr(self.entry, name)
            if name in expected and _compared(expected[name]) != actual:
                yield {"member": name, "expected": expected[name], "actual": actual}
        if "body" in expected and self.is_cut:
            yield {"member": "body", "expected": expected["body"], "cut": True}
        elif "body" in expected:
            yield from self._in_body(self.body, expected["body"], "body")

    @property
    def is_cut(self) -> bool:
        """True if the body was not kept whole, so that it cannot be compared."""
        return self.entry.request_size > len(self.entry.request_body)

    def may_be_as(self, expected: Mapping[str, Any]) -> bool:
        """Tell whether it has all that is expected, but for a body that cannot be compared."""
        return "body" in expected and all("cut" in one for one in self.differences(expected))

    @cached_property
    def media_type(self) -> str:
        return self._content_type.partition(b";")[0].strip().lower().decode("latin-1")

    @cached_property
    def body(self) -> Any:
        raw = self.entry.request_body
        try:
            if self.media_type == URLENCODED:
                return dict(parse_qsl(text_of(raw), keep_blank_values=True))
            if self.media_type == MULTIPART:
                return dict(read_multipart(self._content_type, raw))
            return orjson.loads(raw)
        except (Problem, orjson.JSONDecodeError):
            return shown(raw)

    @property
    def _content_type(self) -> bytes:
        return dict(self.entry.request_headers).get(b"content-type", b"")

    def _in_body(self, actual: Any, expected: Any, path: str) -> Iterator[Json]:
        if isinstance(expected, Mapping) and isinstance(actual, Mapping):
            for name, value in expected.items():
                if name in actual:
                    yield from self._in_body(actual[name], value, f"{path}/{name}")
                else:
                    member = f"{path}/{name}"
                    told = hide_value(member, value)
                    yield {"member": member, "expected": told, "missing": True}
        elif not self._is_same(actual, expected):
            told, came = hide_value(path, expected), hide_value(path, actual)
            yield {"member": path, "expected": told, "actual": came}

    def _is_same(self, actual: Any, expected: Any) -> bool:
        if self.media_type in (URLENCODED, MULTIPART) and not isinstance(expected, str):
            return bool(actual == orjson.dumps(expected).decode())  # a form knows texts only
        return _is_equal(actual, expected)


def _compared(value: Any) -> Any:
    return normal_form(value) if isinstance(value, str) else value


def _is_equal(one: Any, other: Any) -> bool:
    """Tell whether two JSON values are the same: 1 is 1.0, as JSON has only numbers, and true is not 1."""
    if isinstance(one, bool) or isinstance(other, bool):
        return one is other
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(_is_equal(one[name], other[name]) for name in one)
    if isinstance(one, list) and isinstance(other, list):
        return len(one) == len(other) and all(map(_is_equal, one, other))
    return bool(one == other)


def _nearest(calls: Sequence[_Call], expected: Mapping[str, Any]) -> list[Json]:
    """Return the entries that have the most of what is expected, the latest first, with their differences."""
    far = [(list(call.differences(expected)), call.entry) for call in calls]
    far.sort(key=lambda one: (len(one[0]), -one[1].number))
    return [
        {
            "id": entry.number,
            "method": entry.method,
            "path": entry.path,
            "operation": entry.operation,
            "status": entry.status,
            "differences": differences,
        }
        for differences, entry in far[:_NEAREST]
    ]


def _cut(calls: Sequence[_Call]) -> str:
    first = calls[0].entry
    more = f" (and of {len(calls) - 1} more)" if len(calls) > 1 else ""
    return (
        f"but the body of request {first.number}{more} was cut, as only {MAX_KEPT // 1024} KiB of a body are "
        f"kept, and it had {first.request_size} bytes: it cannot be compared"
    )


def _loss(lost: int) -> str:
    requests = "the oldest request" if lost == 1 else f"the {lost} oldest requests"
    return (
        f"but the journal has lost {requests}, as it keeps only so many: forget them with "
        "DELETE /_mock/requests before what is verified"
    )


def _times(count: int) -> str:
    return "once" if count == 1 else f"{count} times"
