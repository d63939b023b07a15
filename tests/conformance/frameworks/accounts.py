"""The accounts behind the services, dictionaries as in tutorials, and their rules; how HTTP is read is the services'."""

from __future__ import annotations

import base64
import binascii
import hashlib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

SCOPES = ("profile_read", "profile_write", "email_read", "email_write")
TEXTS = ("full_name", "location", "company", "profile_url")
Account = dict[str, Any]


def gravatar(address: str) -> str:
    return f"https://gravatar.example.com/{hashlib.md5(address.encode(), usedforsecurity=False).hexdigest()}"


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


class Refused(Exception):
    """A request that is refused, with a status and the words for it."""

    def __init__(self, status: int, words: str) -> None:
        super().__init__(words)
        self.status, self.words = status, words


class Accounts:
    """Two accounts with their passwords and tokens, and the rules of the operations."""

    def __init__(self) -> None:
        names = ("johndoe", "janedoe")
        self.by_name = {name: _account(number, name) for number, name in enumerate(names, 1)}
        self.tokens = {f"{name}-{one}": (name, {one}) for name in names for one in SCOPES}
        for name in names:
            self.tokens |= {f"{name}-all": (name, set(SCOPES)), f"{name}-none": (name, set())}

    def holder(self, login: tuple[str, str] | None, token: str) -> tuple[str, set[str]]:
        """Return who has logged in, and with which scopes; ("", …) for nobody."""
        if login is None:
            return self.tokens.get(token, ("", set()))
        name, password = login
        known = name in self.by_name and self.by_name[name]["password"] == password
        return name if known else "", set(SCOPES)

    def opened(self, username: str, scope: str, holder: tuple[str, set[str]]) -> Account:
        """Return the account in the path."""
        name, scopes = holder
        if not name:
            raise Refused(401, "Log in.")
        if username not in self.by_name:
            raise Refused(404, "There is no such user.")
        if name != username or scope not in scopes:
            raise Refused(403, "This login does not open it.")
        return self.by_name[username]


def object_of(read: Callable[[], Any]) -> dict[str, Any]:
    """Return the members of a JSON body."""
    try:
        found = read()
    except (ValueError, RecursionError):
        raise Refused(400, "The body is no JSON.") from None
    if not isinstance(found, dict):
        raise Refused(400, "The body is no object.")
    return found


def members_of_form(form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the members of a form, in which true is a word."""
    words = {"true": True, "false": False}
    return {
        name: words.get(value, value) if name in ("verified", "primary") else value
        for name, value in form.items()
    }


def update_user(account: Account, body: dict[str, Any], settable: Iterable[str] = TEXTS) -> Any:
    changes = {name: body[name] for name in settable if name in body}
    if not all(is_text(changes[name]) for name in TEXTS if name in changes):
        raise Refused(400, "A text is needed.")
    if "gravatar_email" in body:
        if not is_address(body["gravatar_email"]):
            raise Refused(400, "gravatar_email is no address.")
        changes["gravatar_url"] = gravatar(body["gravatar_email"])
    account["user"].update(changes)
    return account["user"]


def add_email(account: Account, address: object, *, lax: bool = False) -> Any:
    if not (is_text if lax else is_address)(address) or find(account, address):
        raise Refused(400, "email is no address, or there already.")
    account["emails"].append({"email": address, "verified": False, "primary": False})
    return account["emails"][-1]


def update_email(account: Account, body: dict[str, Any], *, lax: bool = False) -> Any:
    email = known(account, body)
    wishes = {name: body[name] for name in ("verified", "primary") if name in body}
    if not lax and any(value is not True for value in wishes.values()):
        raise Refused(400, "verified and primary can only become true.")
    if wishes.get("primary"):
        for one in account["emails"]:
            one["primary"] = False
    email.update(wishes)
    return email


def delete_email(account: Account, body: dict[str, Any], *, lax: bool = False) -> None:
    email = known(account, body)
    if email["primary"] and not lax:
        raise Refused(400, "The primary address cannot be deleted.")
    account["emails"].remove(email)


def known(account: Account, body: dict[str, Any]) -> Any:
    if "email" not in body:
        raise Refused(400, "email is missing.")
    if email := find(account, body["email"]):
        return email
    raise Refused(404, "There is no such address.")


def read_login(value: str) -> tuple[tuple[str, str] | None, str]:
    """Read the value of an Authorization header: name and password of a Basic login, or a token."""
    scheme, _, word = value.partition(" ")
    if scheme.lower() != "basic":
        return None, word if scheme.lower() == "bearer" else ""
    try:
        name, colon, password = base64.b64decode(word, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        return None, ""
    return (name, password) if colon else None, ""


def is_text(value: object) -> bool:
    """Return whether it is text that can be written out again: half a character cannot."""
    return isinstance(value, str) and not any("\ud800" <= one <= "\udfff" for one in value)


def is_address(value: object) -> bool:
    text = str(value) if is_text(value) else ""
    local, at, domain = text.partition("@")
    return bool(local and at and domain) and "@" not in domain and not set(text) & set(" \t\r\n")


def find(account: Account, address: object) -> Any:
    return next((one for one in account["emails"] if one["email"] == address), None)
