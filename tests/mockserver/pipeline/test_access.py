"""Access: credentials, scopes and ownership, on all operations."""

from __future__ import annotations

import base64
import re
import unicodedata
from collections.abc import Iterator
from itertools import combinations
from pathlib import Path
from typing import Literal
from urllib.parse import quote

import pytest

from tests.mockserver.sandboxed import Sandboxed
from tests.support import (
    FIXTURES,
    JANE,
    JOHN,
    OPERATIONS,
    SCOPES,
    Json,
    MockServer,
    Operation,
    basic,
    bearer,
    call,
    head,
    named,
    problem,
    write_yaml,
)
from tests.support.waiting import eventually

every_operation = pytest.mark.parametrize("operation", OPERATIONS, ids=named)

TOKENS: dict[str, Json] = {one["token"]: one for one in FIXTURES["tokens"]}
SUBSETS = [subset for size in range(5) for subset in combinations(SCOPES, size)]

LOGIN = base64.b64encode(b"johndoe:johndoe-password").decode()
MALFORMED = {
    "empty": "",
    "no scheme": "johndoe-all",
    "no scheme, Base64": LOGIN,
    "Basic alone": "Basic",
    "Basic and a space": "Basic ",
    "Basic with plain text": "Basic johndoe:johndoe-password",
    "Basic with no colon": f"Basic {base64.b64encode(b'johndoe').decode()}",
    "Basic with a character that is not Base64": f"Basic {LOGIN[:8]}!{LOGIN[8:]}",
    "Basic with a space within": f"Basic {LOGIN[:8]} {LOGIN[8:]}",
    "Basic in URL-safe Base64": f"Basic {base64.urlsafe_b64encode(b'>>>???:>>>???').decode()}",
    "Basic with a character too many": f"Basic {LOGIN}A",
    "Basic with a token": "Basic johndoe-all",
    "Basic with a comma": f"Basic {LOGIN},",
    "Bearer alone": "Bearer",
    "Bearer and a space": "Bearer ",
    "Bearer in quotes": 'Bearer "johndoe-all"',
    "Bearer with two tokens": "Bearer johndoe-all johndoe-all",
    "Bearer with a comma": "Bearer johndoe-all,",
    "Bearer with an equals sign": "Bearer=johndoe-all",
    "Bearer with a colon": "Bearer: johndoe-all",
    "Bearer with a parameter": "Bearer token=johndoe-all",
    "Bearer with a login": f"Bearer {LOGIN}",
    "Bearer beyond ASCII": "Bearer johndoe-all\xff",
    "Bearer without a space": "Bearerjohndoe-all",
    "another scheme": "Token johndoe-all",
    "Digest": 'Digest username="johndoe", realm="docker.io Accounts API", nonce="1", response="2"',
    "null": "null",
    "Bearer undefined": "Bearer undefined",
}


@every_operation
def test_a_request_without_credentials_is_refused(server: MockServer, operation: Operation) -> None:
    with server.unchanged():
        answer = call(server, operation, None)
    problem(answer, 401, "credentials-missing")


@every_operation
@pytest.mark.parametrize("authorization", MALFORMED.values(), ids=MALFORMED)
def test_malformed_credentials_are_refused(
    server: MockServer, operation: Operation, authorization: str
) -> None:
    with server.unchanged():
        request = head(
            operation.method,
            operation.path(),
            f"Authorization: {authorization}",
            "Content-Length: 0",
        )
        reply = server.raw(request)
    problem(reply, 401)
    assert "www-authenticate" in reply.headers


@every_operation
@pytest.mark.parametrize(
    ("name", "password"),
    [
        ("johndoe", "wrong"),
        ("johndoe", ""),
        ("johndoe", "JOHNDOE-PASSWORD"),
        ("johndoe", "johndoe-password "),
        ("johndoe", "johndoe-passwor"),
        ("johndoe", "janedoe-password"),
        ("johndoe", "johndoe-all"),
        ("JohnDoe", "johndoe-password"),
        ("nobody", "johndoe-password"),
        ("", "johndoe-password"),
        ("", ""),
        ("username", "janedoe-password"),
        ("johndoe", "pass\x00word"),
    ],
)
def test_a_wrong_login_is_refused(
    server: MockServer, operation: Operation, name: str, password: str
) -> None:
    with server.unchanged():
        answer = call(server, operation, basic(name, password))
    problem(answer, 401, "credentials-wrong")


