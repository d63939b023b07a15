"""The reasons of a refusal as exceptions, free of HTTP."""

from __future__ import annotations

from collections.abc import Sequence

from accounts_contract import Violation


class Refusal(Exception):
    """A rule does not allow what was asked for.

    Args:
        code: The reason as a word for programs.
        detail: The reason as a sentence for people, with the likely fix.
        violations: Where in the request the reason lies.
    """

    def __init__(self, code: str, detail: str, violations: Sequence[Violation] = ()) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.violations = tuple(violations)


class Invalid(Refusal):
    """A request that cannot be carried out as it is."""


class Unknown(Refusal):
    """A thing that was named and does not exist."""


def invalid_member(code: str, pointer: str, detail: str) -> Invalid:
    """Return a refusal for the value of one member of the body."""
    return Invalid(code, f"{pointer.removeprefix('/')} {detail}", [Violation(pointer, detail)])
