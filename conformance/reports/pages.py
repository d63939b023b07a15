"""Parts of an HTML report: a template, and a style sheet that its policy allows by hash."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup


@cache
def template(path: Path) -> Template:
    """Return the template of a page. It escapes every value; a missing name is an error."""
    environment = Environment(
        loader=FileSystemLoader(path.parent),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template(path.name)


@cache
def style_sheet(path: Path) -> tuple[Markup, str]:
    """Return a style sheet for a page, and its hash as a content security policy has it."""
    text = path.read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
    return Markup(text), f"sha256-{digest}"  # noqa: S704 - our own file
