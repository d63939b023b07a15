"""Values that are valid, or invalid, by anyone's reading: those of values.yaml, and what is made of them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml

_DATA: dict[str, Any] = yaml.safe_load(Path(__file__).with_name("values.yaml").read_text("utf-8"))

TEXTS = tuple(_DATA["texts"])
URLS = tuple(_DATA["urls"])
TELLING_TEXTS = tuple(_DATA["telling_texts"])
ENCODED: dict[str, str] = _DATA["encoded"]
SPECIAL_WORDS: dict[str, list[str]] = _DATA["special_words"]

NO_TEXTS: tuple[Any, ...] = (None, 0, 1.5, True, False, [], ["text"], {}, {"text": "text"})
"""JSON values that are no strings."""


def alike(local: str, domain: str) -> list[str]:
    """Return addresses that each differ from the one before by what somebody might leave out."""
    return [form.format(local=local, domain=domain) for form in _DATA["alike"]]


def no_addresses(tag: str) -> list[str]:
    """Return texts that are no addresses."""
    forms = enumerate(_DATA["no_addresses"])
    return ["@example.com", "@", *(form.format(f"{tag}.{at}") for at, form in forms)]
