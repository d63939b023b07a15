"""The operations, and an error of each, by the client that openapi-python-client made from the contract.

`run.py` makes the client, the package `accounts_client`, starts the server, whose address stands in BASE_URL, and
has pytest run these: in their order, as the later ones build on what the earlier ones left.
"""

from __future__ import annotations

import base64
import datetime
import os
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
FORM = "jane.doe+form@example.com"
MULTIPART = "jane.doe+multipart@example.com"


def bearer(token: str, prefix: str = "Bearer") -> AuthenticatedClient:
    """Return a client that logs in with a token."""
    return AuthenticatedClient(
        BASE_URL, token=token, prefix=prefix, raise_on_unexpected_status=True
    )


# The token that the API's own documentation uses: email_read and email_write.
DOCUMENTED = bearer("zAy0BxC1wDv2EuF3tGs4HrI6qJp6KoL7nM")
READER = bearer("janedoe-profile_read")
ALL = bearer("janedoe-all")
LOGIN = bearer(base64.b64encode(b"janedoe:janedoe-password").decode(), "Basic")


def refused(answer: Response[Any], status: int, code: str) -> Problem:
    """Return the problem in an answer, which must have this status and code."""
    assert answer.status_code == status
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert isinstance(answer.parsed, Problem)
    assert (answer.parsed.code, answer.parsed.status) == (code, status)
    return answer.parsed


def addresses() -> Any:
    """Read all addresses of janedoe."""
    answer = list_emails.sync_detailed("janedoe", client=DOCUMENTED)
    assert answer.status_code == 200
    return answer.parsed


def test_get_user_gives_the_documented_user() -> None:
    answer = get_user.sync_detailed("janedoe", client=READER)
    assert answer.status_code == 200
    user = answer.parsed
    assert len(user.to_dict()) == 12
    assert (user.id, user.full_name, user.email) == (2, "Jane Doe", PRIMARY)
    assert user.date_joined == datetime.datetime(
        2014, 2, 12, 17, 58, 1, 431312, tzinfo=datetime.UTC
    )
    assert user.is_active is True


def test_get_user_needs_credentials() -> None:
    anonymous = Client(BASE_URL, raise_on_unexpected_status=True)
    answer = get_user.sync_detailed("janedoe", client=anonymous)
    refused(answer, 401, "credentials-missing")
    challenge = answer.headers["WWW-Authenticate"]
    assert "Basic realm=" in challenge
    assert "Bearer realm=" in challenge


def test_update_user_sets_what_was_sent_and_keeps_the_rest() -> None:
    body = UserUpdate(location="Île privée", company="Retired")
    answer = update_user.sync_detailed("janedoe", client=LOGIN, body=body)
    assert answer.status_code == 200
    user = answer.parsed
    assert (user.location, user.company, user.full_name) == ("Île privée", "Retired", "Jane Doe")
    assert get_user.sync("janedoe", client=ALL) == user


def test_update_user_knows_no_other_username() -> None:
    body = UserUpdate(company="None")
    answer = update_user.sync_detailed("nobody-of-that-name", client=ALL, body=body)
    refused(answer, 404, "user-unknown")


def test_list_emails_gives_the_primary_address() -> None:
    assert addresses() == [Email(email=PRIMARY, verified=True, primary=True)]


def test_list_emails_needs_its_scope() -> None:
    answer = list_emails.sync_detailed("janedoe", client=READER)
    refused(answer, 403, "scope-missing")


def test_add_email_takes_json_and_both_forms() -> None:
    bodies: list[Any] = [
        NewEmail(email=OTHER),
        NewEmailForm(email=FORM),
        NewEmailMultipart(email=MULTIPART),
    ]
    for body in bodies:
        answer = add_email.sync_detailed("janedoe", client=DOCUMENTED, body=body)
        assert answer.status_code == 201
        assert answer.parsed == Email(email=body.email, verified=False, primary=False)
    assert len(addresses()) == 4


def test_add_email_refuses_an_address_without_an_at_sign() -> None:
    answer = add_email.sync_detailed("janedoe", client=DOCUMENTED, body=NewEmail(email="jane.doe"))
    problem = refused(answer, 400, "body-invalid")
    assert [error.pointer for error in problem.errors] == ["/email"]


def test_update_email_takes_json_and_a_form() -> None:
    bodies: list[Any] = [
        EmailUpdate(email=OTHER, verified=True),
        EmailUpdateForm(email=FORM, verified=True),
    ]
    for body in bodies:
        answer = update_email.sync_detailed("janedoe", client=DOCUMENTED, body=body)
        assert answer.status_code == 200
        assert answer.parsed == Email(email=body.email, verified=True, primary=False)


def test_update_email_takes_no_verification_back() -> None:
    body = EmailUpdate(email=OTHER, verified=False)
    answer = update_email.sync_detailed("janedoe", client=DOCUMENTED, body=body)
    problem = refused(answer, 400, "body-invalid")
    assert [error.pointer for error in problem.errors] == ["/verified"]


def test_delete_email_removes_that_address_and_no_other() -> None:
    answer = delete_email.sync_detailed("janedoe", client=LOGIN, body=EmailRemoval(email=OTHER))
    assert (answer.status_code, answer.content) == (204, b"")
    assert sorted(one.email for one in addresses()) == [FORM, MULTIPART, PRIMARY]


def test_delete_email_keeps_the_primary_address() -> None:
    answer = delete_email.sync_detailed("janedoe", client=LOGIN, body=EmailRemoval(email=PRIMARY))
    refused(answer, 400, "primary-email")
