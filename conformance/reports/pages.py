"""What pages of ours have in common: a template, and a style sheet that a policy allows by its hash."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup


@cache
def template(path: Path) -> Template:
    """A page to be filled in. Everything is escaped, and a name that is not given is an error."""
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
    """A style sheet, to stand in a page as it is, and its hash as a content security policy has it."""
    text = path.read_text("utf-8")
    digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode("ascii")
    return Markup(text), f"sha256-{digest}"  # noqa: S704 - our own file
