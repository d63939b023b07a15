"""The target file: YAML with ${ENV} in it, read with errors as file:line:col that name the fix."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any, TypeVar

from accounts_contract import Document, DocumentError, Finding, read_document
from conformance.target import values
from conformance.target.redaction import Redactor
from conformance.target.target import ROLES, Account, Scopes, Target

_VARIABLE = re.compile(r"\$(\$)?\{([^}]*)(\}?)")
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OURS = frozenset({"authorization", "host", "content-type", "content-length", "transfer-encoding"})
_KEYS = (
    "base_url",
    "headers",
    "tls",
    "timeout",
    "rate_limit",
    "consistency",
    "wrong_logins",
    "connections",
    "email_domain",
    "accounts",
    "token_command",
    "unknown_username",
)
_ACCOUNT_KEYS = (
    "username",
    "password",
    "disposable",
    "gravatar_email",
    "expired_token",
    "revoked_token",
    "tokens",
)

Pointer = tuple[str | int, ...]
_Value = TypeVar("_Value")


def read_target(
    path: Path,
    scopes: Collection[str],
    *,
    base_url: str | None = None,
    environ: Mapping[str, str] | None = None,
) -> Target:
    """Read a target file.

    Args:
        path: The file.
        scopes: The scopes that the contract declares.
        base_url: Instead of the file's.
        environ: The values of ${NAME}; the process's environment, if left out.

    Raises:
        DocumentError: It cannot be used; with all findings and their places.
    """
    document = _read(path)
    reader = _Reader(document, scopes, os.environ if environ is None else environ)
    target = reader.target(path, base_url)
    if target is None or reader.findings:
        raise DocumentError(sorted(reader.findings, key=_order))
    return target


def _read(path: Path) -> Document:
    try:
        return read_document(path)
    except DocumentError as error:
        # The brace of ${NAME} ends a mapping that is written in braces: a trap worth a word.
        findings = [
            replace(one, message=f'{one.message}; within {{ }}, write "${{NAME}}" in quotes')
            if one.message.startswith("this is not YAML")
            else one
            for one in error.findings
        ]
        raise DocumentError(findings) from None


def _order(finding: Finding) -> tuple[int, int]:
    return finding.place.line, finding.place.column


class _Reader:
    """A reader of one document, with its findings."""

    def __init__(
        self, document: Document, scopes: Collection[str], environ: Mapping[str, str]
    ) -> None:
        self.document = document
        self.scopes = scopes
        self.environ = environ
        self.findings: list[Finding] = []
        self.redact = Redactor()
        self.variables: dict[Pointer, str] = {}
        """The variables that are whole values."""

    def report(self, pointer: Pointer, message: str) -> None:
        self.findings.append(self.document.finding(pointer, message))

    def target(self, path: Path, base_url: str | None) -> Target | None:
        data = self.expand(self.document.data, ())
        if not isinstance(data, dict):
            self.report(
                (), "must be a mapping with base_url and accounts; `conformance init` writes one"
            )
            return None
        self.keys(data, _KEYS, ())
        url = self.base_url(data, base_url)
        accounts = self.accounts(data.get("accounts"))
        headers = self.headers(data.get("headers"))
        tls = self.mapping(data, "tls", ("ca_bundle", "client_cert", "client_key", "verify"))
        ca_bundle, client_cert, client_key = (
            self.pem(tls, key, path.parent) for key in ("ca_bundle", "client_cert", "client_key")
        )
        if ca_bundle is not None:
            self.checked(("tls", "ca_bundle"), values.ca_bundle, ca_bundle)
        if client_cert is not None:
            self.checked(("tls", "client_cert"), values.client_cert, client_cert, client_key)
        elif client_key is not None:
            self.report(("tls", "client_key"), "is of no use without client_cert; name that too")
        target = Target(
            file=path,
            base_url=url,
            owner=accounts.get("owner", Account("owner", "")),
            other=accounts.get("other"),
            headers=headers,
            header_variables={
                name: self.variables.get(("headers", name), name.replace("-", "_").upper())
                for name in headers
            },
            ca_bundle=ca_bundle,
            client_cert=client_cert,
            client_key=client_key,
            verify_tls=self.boolean(tls, "verify", ("tls", "verify"), default=True),
            timeout=self.value(data, "timeout", values.timeout, 10.0),
            rate_limit=self.value(data, "rate_limit", values.rate_limit, None),
            consistency=self.value(data, "consistency", values.consistency, 0.0),
            wrong_logins=self.value(data, "wrong_logins", values.whole(1, 1000), 4),
            connections=self.value(
                data, "connections", values.whole(1, values.MOST_CONNECTIONS), 8
            ),
            email_domain=self.value(data, "email_domain", values.email_domain, "example.com"),
            token_command=self.value(data, "token_command", values.token_command, None),
            unknown_username=self.text(data, "unknown_username", ("unknown_username",)),
            redact=self.redact,
        )
        names = [account.username for account in target.accounts]
        if target.unknown_username in names:
            self.report(
                ("unknown_username",),
                "is the username of one of the accounts; choose a name that does not exist",
            )
        return target

    def expand(self, value: Any, pointer: Pointer) -> Any:
        """Replace each ${NAME} in a value by the environment's."""
        if isinstance(value, dict):
            return {key: self.expand(part, (*pointer, key)) for key, part in value.items()}
        if isinstance(value, list):
            return [self.expand(part, (*pointer, index)) for index, part in enumerate(value)]
        if not isinstance(value, str) or "${" not in value:
            return value
        alone = _VARIABLE.fullmatch(value)
        if alone is not None and not alone[1]:
            self.variables[pointer] = alone[2]

        def look_up(match: re.Match[str]) -> str:
            escaped, name, closed = match.groups()
            if escaped:
                return match.group()[1:]
            if not closed or not name:
                message = (
                    f"{match.group()!r} is no ${{NAME}}; write $${{ for the characters themselves"
                )
                self.report(pointer, message)
                return "unset"
            if name not in self.environ:
                self.report(pointer, f"the environment has no {name}; set it: export {name}=…")
                return "unset"
            if not self.environ[name]:
                self.report(pointer, f"{name} is empty in the environment; give it a value")
            self.redact.add(self.environ[name])
            return self.environ[name]

        return _VARIABLE.sub(look_up, value)

    def keys(self, data: Mapping[str, Any], known: Sequence[str], pointer: Pointer) -> None:
        for key in data:
            if key not in known:
                close = difflib.get_close_matches(key, known, 1)
                hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(known)}"
                self.report((*pointer, key), f"unknown key {key!r}; {hint}")

    def mapping(self, data: Mapping[str, Any], key: str, known: Sequence[str]) -> dict[str, Any]:
        value = data.get(key)
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.report((key,), f"must be a mapping with {' and '.join(known)}")
            return {}
        self.keys(value, known, (key,))
        return value

    def boolean(
        self, data: Mapping[str, Any], key: str, pointer: Pointer, *, default: bool
    ) -> bool:
        value = data.get(key, default)
        if not isinstance(value, bool):
            self.report(pointer, "must be true or false")
            return default
        return value

    def value(
        self,
        data: Mapping[str, Any],
        key: str,
        read: Callable[[Any], _Value],
        default: _Value,
    ) -> _Value:
        """Read a value of the top level; the default, if it is not there or cannot be used."""
        found = None if data.get(key) is None else self.checked((key,), read, data[key])
        return default if found is None else found

    def checked(self, pointer: Pointer, read: Callable[..., _Value], *values: Any) -> _Value | None:
        try:
            return read(*values)
        except ValueError as error:
            self.report(pointer, str(error))
            return None

    def text(self, data: Mapping[str, Any], key: str, pointer: Pointer) -> str | None:
        value = data.get(key)
        if value is None:
            return None
        if not isinstance(value, str) or not value:
            self.report(pointer, 'must be a text; put it in quotes ("…") if it looks like a number')
            return None
        return value

    def secret(self, data: Mapping[str, Any], key: str, pointer: Pointer) -> str | None:
        value = self.text(data, key, pointer)
        self.redact.add(value or "")
        if problem := values.secret_problem(value or ""):
            self.report(pointer, problem)
            return None
        return value

    def base_url(self, data: Mapping[str, Any], instead: str | None) -> str:
        url = instead if instead is not None else self.text(data, "base_url", ("base_url",))
        if url is None:
            if "base_url" not in data:
                self.report((), "base_url is missing; add: base_url: https://staging.example.com")
            return ""
        problem = values.url_problem(url)
        if problem and instead is not None:
            self.report((), f"--base-url {problem}")
        elif problem:
            self.report(("base_url",), problem)
        return url.rstrip("/")

    def headers(self, value: Any) -> dict[str, str]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.report(("headers",), "must be a mapping of names to values")
            return {}
        headers = {}
        for name, text in value.items():
            pointer = ("headers", name)
            if isinstance(text, str) and (problem := values.secret_problem(text)):
                self.report(pointer, problem)
            elif not isinstance(text, str) or not text.isprintable() or not _is_latin(text):
                self.report(
                    pointer, 'must be a line of text; put it in quotes ("…") if it is a number'
                )
            elif not _FIELD_NAME.fullmatch(name):
                self.report(pointer, f"{name!r} is no name of a header")
            elif name.lower() in _OURS:
                self.report(pointer, f"{name} is set by the suite itself; remove it")
            else:
                headers[name] = text
                self.redact.add(text)
        return headers

    def pem(self, tls: Mapping[str, Any], key: str, folder: Path) -> Path | None:
        value = tls.get(key)
        if value is None:
            return None
        pointer = ("tls", key)
        if not isinstance(value, str):
            self.report(pointer, "must be the path of a file (PEM)")
            return None
        path = folder / value
        if not path.is_file():
            self.report(pointer, f"there is no file {path}; the path counts from the target file")
            return None
        return path

    def accounts(self, value: Any) -> dict[str, Account]:
        if not isinstance(value, dict):
            self.report(("accounts",), "accounts must be a mapping with owner and other")
            return {}
        self.keys(value, ROLES, ("accounts",))
        if "owner" not in value:
            self.report(("accounts",), "accounts.owner is missing: the account that is tested")
        found = {
            role: account
            for role in ROLES
            if role in value and (account := self.account(role, value[role])) is not None
        }
        if len({account.username for account in found.values()}) < len(found):
            self.report(("accounts", "other", "username"), "must be another user than the owner")
        return found

    def account(self, role: str, value: Any) -> Account | None:
        pointer = ("accounts", role)
        if not isinstance(value, dict):
            self.report(pointer, "must be a mapping with username, password and tokens")
            return None
        self.keys(value, _ACCOUNT_KEYS, pointer)
        username = self.text(value, "username", (*pointer, "username"))
        if username is None:
            if value.get("username") is None:
                self.report(pointer, f"accounts.{role}.username is missing")
            return None
        password = self.secret(value, "password", (*pointer, "password"))
        if ":" in username and password is not None:
            self.report(
                (*pointer, "username"), "has a colon, and no Basic login can (RFC 7617, section 2)"
            )
        return Account(
            role=role,
            username=username,
            password=password,
            tokens=self.tokens(value.get("tokens"), (*pointer, "tokens")),
            gravatar_email=self.text(value, "gravatar_email", (*pointer, "gravatar_email")),
            expired_token=self.token(value, "expired_token", pointer),
            revoked_token=self.token(value, "revoked_token", pointer),
            disposable=self.boolean(value, "disposable", (*pointer, "disposable"), default=False),
            variables=self.names(role),
        )

    def names(self, role: str) -> dict[str | Scopes, str]:
        """Return the variables of an account's secrets, by key or scopes."""
        found: dict[str | Scopes, str] = {frozenset(self.scopes): f"{role.upper()}_ALL"}
        for pointer, name in self.variables.items():
            match pointer:
                case ("accounts", of, "tokens", str(key)) if of == role:
                    found[frozenset(key.split())] = name
                case ("accounts", of, str(key)) if of == role:
                    found[key] = name
        return found

    def tokens(self, value: Any, pointer: Pointer) -> dict[Scopes, str]:
        if value is None:
            return {}
        if not isinstance(value, dict):
            self.report(pointer, "must be a mapping of scopes (space-separated) to tokens")
            return {}
        tokens: dict[Scopes, str] = {}
        for key in value:
            scopes = frozenset(key.split())
            for unknown in sorted(scopes - set(self.scopes)):
                known = ", ".join(sorted(self.scopes))
                self.report((*pointer, key), f"{unknown!r} is no scope of the contract ({known})")
            if scopes in tokens:
                self.report((*pointer, key), "these scopes have a token already")
            token = self.token(value, key, pointer)
            if token is not None:
                tokens[scopes] = token
        return tokens

    def token(self, data: Mapping[str, Any], key: str, pointer: Pointer) -> str | None:
        token = self.secret(data, key, (*pointer, key))
        if token is not None and not (token.isascii() and token.isprintable() and " " not in token):
            self.report((*pointer, key), "is no token: it must be printable ASCII without spaces")
            return None
        return token


def _is_latin(text: str) -> bool:
    return all(character <= "\xff" for character in text)
