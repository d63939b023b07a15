"""The report in Markdown, for the summary of a CI job."""

from __future__ import annotations

import html
import re
from functools import partial

from conformance.reports.html import rendered
from conformance.reports.texts import CleanRun, one_line, shortened

_LONGEST = 2_000
_MARKUP = re.compile(r"[\\`*_\[\]|~]|^[#+=-]|^\d+[.)]")


def markdown_report(run: CleanRun) -> str:
    """Return a run as Markdown."""
    brief = partial(shortened, longest=_LONGEST)
    page = rendered("markdown.jinja", run, plain=_plain, fenced=_fenced, shortened=brief)
    return f"{page.rstrip()}\n"


def _fenced(text: str) -> str:
    """Put a text between fences that are longer than any in it."""
    fence = "`" * max(3, *(len(run) + 1 for run in re.findall("`+", text)), 3)
    return f"{fence}text\n{text.rstrip()}\n{fence}"


def _plain(text: str) -> str:
    """Put a text on one line that no reader of Markdown takes for markup."""
    escaped = html.escape(one_line(text), quote=False)
    return _MARKUP.sub(lambda found: f"{found[0][:-1]}\\{found[0][-1]}", escaped)
