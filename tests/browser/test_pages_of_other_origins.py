"""A page of another origin uses the Accounts API, as a front end under development does."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tests.browser.conftest import Fetch
from tests.support import EMAILS, JANE, JOHN, USER, MockServer, bearer

pytestmark = pytest.mark.browser

PROFILE = USER.replace("{username}", "janedoe")
ADDRESSES = EMAILS.replace("{username}", "janedoe")
NEW = "jane.doe+other@example.com"
AS_JSON = {"Content-Type": "application/json"}


def options(method: str, authorization: str, body: Any = None, **fields: str) -> dict[str, Any]:
    """The options of a fetch: JSON, and whatever credentials the browser has."""
    headers = {"Authorization": authorization, **fields}
    found: dict[str, Any] = {"method": method, "headers": headers, "credentials": "include"}
    if body is not None:
        headers.update(AS_JSON)
        found["body"] = json.dumps(body)
    return found


@pytest.mark.parametrize("login", [JANE, bearer("janedoe-all")], ids=["basic", "bearer"])
@pytest.mark.parametrize("credentials", ["omit", "same-origin", "include"])
def test_it_runs_all_six_operations(
    server: MockServer, fetch: Fetch, login: str, credentials: str
) -> None:
    def call(method: str, path: str, status: int, body: Any = None) -> Any:
        wish = {**options(method, login, body), "credentials": credentials}
        answer = fetch(server.url + path, **wish)
        assert answer.get("status") == status, answer
        return json.loads(answer["text"]) if answer["text"] else None

    assert call("GET", PROFILE, 200)["username"] == "janedoe"
    assert call("PATCH", PROFILE, 200, {"location": "名前"})["location"] == "名前"
    assert call("POST", ADDRESSES, 201, {"email": NEW})["verified"] is False
    assert call("PATCH", ADDRESSES, 200, {"email": NEW, "verified": True})["verified"] is True
    assert len(call("GET", ADDRESSES, 200)) == 2
    assert call("DELETE", ADDRESSES, 204, {"email": NEW}) is None
    assert len(call("GET", ADDRESSES, 200)) == 1


def test_it_reads_why_it_was_refused(server: MockServer, fetch: Fetch) -> None:
    def refusal(path: str, status: int, code: str, **wish: Any) -> Any:
        answer = fetch(server.url + path, **wish)
        assert answer.get("status") == status, answer
        problem = json.loads(answer["text"])
        assert problem["code"] == code
        assert answer["headers"]["content-type"] == "application/problem+json"
        return answer["headers"]

    headers = refusal(PROFILE, 401, "credentials-missing")
    assert "Bearer" in headers["www-authenticate"]
    headers = refusal(PROFILE, 401, "token-unknown", **options("GET", bearer("nobody")))
    assert 'error="invalid_token"' in headers["www-authenticate"]
    headers = refusal(PROFILE, 403, "scope-missing", **options("GET", bearer("janedoe-none")))
    assert 'scope="profile_read"' in headers["www-authenticate"]
    refusal(PROFILE, 403, "not-the-owner", **options("GET", JOHN))
    refusal("/api/v1.1/users/nobody/", 404, "user-unknown", **options("GET", JANE))
    refusal("/nowhere", 404, "path-unknown", **options("GET", JANE))
    headers = refusal(PROFILE, 405, "method-not-allowed", **options("DELETE", JANE))
    assert "PATCH" in headers["allow"]
    refusal(ADDRESSES, 400, "body-invalid", **options("POST", JANE, {"email": 1}))
    large = {"company": "x" * 1_100_000}
    refusal(PROFILE, 413, "body-too-large", **options("PATCH", JANE, large))
    refusal(PROFILE, 401, "token-unknown", **options("PATCH", bearer("nobody"), large))
    wish = options("POST", JANE)
    wish["headers"]["Content-Type"] = "text/plain"
    headers = refusal(ADDRESSES, 415, "media-type-unsupported", **wish, body=NEW)
    assert "application/json" in headers["accept"]


@pytest.mark.parametrize("field", ["Prefer", "X-Mock-Sandbox", "X-Request-Id"])
def test_it_may_send_further_fields(server: MockServer, fetch: Fetch, field: str) -> None:
    answer = fetch(server.url + PROFILE, **options("GET", JANE, **{field: "anything"}))
    assert answer.get("status") == 200, answer


@pytest.mark.parametrize(
    ("media_type", "body"),
    [
        ("application/x-www-form-urlencoded", f"email={NEW.replace('+', '%2B')}"),
        (
            "multipart/form-data; boundary=X",
            f'--X\r\nContent-Disposition: form-data; name="email"\r\n\r\n{NEW}\r\n--X--\r\n',
        ),
    ],
    ids=["form", "multipart"],
)
def test_it_sends_forms(server: MockServer, fetch: Fetch, media_type: str, body: str) -> None:
    wish = options("POST", JANE)
    wish["headers"]["Content-Type"] = media_type
    answer = fetch(server.url + ADDRESSES, **wish, body=body)
    assert answer.get("status") == 201, answer
    assert json.loads(answer["text"])["email"] == NEW
