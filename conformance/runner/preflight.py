"""The trial of the logins: each one of the target file, before anything is judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from accounts_contract import Operation
from conformance.account.restorer import ascii_body
from conformance.checks.support.descriptions import Descriptions
from conformance.target.credentials import NOBODY, Credentials, logins_of
from conformance.target.target import Account
from conformance.wire.client import Client
from conformance.wire.exchange import Exchange
from conformance.wire.transport import TransportError


def try_reading(
    client: Client,
    operations: Mapping[str, Operation],
    accounts: Iterable[Account],
    reads: Sequence[str],
    connections: int,
) -> list[Exchange]:
    """Send each reading operation with each login of its account, and without one. Raises TransportError.

    Args:
        client: The client.
        operations: All operations, by their names.
        accounts: At least one of them has a login.
        reads: The names of the reading operations.
        connections: The most requests that may be on their way at once.
    """
    logins = [(account.username, login) for account in accounts for login in logins_of(account)]
    username = logins[0][0]
    calls = [
        client.prepare(operations[name], name_, login)
        for name_, login in [(username, NOBODY), *logins]
        for name in reads
    ]
    return client.send_together(calls, connections)


def silent_logins(exchanges: Iterable[Exchange]) -> list[Credentials]:
    """Return the logins that were refused with 401 by all requests that they were sent with."""
    answers: dict[str, list[int]] = {}
    logins = {}
    for one in exchanges:
        if one.credentials.key:
            logins[one.credentials.key] = one.credentials
            answers.setdefault(one.credentials.key, []).append(one.status)
    return [login for key, login in logins.items() if set(answers[key]) == {401}]


def try_writing(
    client: Client,
    operations: Mapping[str, Operation],
    accounts: Iterable[Account],
    silent: Iterable[Credentials],
    descriptions: Descriptions,
) -> list[Credentials]:
    """Find those of the refused logins that the writing operations refuse with 401 as well.

    The bodies that are sent are invalid: an operation that lets the login in refuses them.
    """
    usernames = {account.role: account.username for account in accounts}

    def is_refused(login: Credentials, name: str, body: object) -> bool:
        try:
            answer = client.call(operations[name], usernames[login.role], login, ascii_body(body))
        except TransportError:
            return True
        return answer.status == 401

    refused = {
        name: descriptions.part(name, "refused")
        for name, operation in operations.items()
        if operation.body is not None
    }
    return [
        login
        for login in silent
        if all(is_refused(login, name, body) for name, body in refused.items())
    ]


def explain_dead(login: Credentials, base_url: str) -> str:
    """Explain that a login never works, with the fix."""
    hint = f"; {login.hint}" if login.hint else ""
    return (
        f"{login.key} does not work: {base_url} answers 401 to it on every operation; "
        f"renew it in the target file{hint}"
    )
