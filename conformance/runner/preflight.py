"""The trial of the logins: each one of the target file, before anything is judged."""

from __future__ import annotations

from collections.abc import Iterable

from conformance.account.restorer import ascii_body
from conformance.catalogue.requirements import packaged_contract
from conformance.checks.support.operations import DESCRIPTIONS
from conformance.target.credentials import NOBODY, Credentials, logins_of
from conformance.wire.client import Client
from conformance.wire.exchange import Exchange
from conformance.wire.transport import TransportError


def try_reading(client: Client) -> list[Exchange]:
    """Send each reading operation with each login of its account, and without one. Raises TransportError.

    At least one account has a login.
    """
    accounts, operations = client.target.accounts, packaged_contract().operations
    logins = [(account.username, login) for account in accounts for login in logins_of(account)]
    calls = [
        client.prepare(operations[name], username, login)
        for username, login in [(logins[0][0], NOBODY), *logins]
        for name in DESCRIPTIONS.reads.values()
    ]
    return client.send_together(calls, client.target.connections)


def silent_logins(exchanges: Iterable[Exchange]) -> list[Credentials]:
    """Return the logins that were refused with 401 by all requests that they were sent with."""
    tried = [one for one in exchanges if one.credentials.key]
    working = {one.credentials.key for one in tried if one.status != 401}
    silent = {one.credentials.key: one.credentials for one in tried}
    return [login for key, login in silent.items() if key not in working]


def try_writing(client: Client, silent: Iterable[Credentials]) -> list[Credentials]:
    """Find those of the refused logins that the writing operations refuse with 401 as well.

    The bodies that are sent are invalid: an operation that lets the login in refuses them.
    """
    usernames = {account.role: account.username for account in client.target.accounts}
    refused = [
        (operation, ascii_body(DESCRIPTIONS.part(name, "refused")))
        for name, operation in packaged_contract().operations.items()
        if operation.body is not None
    ]

    def is_refused(login: Credentials) -> bool:
        for operation, body in refused:
            try:
                if client.call(operation, usernames[login.role], login, body).status != 401:
                    return False
            except TransportError:
                continue
        return True

    return [login for login in silent if is_refused(login)]