@every_operation
@pytest.mark.parametrize(
    "token", ["nobody-all", "johndoe-al", "JOHNDOE-ALL", "johndoe-password", "x"]
)
def test_an_unknown_token_is_refused(server: MockServer, operation: Operation, token: str) -> None:
    with server.unchanged():
        answer = call(server, operation, bearer(token))
    problem(answer, 401, "token-unknown")


@every_operation
def test_basic_opens_every_operation_of_ones_own_account(
    server: MockServer, operation: Operation
) -> None:
    assert call(server, operation, JOHN).status_code == operation.success


@every_operation
@pytest.mark.parametrize("login", [JANE, basic("username", "password")])
def test_basic_opens_no_account_but_ones_own(
    server: MockServer, operation: Operation, login: str
) -> None:
    with server.unchanged():
        answer = call(server, operation, login)
    problem(answer, 403, "not-the-owner")


@every_operation
@pytest.mark.parametrize("token", TOKENS)
def test_each_token_of_the_fixtures_opens_what_its_scopes_say(
    server: MockServer, operation: Operation, token: str
) -> None:
    facts = TOKENS[token]
    before = server.state()
    answer = call(server, operation, bearer(token))
    if facts.get("revoked"):
        problem(answer, 401, "token-revoked")
    elif "expires_at" in facts:
        problem(answer, 401, "token-expired")
    elif facts["username"] != "johndoe":
        problem(answer, 403, "not-the-owner")
    elif operation.scope not in facts["scopes"]:
        problem(answer, 403, "scope-missing")
    else:
        assert answer.status_code == operation.success
        return
    assert server.state() == before


@pytest.mark.parametrize("scopes", SUBSETS, ids=lambda subset: " ".join(subset) or "none")
def test_a_token_opens_exactly_the_operations_whose_scope_it_has(
    server: MockServer, scopes: tuple[str, ...]
) -> None:
    token = server.mint("johndoe", scopes)
    for operation in OPERATIONS:
        answer = call(server, operation, bearer(token))
        expected = operation.success if operation.scope in scopes else 403
        assert answer.status_code == expected, operation.id


def test_the_order_of_scopes_in_a_token_does_not_matter(server: MockServer) -> None:
    token = server.mint("johndoe", list(reversed(SCOPES)))
    for operation in OPERATIONS:
        assert call(server, operation, bearer(token)).status_code == operation.success


@every_operation
@pytest.mark.parametrize(
    "authorization",
    [JOHN.replace("Basic", "bAsIc"), "bearer johndoe-all", "BEARER johndoe-all"],
)
def test_the_scheme_is_read_without_regard_to_case(
    server: MockServer, operation: Operation, authorization: str
) -> None:
    assert call(server, operation, authorization).status_code == operation.success


@every_operation
def test_several_spaces_after_the_scheme_do_no_harm(
    server: MockServer, operation: Operation
) -> None:
    assert call(server, operation, "Bearer   johndoe-all").status_code == operation.success


@every_operation
@pytest.mark.parametrize(
    "fields",
    [
        ("Bearer johndoe-all", "Bearer johndoe-all"),
        ("Bearer janedoe-all", "Bearer johndoe-all"),
        ("Bearer johndoe-all", JANE),
        (JOHN, "Bearer johndoe-all"),
        (JOHN, JOHN),
        ("", JOHN),
    ],
)
def test_more_than_one_authorization_is_refused(
    server: MockServer, operation: Operation, fields: tuple[str, ...]
) -> None:
    lines = [f"Authorization: {field}" for field in fields]
    with server.unchanged():
        reply = server.raw(head(operation.method, operation.path(), *lines, "Content-Length: 0"))
    problem(reply, 401)


@every_operation
@pytest.mark.parametrize("place", ["access_token=johndoe-all", "token=johndoe-all"])
def test_a_token_in_the_query_is_not_looked_at(
    server: MockServer, operation: Operation, place: str
) -> None:
    answer = server.send(operation.method, f"{operation.path()}?{place}", json=operation.body)
    problem(answer, 401, "credentials-missing")


