"""Faults that a request asks for itself, in a `Prefer` field (RFC 7240), such as `code=401, example=tokenExpired`."""

from __future__ import annotations

import re
from difflib import get_close_matches
from itertools import islice
from typing import Any

from mockserver.sandboxes.faults import KINDS, MAX_WAIT, Effect, Examples, has_example

# A comma within quotes parts nothing. Nothing that was read is read again, so that no field takes long.
_PREFERENCE = re.compile(r'(?:"(?:\\.|[^"\\])*+"?+|[^,"])++')
_NAMES = ("code", "example", "fault", "wait")
_MOST_NAMES = 20  # that are looked at for slips of the pen
_STATUS = re.compile(r"[2-5][0-9]{2}")
_SECONDS = re.compile(r"[0-9]{1,9}(\.[0-9]{1,9})?")


def parse_prefer(field: str, examples: Examples) -> tuple[Effect | None, list[str]]:
    """Return the effect that a `Prefer` field asks for.

    Args:
        field: The value of the field; other preferences in it are left alone.
        examples: The documented examples of the operation.

    Returns:
        The effect, or None if it asks for none of ours; and a note for each preference of ours that
        cannot be granted, or is misspelt, which is then ignored (RFC 7240, section 2).
    """
    given: dict[str, str] = {}
    for preference in _PREFERENCE.findall(field):
        name, _, value = preference.partition(";")[0].partition("=")
        # Only the first instance counts (RFC 7240, section 2).
        given.setdefault(name.strip().lower(), value.strip().strip('"'))
    notes = [
        f"ignored: Prefer {name[:20]} (did you mean {close[0]}?)"
        for name in islice(given, _MOST_NAMES)
        if name not in _NAMES and (close := get_close_matches(name[:20], _NAMES, n=1))
    ]
    effect: dict[str, Any] = {name: given[name] for name in _NAMES if name in given}
    if not _STATUS.fullmatch(effect.get("code", "200")):
        notes.append("ignored: Prefer code must be a status from 200 to 599")
        del effect["code"]
    elif "code" in effect:
        effect["code"] = int(effect["code"])
    wait = effect.get("wait", "0")
    if not (_SECONDS.fullmatch(wait) and float(wait) <= MAX_WAIT):
        notes.append(f"ignored: Prefer wait must be from 0 to {MAX_WAIT:.0f} seconds")
        wait = "0"
    effect["wait"] = float(wait)
    if effect.get("fault", KINDS[0]) not in KINDS:
        notes.append(f"ignored: Prefer fault must be one of {', '.join(KINDS)}")
        del effect["fault"]
    status = effect.get("code")
    if "example" in effect and not has_example(examples, effect["example"], status):
        known = [one for one in examples if has_example(examples, one, status)]
        with_code = "" if status is None else f" of {status}"
        which = f"one of {', '.join(known)}" if known else "left out, as none is documented"
        notes.append(f"ignored: Prefer example{with_code} must be {which}")
        del effect["example"]
    return (None if effect == {"wait": 0.0} else effect), notes
