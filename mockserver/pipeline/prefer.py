"""Faults that a request asks for itself, in a `Prefer` field (RFC 7240): `code=503`, `wait=2`, `fault=reset`."""

from __future__ import annotations

import re

from mockserver.sandboxes.faults import KINDS, MAX_WAIT, Effect

# A comma within quotes parts nothing. Nothing that was read is read again, so that no field takes long.
_PREFERENCE = re.compile(r'(?:"(?:\\.|[^"\\])*+"?+|[^,"])++')
_STATUS = re.compile(r"[2-5][0-9]{2}")
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


def parse_prefer(field: str) -> tuple[Effect | None, list[str]]:
    """Return the effect that a `Prefer` field asks for.

    Args:
        field: The value of the field; other preferences in it are left alone.

    Returns:
        The effect, or None if it asks for none of ours; and a note for each preference of ours that
        cannot be granted, which is then ignored (RFC 7240, section 2).
    """
    code: int | None = None
    wait = 0.0
    fault: str | None = None
    notes: list[str] = []
    seen: set[str] = set()
    for preference in _PREFERENCE.findall(field):
        name, _, value = preference.partition(";")[0].partition("=")
        name, value = name.strip().lower(), value.strip().strip('"')
        if name in seen:  # only the first instance counts (RFC 7240, section 2)
            continue
        seen.add(name)
        if name == "code":
            if _STATUS.fullmatch(value):
                code = int(value)
            else:
                notes.append("ignored: Prefer code must be a status from 200 to 599")
        elif name == "wait":
            if _SECONDS.fullmatch(value) and float(value) <= MAX_WAIT:
                wait = float(value)
            else:
                notes.append(f"ignored: Prefer wait must be from 0 to {MAX_WAIT:.0f} seconds")
        elif name == "fault":
            if value in KINDS:
                fault = value
            else:
                notes.append(f"ignored: Prefer fault must be one of {', '.join(KINDS)}")
    if code is None and fault is None and not wait:
        return None, notes
    return Effect(code=code, wait=wait, fault=fault), notes