@every_operation
@pytest.mark.parametrize(
    "authorization", [basic("inactive", "inactive-password"), "minted"], ids=["basic", "bearer"]
)
def test_an_inactive_account_is_refused_with_either_scheme(
    server: MockServer, operation: Operation, authorization: str
) -> None:
    if authorization == "minted":
        authorization = bearer(server.mint("inactive", SCOPES))
    with server.unchanged():
        answer = call(server, operation, authorization, "inactive")
    problem(answer, 401, "account-inactive")


def test_an_inactive_account_is_refused_a_wrong_password_as_everybody_is(
    server: MockServer,
) -> None:
    answer = call(server, OPERATIONS[0], basic("inactive", "wrong"), "inactive")
    problem(answer, 401, "credentials-wrong")


@every_operation
def test_a_token_is_good_until_it_is_revoked(server: MockServer, operation: Operation) -> None:
    token = server.mint("johndoe", [operation.scope])
    assert call(server, operation, bearer(token)).status_code == operation.success
    assert server.send("DELETE", f"/_mock/tokens/{token}").status_code == 204
    problem(call(server, operation, bearer(token)), 401, "token-revoked")


@every_operation
def test_a_token_of_no_lifetime_has_expired(server: MockServer, operation: Operation) -> None:
    token = server.mint("johndoe", [operation.scope], expires_in=0)
    problem(call(server, operation, bearer(token)), 401, "token-expired")


def test_a_token_that_was_good_is_refused_once_it_has_expired(server: MockServer) -> None:
    def status(token: str) -> int:
        return call(server, OPERATIONS[0], bearer(token)).status_code

    # On a busy machine, one may have expired before it is used.
    tokens = (server.mint("johndoe", ["profile_read"], expires_in=1) for _ in range(20))
    token = next(one for one in tokens if status(one) == 200)
    eventually(lambda: status(token) == 401)


@pytest.mark.parametrize(
    ("change", "code"),
    [({"password": "another"}, "credentials-wrong"), ({"is_active": False}, "account-inactive")],
)
def test_a_login_that_was_good_is_refused_after_a_change_where_it_was_changed(
    server: MockServer, change: Json, code: str
) -> None:
    one, other = Sandboxed(server), Sandboxed(server)
    for sandbox in (one, other):
        assert sandbox.send("GET", OPERATIONS[0].path(), JOHN).status_code == 200
    state = one.state()
    john = next(account for account in state["accounts"] if account["username"] == "johndoe")
    john.update(change)
    one.control("PUT", "state", state)
    problem(one.send("GET", OPERATIONS[0].path(), JOHN), 401, code)
    assert other.send("GET", OPERATIONS[0].path(), JOHN).status_code == 200


PASSWORD = "pä:ss:wörd ñ"


@pytest.fixture(scope="module")
def unusual(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MockServer]:
    """A server with a password that has colons and letters beyond ASCII."""
    account = {
        "username": "zoë",
        "password": PASSWORD,
        "emails": [{"email": "zoe@example.com", "primary": True}],
    }
    file = write_yaml(tmp_path_factory.mktemp("unusual") / "fixtures.yaml", {"accounts": [account]})
    with MockServer("--fixtures", str(file)) as started:
        yield started


@pytest.mark.parametrize("encoding", ["utf-8", "iso-8859-1"])
def test_a_password_may_have_colons_and_letters_beyond_ascii(
    unusual: MockServer, encoding: str
) -> None:
    login = basic("zoë", PASSWORD, encoding)
    assert unusual.send("GET", "/api/v1.1/users/zo%C3%AB/", login).json()["username"] == "zoë"


def test_a_password_is_the_same_in_whichever_unicode_form_it_is_typed(unusual: MockServer) -> None:
    decomposed = unicodedata.normalize("NFD", PASSWORD)
    assert decomposed != PASSWORD
    login = basic(unicodedata.normalize("NFD", "zoë"), decomposed)
    assert unusual.send("GET", "/api/v1.1/users/zo%C3%AB/", login).status_code == 200


@pytest.mark.parametrize("wrong", ["pä", "pä:ss", "pa:ss:word n", "pÄ:ss:wörd ñ"])
def test_a_password_with_colons_is_compared_whole(unusual: MockServer, wrong: str) -> None:
    problem(unusual.send("GET", "/api/v1.1/users/zo%C3%AB/", basic("zoë", wrong)), 401)


