"""The accounts behind the services: dictionaries, as tutorials have them in place of a database."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import Any

SCOPES = ("profile_read", "profile_write", "email_read", "email_write")
TEXTS = ("full_name", "location", "company", "profile_url")
Account = dict[str, Any]


def gravatar(address: str) -> str:
    return f"https://gravatar.example.com/{hashlib.md5(address.encode(), usedforsecurity=False).hexdigest()}"


def make_accounts() -> dict[str, Account]:
    """Return fresh accounts, by username."""
    return {name: _account(number, name) for number, name in enumerate(("johndoe", "janedoe"), 1)}


def _account(number: int, name: str) -> Account:
    address = f"{name}@mail.example.com"
    return {
        "password": f"{name}-password",
        "emails": [
            {"email": address, "verified": True, "primary": True},
            {"email": f"{name}@work.example.com", "verified": False, "primary": False},
        ],
        "user": {
            "id": number,
            "username": name,
            "full_name": name.title(),
            "location": "",
            "company": "",
            "profile_url": "",
            "email": address,
            "gravatar_url": gravatar(address),
            "url": f"https://accounts.example.com/api/v1.1/users/{name}/",
            "is_active": True,
            "type": "User",
            "date_joined": "2014-02-13T09:32:56Z",
        },
    }


def make_tokens() -> dict[str, tuple[str, set[str]]]:
    """Return the username and the scopes of each token that is alive."""
    tokens: dict[str, tuple[str, set[str]]] = {}
    for name in ("johndoe", "janedoe"):
        tokens |= {f"{name}-{scope}": (name, {scope}) for scope in SCOPES}
        tokens |= {f"{name}-all": (name, set(SCOPES)), f"{name}-none": (name, set())}
    return tokens


def basic_login(value: str) -> tuple[str, str] | None:
    """Read the value of an Authorization header; None if it is no Basic login."""
    scheme, _, encoded = value.partition(" ")
    if scheme.lower() != "basic":
        return None
    try:
        name, colon, password = base64.b64decode(encoded, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return (name, password) if colon else None


def is_text(value: object) -> bool:
    """Return whether it is text that can be written out again: half a character cannot."""
    return isinstance(value, str) and not any("\ud800" <= one <= "\udfff" for one in value)


def is_address(value: object) -> bool:
    text = str(value) if is_text(value) else ""
    local, at, domain = text.partition("@")
    return bool(local and at and domain) and "@" not in domain and not set(text) & set(" \t\r\n")


def find(account: Account, address: object) -> Any:
    return next((one for one in account["emails"] if one["email"] == address), None)
