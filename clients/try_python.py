"""The operations, and an error of each, by the client that openapi-python-client made from the contract.

The server's address stands in BASE_URL; `run.py` makes the client, the package `accounts_client`, and
starts the server.
"""

from __future__ import annotations

import base64
import datetime
import os
from collections.abc import Callable
from typing import Any

from accounts_client import AuthenticatedClient, Client
from accounts_client.api.emails import add_email, delete_email, list_emails, update_email
from accounts_client.api.users import get_user, update_user
from accounts_client.models import (
    Email,
    EmailRemoval,
    EmailUpdate,
    EmailUpdateForm,
    NewEmail,
    NewEmailForm,
    NewEmailMultipart,
    Problem,
    UserUpdate,
)
from accounts_client.types import Response

BASE_URL = os.environ["BASE_URL"]
PRIMARY = "jane.doe@example.com"
OTHER = "jane.doe+other@example.com"


def bearer(token: str) -> AuthenticatedClient:
    """Return a client that logs in with a token."""
    return AuthenticatedClient(BASE_URL, token=token, raise_on_unexpected_status=True)


def basic(name: str, password: str) -> AuthenticatedClient:
    """Return a client that logs in by HTTP Basic."""
    login = base64.b64encode(f"{name}:{password}".encode()).decode()
    return AuthenticatedClient(
        BASE_URL, token=login, prefix="Basic", raise_on_unexpected_status=True
    )


def expect(what: str, actual: object, expected: object) -> None:
    """Fail unless the two are equal."""
    if actual != expected:
        raise SystemExit(f"{what}\n  expected: {expected!r}\n  actual:   {actual!r}")


def refused(answer: Response[Any], status: int, code: str) -> Problem:
    """Return the problem in an answer, which must have this status and code."""
    expect("the status", answer.status_code, status)
    expect("the media type", answer.headers["Content-Type"], "application/problem+json")
    problem = answer.parsed
    if not isinstance(problem, Problem):
        raise SystemExit(f"the body should be a Problem, and is {problem!r}")
    expect("the code", problem.code, code)
    expect("the status in the body", problem.status, status)
    return problem


def email(address: str, *, verified: bool = False, primary: bool = False) -> Email:
    """Return an address as the server should answer with it."""
    return Email(email=address, verified=verified, primary=primary)


# The token that the API's own documentation uses: email_read and email_write.
DOCUMENTED = bearer("zAy0BxC1wDv2EuF3tGs4HrI6qJp6KoL7nM")
READER = bearer("janedoe-profile_read")
ALL = bearer("janedoe-all")
LOGIN = basic("janedoe", "janedoe-password")


def addresses() -> Any:
    """Read all addresses of janedoe."""
    answer = list_emails.sync_detailed("janedoe", client=DOCUMENTED)
    expect("the status", answer.status_code, 200)
    return answer.parsed


def get_user_succeeds() -> None:
    """Try get_user: 200, the documented user."""
    answer = get_user.sync_detailed("janedoe", client=READER)
    expect("the status", answer.status_code, 200)
    user = answer.parsed
    joined = datetime.datetime(2014, 2, 12, 17, 58, 1, 431312, tzinfo=datetime.UTC)
    expect("the number of members", len(user.to_dict()), 12)
    expect("id", user.id, 2)
    expect("full_name", user.full_name, "Jane Doe")
    expect("date_joined", user.date_joined, joined)
    expect("email", user.email, PRIMARY)
    expect("is_active", user.is_active, expected=True)


def get_user_fails() -> None:
    """Try get_user: 401 without credentials."""
    anonymous = Client(BASE_URL, raise_on_unexpected_status=True)
    answer = get_user.sync_detailed("janedoe", client=anonymous)
    refused(answer, 401, "credentials-missing")
    challenge = answer.headers["WWW-Authenticate"]
    named = [scheme for scheme in ("Basic realm=", "Bearer realm=") if scheme in challenge]
    expect("the challenges", named, ["Basic realm=", "Bearer realm="])


def update_user_succeeds() -> None:
    """Try update_user: 200, sets the members that were sent and keeps the rest."""
    body = UserUpdate(location="Île privée", company="Retired")
    answer = update_user.sync_detailed("janedoe", client=LOGIN, body=body)
    expect("the status", answer.status_code, 200)
    expect("location", answer.parsed.location, "Île privée")
    expect("company", answer.parsed.company, "Retired")
    expect("full_name", answer.parsed.full_name, "Jane Doe")
    expect("the stored user", get_user.sync("janedoe", client=ALL), answer.parsed)


