"""The HTML report: one page that needs nothing else, and no network.

Its content security policy allows the page's own style sheet and script, by their hashes, and nothing else.
Under a stricter policy of a server (Jenkins) the page loses its style and its copy buttons, and stays readable.
"""

from __future__ import annotations

import base64
import hashlib
from datetime import datetime
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template, select_autoescape
from markupsafe import Markup

from conformance.reports import view
from conformance.reports.matrix import matrix
from conformance.reports.texts import CleanRun, one_line

_FOLDER = Path(__file__).parent


def html_report(run: CleanRun, written: datetime) -> str:
    """Return a run as an HTML page; `written` is the time that it names."""
    by_id = view.show(run)
    shown = list(by_id.values())
    css, css_hash = inlined(_FOLDER / "page.css")
    script, script_hash = inlined(_FOLDER / "page.js")
    return rendered(
        "page.html",
        run,
        written=written,
        css=css,
        css_hash=css_hash,
        script=script,
        script_hash=script_hash,
        by_id=by_id,
        by_title=lambda ids: view.grouped(ids, lambda one: by_id[one].title),
        groups=view.grouped(shown, lambda one: one.id.partition("/")[0]),
        matrix=matrix(shown),
    )


def rendered(name: str, run: CleanRun, **more: Any) -> str:
    """Return a run by the template of a report, which has its findings beside what is given."""
    shown = view.show(run)
    fails, warns = view.findings_of(run, shown)
    more |= {"shown": list(shown.values()), "fails": fails, "warns": warns}
    return template(_FOLDER / name).render(view=view, run=run, one_line=one_line, **more)


@cache
def template(path: Path) -> Template:
    """Return the template of a report. HTML and XML escape every value; a missing name is an error."""
    environment = Environment(
        loader=FileSystemLoader(path.parent),
        autoescape=select_autoescape(("html", "xml")),
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(path.name)


@cache
def inlined(path: Path) -> tuple[Markup, str]:
    """Return a style sheet or a script for a page, and its hash as a content security policy has it."""
    text = path.read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
    return Markup(text), f"sha256-{digest}"  # noqa: S704 - our own file
