"""The target file: YAML with ${ENV} in it, read with errors as file:line:col that name the fix."""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from accounts_contract import Document, DocumentError, Finding, read_document
from conformance.target import values
from conformance.target.redaction import Redactor
from conformance.target.target import ROLES, Account, Scopes, Target

_VARIABLE = re.compile(r"\$(\$)?\{([^}]*)(\}?)")
_FIELD_NAME = re.compile(r"[!#$%&'*+.^_`|~0-9A-Za-z-]+")
_OURS = frozenset({"authorization", "host", "content-type", "content-length", "transfer-encoding"})
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
    reader = _Reader(document, path, scopes, os.environ if environ is None else environ)
    data = reader.expand(document.data, ())
    if not isinstance(data, dict):
        message = "must be a mapping with base_url and accounts; `conformance init` writes one"
        raise DocumentError([document.finding((), message)])
    target = reader.target(data, base_url)
    if reader.findings:
        raise DocumentError(reader.findings)
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


class _Reader:
    """A reader of one document, with its findings."""

    def __init__(
        self,
        document: Document,
        path: Path,
        scopes: Collection[str],
        environ: Mapping[str, str],
    ) -> None:
        self.document = document
        self.path = path
        self.scopes = scopes
        self.environ = environ
        self.findings: list[Finding] = []
        self.redact = Redactor()
        self.variables: dict[Pointer, str] = {}
        """The variables that are whole values."""

    def report(self, pointer: Pointer, message: str) -> None:
        self.findings.append(self.document.finding(pointer, message))

    def target(self, data: dict[str, Any], base_url: str | None) -> Target:
        if base_url is not None:
            data["base_url"] = self.checked((), values.base_url_given, base_url)
        elif "base_url" not in data:
            self.report((), "base_url is missing; add: base_url: https://staging.example.com")
        if data.get("accounts") is None:
            self.report(("accounts",), "accounts must be a mapping with owner and other")
        table: dict[str, Callable[[Any], Any]] = {
            "base_url": values.base_url,
            "headers": self.headers,
            "tls": self.tls,
            "timeout": values.timeout,
            "rate_limit": values.rate_limit,
            "consistency": values.consistency,
            "wrong_logins": values.whole(1, 1000),
            "connections": values.whole(1, values.MOST_CONNECTIONS),
            "email_domain": values.email_domain,
            "accounts": self.accounts,
            "token_command": values.token_command,
            "unknown_username": values.text,
        }
        found = self.members((), data, table)
        accounts = found.pop("accounts", {})
        names = [account.username for account in accounts.values()]
        if found.get("unknown_username") in names:
            message = "is the username of one of the accounts; choose a name that does not exist"
            self.report(("unknown_username",), message)
        headers = found.get("headers", {})
        variables = {
            name: self.variables.get(("headers", name), name.replace("-", "_").upper())
            for name in headers
        }
        return Target(
            file=self.path,
            owner=accounts.get("owner", Account("owner", "")),
            other=accounts.get("other"),
            header_variables=variables,
            redact=self.redact,
            **{"base_url": "", **found.pop("tls", {}), **found},
        )

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

    def members(
        self,
        pointer: Pointer,
        data: Mapping[str, Any],
        table: Mapping[str, Callable[[Any], Any]],
    ) -> dict[str, Any]:
        """Read the members of a mapping, each as a table has it; leave out what is not there or of no use."""
        found = {}
        for key, value in data.items():
            if key not in table:
                close = difflib.get_close_matches(key, table, 1)
                hint = f"did you mean {close[0]}?" if close else f"known: {', '.join(table)}"
                self.report((*pointer, key), f"unknown key {key!r}; {hint}")
            elif value is not None:
                read = self.checked((*pointer, key), table[key], value)
                if read is not None:
                    found[key] = read
        return found

    def mapping(self, pointer: Pointer, value: Any, what: str) -> dict[str, Any]:
        """Return a mapping; an empty one in the place of anything else."""
        if isinstance(value, dict):
            return value
        self.report(pointer, f"must be a mapping {what}")
        return {}

    def checked(self, pointer: Pointer, read: Callable[..., _Value], *values: Any) -> _Value | None:
        """Read a value; report the error of its reader, and return None."""
        try:
            return read(*values)
        except ValueError as error:
            self.report(pointer, str(error))
            return None

    def secret(self, value: Any) -> str:
        """Read a secret, which is hidden from now on."""
        text = values.text(value)
        self.redact.add(text)
        return values.without_line_break(text)

    def token(self, value: Any) -> str:
        """Read a token."""
        return values.token(self.secret(value))

    def headers(self, value: Any) -> dict[str, str]:
        headers = {}
        for name, text in self.mapping(("headers",), value, "of names to values").items():
            pointer = ("headers", name)
            line = self.checked(pointer, values.header, text)
            if not _FIELD_NAME.fullmatch(name):
                self.report(pointer, f"{name!r} is no name of a header")
            elif name.lower() in _OURS:
                self.report(pointer, f"{name} is set by the suite itself; remove it")
            elif line is not None:
                headers[name] = line
                self.redact.add(line)
        return headers

    def tls(self, value: Any) -> dict[str, Any]:
        """Read the settings of TLS; return them as the fields of Target."""
        pem = partial(values.pem, self.path.parent)
        table: dict[str, Callable[[Any], Any]] = {
            "ca_bundle": lambda one: values.ca_bundle(pem(one)),
            "client_cert": pem,
            "client_key": pem,
            "verify": values.boolean,
        }
        data = self.mapping(("tls",), value, f"with {' and '.join(table)}")
        found = self.members(("tls",), data, table)
        cert, key = found.get("client_cert"), found.get("client_key")
        if cert is not None:
            self.checked(("tls", "client_cert"), values.client_cert, cert, key)
        elif key is not None:
            self.report(("tls", "client_key"), "is of no use without client_cert; name that too")
        return {"verify_tls": found.pop("verify", True), **found}

    def accounts(self, value: Any) -> dict[str, Account]:
        pointer = ("accounts",)
        data = self.mapping(pointer, value, "with owner and other")
        if data and "owner" not in data:
            self.report(pointer, "accounts.owner is missing: the account that is tested")
        found = self.members(pointer, data, {role: partial(self.account, role) for role in ROLES})
        if len({account.username for account in found.values()}) < len(found):
            self.report(("accounts", "other", "username"), "must be another user than the owner")
        return found

    def account(self, role: str, value: Any) -> Account | None:
        pointer = ("accounts", role)
        table: dict[str, Callable[[Any], Any]] = {
            "username": values.text,
            "password": self.secret,
            "disposable": values.boolean,
            "gravatar_email": values.text,
            "expired_token": self.token,
            "revoked_token": self.token,
            "tokens": partial(self.tokens, (*pointer, "tokens")),
        }
        data = self.mapping(pointer, value, "with username, password and tokens")
        found = self.members(pointer, data, table)
        if "username" not in found:
            if data and data.get("username") is None:
                self.report(pointer, f"accounts.{role}.username is missing")
            return None
        if ":" in found["username"] and "password" in found:
            message = "has a colon, and no Basic login can (RFC 7617, section 2)"
            self.report((*pointer, "username"), message)
        return Account(role, variables=self.names(role), **found)

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

    def tokens(self, pointer: Pointer, value: Any) -> dict[Scopes, str]:
        data = self.mapping(pointer, value, "of scopes (space-separated) to tokens")
        tokens: dict[Scopes, str] = {}
        for key, token in self.members(pointer, data, dict.fromkeys(data, self.token)).items():
            scopes = frozenset(key.split())
            for unknown in sorted(scopes - set(self.scopes)):
                known = ", ".join(sorted(self.scopes))
                self.report((*pointer, key), f"{unknown!r} is no scope of the contract ({known})")
            if scopes in tokens:
                self.report((*pointer, key), "these scopes have a token already")
            tokens[scopes] = token
        return tokens
