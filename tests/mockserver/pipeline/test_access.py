"""Access: credentials, scopes and ownership, on all operations."""

from __future__ import annotations

import base64
import re
import unicodedata
from typing import Literal
from urllib.parse import quote

import pytest

from tests.mockserver.sandboxed import Sandboxed
from tests.support import (
    BY_ID,
    FIXTURES,
    JANE,
    JOHN,
    JOHNS,
    OPERATIONS,
    SCOPES,
    Json,
    MockServer,
    Operation,
    account,
    basic,
    bearer,
    call,
    head,
    named,
    problem,
)

every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=named)

GET_USER = BY_ID["get_user"]
TOKENS: dict[str, Json] = {one["token"]: one for one in FIXTURES["tokens"]}
LOGIN = base64.b64encode(b"johndoe:johndoe-password").decode()
MALFORMED = [
    *("", "null", "johndoe-all", "Token johndoe-all", 'Digest username="johndoe", nonce="1"'),
    *("Basic", "Basic johndoe-all", "Basic johndoe:johndoe-password", f"Basic {LOGIN}A"),
    f"Basic {base64.b64encode(b'johndoe').decode()}",  # no colon
    f"Basic {base64.urlsafe_b64encode(b'>>>???:>>>???').decode()}",
    *(f"Basic {LOGIN[:8]}{one}{LOGIN[8:]}" for one in "! "),
    *("Bearer", 'Bearer "johndoe-all"', "Bearer johndoe-all johndoe-all", f"Bearer {LOGIN}"),
    *("Bearer=johndoe-all", "Bearer: johndoe-all", "Bearer token=johndoe-all"),
    *("Bearer johndoe-all\xff", "Bearerjohndoe-all"),
]


# Passwords and tokens that are nearly right.
JOHNS_WRONG = ("wrong", "", "JOHNDOE-PASSWORD", "johndoe-password ", "johndoe-passwor", "a\0b")
OTHERS_WRONG = ("JohnDoe", "nobody", "", "username", "janedoe")
UNKNOWN = ("nobody-all", "johndoe-al", "JOHNDOE-ALL", "johndoe-password", "x")
WRONG = [
    *(("credentials-wrong", basic("johndoe", password)) for password in JOHNS_WRONG),
    *(("credentials-wrong", basic(name, "johndoe-password")) for name in OTHERS_WRONG),
    *(("token-unknown", bearer(token)) for token in UNKNOWN),
]


@pytest.mark.parametrize("authorization", MALFORMED)
def test_malformed_credentials_are_refused(server: MockServer, authorization: str) -> None:
    reply = server.raw(head("GET", JOHNS, f"Authorization: {authorization}"))
    problem(reply, 401)
    assert "www-authenticate" in reply.headers


@pytest.mark.parametrize(("code", "authorization"), WRONG)
def test_wrong_credentials_are_refused(server: MockServer, code: str, authorization: str) -> None:
    problem(call(server, GET_USER, authorization), 401, code)


@every_operation
@pytest.mark.parametrize("authorization", [None, JOHN, JANE, *map(bearer, TOKENS)])
def test_each_login_opens_what_it_may(
    server: MockServer, operation: Operation, authorization: str | None
) -> None:
    facts = TOKENS.get((authorization or "").removeprefix("Bearer "), {"scopes": SCOPES})
    owner = facts.get("username", "janedoe" if authorization == JANE else "johndoe")
    before = server.state()
    answer = call(server, operation, authorization)
    if authorization is None:
        problem(answer, 401, "credentials-missing")
    elif facts.get("revoked"):
        problem(answer, 401, "token-revoked")
    elif "expires_at" in facts:
        problem(answer, 401, "token-expired")
    elif owner != "johndoe":
        problem(answer, 403, "not-the-owner")
    elif operation.scope not in facts["scopes"]:
        problem(answer, 403, "scope-missing")
    else:
        assert answer.status_code == operation.success
        return
    assert server.state() == before


def test_the_scheme_is_read_without_regard_to_case_and_to_spaces_after_it(
    server: MockServer,
) -> None:
    tokens = [f"{scheme} johndoe-all" for scheme in ("bearer", "BEARER", "Bearer  ")]
    for authorization in (JOHN.replace("Basic", "bAsIc"), *tokens):
        assert call(server, GET_USER, authorization).status_code == 200


@pytest.mark.parametrize(
    "fields",
    [
        ("Bearer johndoe-all", "Bearer johndoe-all"),
        ("Bearer janedoe-all", "Bearer johndoe-all"),
        ("Bearer johndoe-all", JANE),
        (JOHN, JOHN),
        ("", JOHN),
    ],
)
def test_more_than_one_authorization_is_refused(
    server: MockServer, fields: tuple[str, ...]
) -> None:
    lines = [f"Authorization: {field}" for field in fields]
    problem(server.raw(head("GET", JOHNS, *lines)), 401)


def test_a_token_in_the_query_is_not_looked_at(server: MockServer) -> None:
    answer = server.send("GET", f"{JOHNS}?access_token=johndoe-all&token=johndoe-all")
    problem(answer, 401, "credentials-missing")