@pytest.mark.parametrize("written", ["NFC", "NFD"])
@pytest.mark.parametrize("typed", ["NFC", "NFD"])
def test_a_name_is_the_same_in_whichever_unicode_form_it_is_written(
    server: MockServer, written: Literal["NFC", "NFD"], typed: Literal["NFC", "NFD"]
) -> None:
    stored, sent = (unicodedata.normalize(form, "zoë@home") for form in (written, typed))
    emails = [{"email": "zoe@example.com", "primary": True}]
    account = {"username": stored, "password": "p", "emails": emails}
    token = {"token": "t", "username": sent, "scopes": ["profile_read"]}
    server.put_state({"accounts": [account], "tokens": [token]})
    path = f"/api/v1.1/users/{quote(sent)}/"
    for login in (basic(sent, "p"), "Bearer t"):
        user = server.send("GET", path, login).json()
        assert user["username"] == "zoë@home"
        assert user["url"] == "https://www.docker.io/api/v1.1/users/zo%C3%AB%40home/"
    server.send("POST", "/_mock/faults", json={"username": sent, "code": 503})
    assert server.send("GET", path, "Bearer t").status_code == 503
    minted = server.mint(sent, ["profile_read"])
    assert minted
    called = {"requests": [{"username": sent, "times": 3}]}
    assert server.send("POST", "/_mock/requests/verify", json=called).status_code == 200


def test_own_fixtures_replace_the_packaged_ones_whole(unusual: MockServer) -> None:
    problem(unusual.send("GET", "/api/v1.1/users/johndoe/", JOHN), 401, "credentials-wrong")
    problem(unusual.send("GET", "/api/v1.1/users/johndoe/", bearer("johndoe-all")), 401)


def challenges(value: str) -> dict[str, dict[str, str]]:
    """The challenges of a `WWW-Authenticate`, by scheme, with their parameters."""
    found: dict[str, dict[str, str]] = {}
    for scheme, parameters in re.findall(r'(\w+) ((?:\w+="[^"]*"(?:, (?=\w+="))?)+)', value):
        found[scheme] = dict(re.findall(r'(\w+)="([^"]*)"', parameters))
    return found


@every_operation
def test_a_missing_login_is_answered_with_both_challenges(
    server: MockServer, operation: Operation
) -> None:
    asked = challenges(call(server, operation, None).headers["www-authenticate"])
    assert set(asked) == {"Basic", "Bearer"}
    assert asked["Basic"]["realm"]
    assert asked["Basic"]["charset"] == "UTF-8"
    # RFC 6750, section 3.1: no error code where nothing was sent.
    assert set(asked["Bearer"]) == {"realm"}


@every_operation
@pytest.mark.parametrize("token", ["unknown", "johndoe-expired", "johndoe-revoked"])
def test_a_bad_token_is_answered_with_both_challenges_and_what_is_wrong(
    server: MockServer, operation: Operation, token: str
) -> None:
    asked = challenges(call(server, operation, bearer(token)).headers["www-authenticate"])
    assert set(asked) == {"Basic", "Bearer"}
    assert asked["Bearer"]["error"] == "invalid_token"


@every_operation
def test_a_wrong_password_is_answered_with_both_challenges(
    server: MockServer, operation: Operation
) -> None:
    answer = call(server, operation, basic("johndoe", "wrong"))
    assert set(challenges(answer.headers["www-authenticate"])) == {"Basic", "Bearer"}


@every_operation
def test_a_missing_scope_is_named_in_the_challenge(
    server: MockServer, operation: Operation
) -> None:
    answer = call(server, operation, bearer("johndoe-none"))
    asked = challenges(answer.headers["www-authenticate"])
    assert asked["Bearer"]["error"] == "insufficient_scope"
    assert asked["Bearer"]["scope"] == operation.scope
    assert operation.scope in problem(answer, 403)["detail"]


def test_an_account_made_by_the_control_api_can_log_in_at_once(
    server: MockServer, tmp_path: Path
) -> None:
    state = server.state()
    emails = [{"email": "new@example.com", "primary": True}]
    state["accounts"].append({"username": "new", "password": "new-password", "emails": emails})
    server.put_state(state)
    answer = server.send("GET", "/api/v1.1/users/new/", basic("new", "new-password"))
    assert answer.json()["email"] == "new@example.com"
