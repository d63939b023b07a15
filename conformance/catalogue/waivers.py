"""Waivers: requirements that may fail, each with a reason and a date after which it may not."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from accounts_contract import DocumentError, Finding, read_document

_KEYS = {"id", "reason", "expires"}


@dataclass(frozen=True, slots=True)
class Waiver:
    """One requirement that may fail until the end of a day."""

    requirement: str
    reason: str
    expires: date

    def is_good(self, today: date) -> bool:
        """Return whether it still holds."""
        return today <= self.expires


def read_waivers(path: Path, known: Collection[str]) -> dict[str, Waiver]:
    """Read a file of waivers: a list (or `waivers:` with a list) of id, reason and expires.

    Raises:
        DocumentError: It cannot be used; with all findings and their places.
    """
    document = read_document(path)
    data: Any = document.data
    base: tuple[str | int, ...] = ()
    if isinstance(data, dict) and set(data) == {"waivers"}:
        data, base = data["waivers"], ("waivers",)
    if not isinstance(data, list):
        message = "must be a list; each entry has id, reason and expires (2026-12-31)"
        raise DocumentError([document.finding(base, message)])
    findings: list[Finding] = []
    waivers: dict[str, Waiver] = {}
    for index, entry in enumerate(data):
        pointer: tuple[str | int, ...] = (*base, index)
        if not isinstance(entry, dict) or set(entry) != _KEYS:
            findings.append(
                document.finding(pointer, "must have id, reason and expires, and nothing else")
            )
            continue
        name, reason, expires = entry["id"], entry["reason"], _date(entry["expires"])
        problems = {}
        if name not in known:
            problems["id"] = f"{name!r} is no requirement; see `conformance list`"
        elif name in waivers:
            problems["id"] = f"{name} is waived already"
        if not isinstance(reason, str) or not reason.strip():
            problems["reason"] = "must say why the requirement may fail"
        if expires is None:
            problems["expires"] = "must be a date: 2026-12-31"
        else:
            waivers[str(name)] = Waiver(str(name), str(reason), expires)
        findings += [document.finding((*pointer, key), one) for key, one in problems.items()]
    if findings:
        raise DocumentError(findings)
    return waivers


def _date(value: object) -> date | None:
    try:
        return date.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None