def update_user_fails() -> None:
    """Try update_user: 404 for an unknown username."""
    answer = update_user.sync_detailed(
        "nobody-of-that-name", client=ALL, body=UserUpdate(company="None")
    )
    refused(answer, 404, "user-unknown")


def list_emails_succeeds() -> None:
    """Try list_emails: 200, the primary address."""
    expect("the addresses", addresses(), [email(PRIMARY, verified=True, primary=True)])


def list_emails_fails() -> None:
    """Try list_emails: 403 for a token without email_read."""
    answer = list_emails.sync_detailed("janedoe", client=READER)
    refused(answer, 403, "scope-missing")


def add_email_succeeds() -> None:
    """Try add_email: 201 for JSON, a URL-encoded and a multipart form."""
    bodies: list[Any] = [
        NewEmail(email=OTHER),
        NewEmailForm(email="jane.doe+form@example.com"),
        NewEmailMultipart(email="jane.doe+multipart@example.com"),
    ]
    for body in bodies:
        answer = add_email.sync_detailed("janedoe", client=DOCUMENTED, body=body)
        expect("the status", answer.status_code, 201)
        expect("the answer", answer.parsed, email(body.email))
    expect("the number of addresses", len(addresses()), 4)


def add_email_fails() -> None:
    """Try add_email: 400 for an address without an @."""
    answer = add_email.sync_detailed("janedoe", client=DOCUMENTED, body=NewEmail(email="jane.doe"))
    problem = refused(answer, 400, "body-invalid")
    expect("the places", [error.pointer for error in problem.errors], ["/email"])


def update_email_succeeds() -> None:
    """Try update_email: 200 for JSON and a URL-encoded form."""
    body = EmailUpdate(email=OTHER, verified=True)
    answer = update_email.sync_detailed("janedoe", client=DOCUMENTED, body=body)
    expect("the status", answer.status_code, 200)
    expect("the answer", answer.parsed, email(OTHER, verified=True))
    form = EmailUpdateForm(email="jane.doe+form@example.com", verified=True)
    answer = update_email.sync_detailed("janedoe", client=DOCUMENTED, body=form)
    expect("the status for a form", answer.status_code, 200)
    expect("the answer to a form", answer.parsed, email(form.email, verified=True))


def update_email_fails() -> None:
    """Try update_email: 400 for taking a verification back."""
    body = EmailUpdate(email=OTHER, verified=False)
    answer = update_email.sync_detailed("janedoe", client=DOCUMENTED, body=body)
    problem = refused(answer, 400, "body-invalid")
    expect("the places", [error.pointer for error in problem.errors], ["/verified"])


def delete_email_succeeds() -> None:
    """Try delete_email: 204, the address is gone and no other."""
    answer = delete_email.sync_detailed("janedoe", client=LOGIN, body=EmailRemoval(email=OTHER))
    expect("the status", answer.status_code, 204)
    expect("the body", answer.content, b"")
    left = sorted(one.email for one in addresses())
    expect(
        "the addresses that are left",
        left,
        ["jane.doe+form@example.com", "jane.doe+multipart@example.com", PRIMARY],
    )


def delete_email_fails() -> None:
    """Try delete_email: 400 for the primary address."""
    answer = delete_email.sync_detailed("janedoe", client=LOGIN, body=EmailRemoval(email=PRIMARY))
    refused(answer, 400, "primary-email")


STEPS: list[Callable[[], None]] = [
    get_user_succeeds,
    get_user_fails,
    update_user_succeeds,
    update_user_fails,
    list_emails_succeeds,
    list_emails_fails,
    add_email_succeeds,
    add_email_fails,
    update_email_succeeds,
    update_email_fails,
    delete_email_succeeds,
    delete_email_fails,
]


def main() -> None:
    """Run the steps in their order: the later ones build on what the earlier ones left."""
    for step in STEPS:
        title = (step.__doc__ or "").removeprefix("Try ").rstrip(".")
        try:
            step()
        except BaseException:
            print(f"FAILED  {title}", flush=True)
            raise
        print(f"ok      {title}", flush=True)


if __name__ == "__main__":
    main()