def test_a_name_with_quotes_is_told_in_a_challenge_that_can_be_read(server: MockServer) -> None:
    sandbox = Sandboxed(server)
    emails = [{"email": "q@example.com", "primary": True}]
    quoted = {"username": 'a"b\\', "password": "p", "is_active": False, "emails": emails}
    token = {"token": "quoted", "username": quoted["username"], "scopes": []}
    sandbox.control("PUT", "state", {"accounts": [quoted], "tokens": [token]})
    answer = sandbox.send("GET", JOHNS, bearer("quoted"))
    problem(answer, 401, "account-inactive")
    told = challenges(answer.headers["www-authenticate"])["Bearer"]["error_description"]
    assert told.startswith("the account a'b? is not active")


def test_an_inactive_account_is_refused_a_wrong_password_as_everybody_is(
    server: MockServer,
) -> None:
    answer = call(server, GET_USER, basic("inactive", "wrong"), "inactive")
    problem(answer, 401, "credentials-wrong")


@pytest.mark.parametrize(
    ("change", "code"),
    [({"password": "another"}, "credentials-wrong"), ({"is_active": False}, "account-inactive")],
)
def test_a_login_that_was_good_is_refused_after_a_change_where_it_was_changed(
    server: MockServer, change: Json, code: str
) -> None:
    one, other = Sandboxed(server), Sandboxed(server)
    for sandbox in (one, other):
        assert sandbox.send("GET", JOHNS, JOHN).status_code == 200
    state = one.state()
    john = next(one for one in state["accounts"] if one["username"] == "johndoe")
    john.update(change)
    one.control("PUT", "state", state)
    problem(one.send("GET", JOHNS, JOHN), 401, code)
    assert other.send("GET", JOHNS, JOHN).status_code == 200


PASSWORD = "pä:ss:wörd ñ"


@pytest.mark.parametrize(
    ("login", "status"),
    [
        (basic("zoë", PASSWORD), 200),
        (basic("zoë", PASSWORD, "iso-8859-1"), 200),
        (basic(*(unicodedata.normalize("NFD", text) for text in ("zoë", PASSWORD))), 200),
        *((basic("zoë", text), 401) for text in ("pä", "pä:ss", "pa:ss:word n", PASSWORD.upper())),
    ],
)
def test_a_password_may_have_colons_and_letters_beyond_ascii_and_is_compared_whole(
    sandbox: Sandboxed, login: str, status: int
) -> None:
    zoe = account("zoë", "zoe@example.com", password=PASSWORD)
    sandbox.control("PUT", "state", {"accounts": [zoe]})
    assert sandbox.send("GET", "/api/v1.1/users/zo%C3%AB/", login).status_code == status


@pytest.mark.parametrize(("written", "typed"), [("NFC", "NFD"), ("NFD", "NFC")])
def test_a_name_is_the_same_in_whichever_unicode_form_it_is_written(
    server: MockServer, written: Literal["NFC", "NFD"], typed: Literal["NFC", "NFD"]
) -> None:
    stored, sent = (unicodedata.normalize(form, "zoë@home") for form in (written, typed))
    token = {"token": "t", "username": sent, "scopes": ["profile_read"]}
    accounts = [account(stored, "zoe@example.com", password="p")]
    server.put_state({"accounts": accounts, "tokens": [token]})
    path = f"/api/v1.1/users/{quote(sent)}/"
    for login in (basic(sent, "p"), "Bearer t"):
        user = server.send("GET", path, login).json()
        assert user["username"] == "zoë@home"
        assert user["url"] == "https://www.docker.io/api/v1.1/users/zo%C3%AB%40home/"
    server.send("POST", "/_mock/faults", json={"username": sent, "code": 503})
    assert server.send("GET", path, "Bearer t").status_code == 503
    assert server.mint(sent, ["profile_read"])
    called = {"requests": [{"username": sent, "times": 3}]}
    assert server.send("POST", "/_mock/requests/verify", json=called).status_code == 200


def challenges(value: str) -> dict[str, dict[str, str]]:
    """The challenges of a `WWW-Authenticate`, by scheme, with their parameters."""
    found: dict[str, dict[str, str]] = {}
    for scheme, parameters in re.findall(r'(\w+) ((?:\w+="[^"]*"(?:, (?=\w+="))?)+)', value):
        found[scheme] = dict(re.findall(r'(\w+)="([^"]*)"', parameters))
    return found


@pytest.mark.parametrize(
    ("authorization", "error"),
    [
        (None, None),
        (basic("johndoe", "wrong"), None),
        *((bearer(f"johndoe-{kind}"), "invalid_token") for kind in ("x", "expired", "revoked")),
    ],
)
def test_a_401_has_both_challenges_and_tells_of_a_token_that_it_is_no_good(
    server: MockServer, authorization: str | None, error: str | None
) -> None:
    asked = challenges(call(server, GET_USER, authorization).headers["www-authenticate"])
    assert set(asked) == {"Basic", "Bearer"}
    assert asked["Basic"]["realm"]
    assert asked["Basic"]["charset"] == "UTF-8"
    # RFC 6750, section 3.1: no error code where no token was sent.
    assert asked["Bearer"].get("error") == error


@every_operation
def test_a_missing_scope_is_named_in_the_challenge(
    server: MockServer, operation: Operation
) -> None:
    answer = call(server, operation, bearer("johndoe-none"))
    asked = challenges(answer.headers["www-authenticate"])
    assert asked["Bearer"]["error"] == "insufficient_scope"
    assert asked["Bearer"]["scope"] == operation.scope
    assert operation.scope in problem(answer, 403)["detail"]
