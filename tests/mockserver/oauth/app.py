"""An app that logs in by the token flow."""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl, urlencode, urlsplit

import httpx

from tests.mockserver.sandboxed import Sandboxed
from tests.support import JANES, Json, basic, bearer

AUTHORIZE = "/api/v1.1/o/authorize/"
TOKEN = "/api/v1.1/o/token/"
REVOKE = "/api/v1.1/o/revoke/"
BACK = "http://localhost:5173/callback"
VERIFIER = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
CHALLENGE = base64.urlsafe_b64encode(hashlib.sha256(VERIFIER.encode()).digest()).decode()[:-1]
PKCE = {"code_challenge": CHALLENGE, "code_challenge_method": "S256"}
LOGIN = {"username": "janedoe", "password": "janedoe-password", "decision": "allow"}


def answered(answer: httpx.Response) -> dict[str, str]:
    """Return the parameters that a client gets back with a redirect."""
    assert answer.status_code in (302, 303), answer.text
    return dict(parse_qsl(urlsplit(answer.headers["location"]).query, strict_parsing=True))


@dataclass
class App:
    """A client in a sandbox; without a secret it is public, and uses PKCE."""

    sandbox: Sandboxed
    client_id: str = "TestClientID"
    secret: str | None = "TestClientSecret"

    def asking(self, **changes: str | None) -> dict[str, str]:
        """Return an authorization request; a change to None leaves a parameter out."""
        asked = {
            "client_id": self.client_id,
            "response_type": "code",
            "redirect_uri": BACK,
            "state": "of mine",
            **({} if self.secret else PKCE),
            **changes,
        }
        return {name: value for name, value in asked.items() if value is not None}

    def get(self, **changes: str | None) -> httpx.Response:
        """Open the authorize page."""
        return self.sandbox.send("GET", f"{AUTHORIZE}?{urlencode(self.asking(**changes))}")

    def post(self, **changes: str | None) -> httpx.Response:
        """Send the form of the page."""
        return self.post_from({}, **changes)

    def post_from(self, headers: Mapping[str, str], **changes: str | None) -> httpx.Response:
        """Send the form of the page with further header fields."""
        form = {**self.asking(), **LOGIN, **changes}
        form = {name: value for name, value in form.items() if value is not None}
        return self.sandbox.send("POST", AUTHORIZE, headers=headers, data=form)

    def code(self, **changes: str | None) -> str:
        """Have janedoe allow it."""
        return answered(self.post(**changes))["code"]

    def token(self, **fields: str | None) -> httpx.Response:
        """Use a grant; fields that are None are left out."""
        sent = {"client_id": None if self.secret else self.client_id, **fields}
        login = basic(self.client_id, self.secret) if self.secret else None
        data = {name: value for name, value in sent.items() if value is not None}
        return self.sandbox.send("POST", TOKEN, login, data=data)

    def exchange(self, code: str, **changes: str | None) -> httpx.Response:
        """Change a code into tokens."""
        verifier = None if self.secret else VERIFIER
        fields = {"code": code, "redirect_uri": BACK, "code_verifier": verifier, **changes}
        return self.token(grant_type="authorization_code", **fields)

    def refresh(self, refresh_token: str, **changes: str | None) -> httpx.Response:
        """Change a refresh token into new ones."""
        return self.token(grant_type="refresh_token", refresh_token=refresh_token, **changes)

    def revoke(self, **fields: str) -> httpx.Response:
        """Revoke a token."""
        login = basic(self.client_id, self.secret) if self.secret else None
        sent = {**fields, **({} if self.secret else {"client_id": self.client_id})}
        return self.sandbox.send("POST", REVOKE, login, data=sent)

    def tokens(self, **changes: str | None) -> Json:
        """Log janedoe in."""
        answer = self.exchange(self.code(**changes))
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    def reads(self, access_token: str) -> Any:
        """Return 200 if a token reads janedoe's profile, and the code of the refusal otherwise."""
        answer = self.sandbox.send("GET", JANES, bearer(access_token))
        return answer.json().get("code", answer.status_code)


def public(sandbox: Sandboxed) -> App:
    """Return the public client of the default fixtures."""
    return App(sandbox, "TestPublicClientID", None)
