"""Texts of a report: without secrets, not too long, and without invisible characters.

A whole run is cleaned once, before any writer. So a writer only follows the rules of its own format.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from dataclasses import replace
from typing import NewType

from conformance.catalogue.results import CheckResult, RequirementResult, RunResult

Hide = Callable[[str], str]
"""Masks the secrets in a text."""

CleanRun = NewType("CleanRun", RunResult)
"""A run after clean(). Writers take no other."""

LONGEST = 8_000
LONGEST_NAME = 300

_SUSPECT = re.compile(r"[^ -~\n\t]")
# They are invisible, but words and emoji are spelled with them.
_JOINERS = "\u200c\u200d"


def visible(text: str) -> str:
    r"""Escape the characters of a text that cannot be seen.

    Control characters, lone surrogates, marks that turn the direction of writing and whatever else
    prints nothing become escapes as in JSON (`\u001b`): a JSON body in a curl line stays the same body.
    Line ends and tabs stay.
    """
    return _SUSPECT.sub(lambda found: _escaped(found[0]), text)


def _escaped(character: str) -> str:
    if character.isprintable() or character in _JOINERS:
        return character
    escaped = json.dumps(character)[1:-1]
    return escaped if escaped != character else f"\\u{ord(character):04x}"


def shortened(text: str, longest: int = LONGEST) -> str:
    """Return a text, or its beginning and end with the number of characters left out between them."""
    if len(text) <= longest:
        return text
    end = longest // 5
    missing = len(text) - longest
    return f"{text[: longest - end]} … [{missing:,} characters left out] … {text[-end:]}"


def clean(run: RunResult, hide: Hide) -> CleanRun:
    """Make a run fit to be shown.

    Ids, levels and operations stay as they are: programs look them up in the catalogue.
    """

    def text(value: str, longest: int = LONGEST) -> str:
        # Secrets first: half a secret would not be recognised.
        return visible(shortened(hide(value), longest))

    def check(one: CheckResult) -> CheckResult:
        return replace(
            one,
            name=text(one.name, LONGEST_NAME),
            message=text(one.message),
            expected=text(one.expected),
            actual=text(one.actual),
            curl=text(one.curl),
            credential=text(one.credential, LONGEST_NAME),
        )

    def requirement(one: RequirementResult) -> RequirementResult:
        words = one.requirement
        return replace(
            one,
            requirement=replace(
                words, title=text(words.title), source=text(words.source), sent=text(words.sent)
            ),
            checks=[check(each) for each in one.checks],
            reason=text(one.reason),
        )

    return CleanRun(
        replace(
            run,
            target=text(run.target),
            contract=text(run.contract),
            requirements=[requirement(one) for one in run.requirements],
            notes=[text(note) for note in run.notes],
        )
    )
