"""Faults that a request asks for itself, in a `Prefer` field (RFC 7240), such as `code=401, example=tokenExpired`."""

from __future__ import annotations

import re

from mockserver.sandboxes.faults import KINDS, MAX_WAIT, Effect, Examples, has_example

# A comma within quotes parts nothing. Nothing that was read is read again, so that no field takes long.
_PREFERENCE = re.compile(r'(?:"(?:\\.|[^"\\])*+"?+|[^,"])++')
_STATUS = re.compile(r"[2-5][0-9]{2}")
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


def parse_prefer(field: str, examples: Examples) -> tuple[Effect | None, list[str]]:
    """Return the effect that a `Prefer` field asks for.

    Args:
        field: The value of the field; other preferences in it are left alone.
        examples: The documented examples of the operation.

    Returns:
        The effect, or None if it asks for none of ours; and a note for each preference of ours that
        cannot be granted, which is then ignored (RFC 7240, section 2).
    """
    code: int | None = None
    wait = 0.0
    fault = example = None
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
        elif name == "example":
            example = value
    if example is not None and not has_example(examples, example, code):
        known = [one for one in examples if has_example(examples, one, code)]
        with_code = "" if code is None else f" of {code}"
        which = f"one of {', '.join(known)}" if known else "left out, as none is documented"
        notes.append(f"ignored: Prefer example{with_code} must be {which}")
        example = None
    if code is None and fault is None and example is None and not wait:
        return None, notes
    return Effect(code=code, wait=wait, fault=fault, example=example), notes
