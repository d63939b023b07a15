"""oauthlib's questions about an authorization request, answered from a world."""

from __future__ import annotations

import re
import time
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import Any

from oauthlib.oauth2 import RequestValidator
from oauthlib.oauth2.rfc6749 import errors

from mockserver.accounts.grants import CODE_LIFETIME, AuthorizationCode, Client
from mockserver.accounts.world import World, token_digest
from mockserver.oauth.handlers import Flow

PKCE = re.compile(r"[A-Za-z0-9._~-]{43,128}")
"""A code challenge or a code verifier (RFC 7636, sections 4.1 and 4.2)."""

Logins = Sequence[tuple[str, str]]
"""The readings of an id and a secret that were sent by HTTP Basic."""


class AuthorizationRequests(RequestValidator):  # type: ignore[misc]  # oauthlib ships no types
    """The answers about an authorization request, and what the others need.

    Args:
        world: The world of its sandbox.
        flow: The token flow.
        basic: The login of the client by HTTP Basic; None: it has sent none.

    Attributes:
        client: The client, once it has logged in.
    """

    def __init__(self, world: World, flow: Flow, basic: Logins | None = None) -> None:
        super().__init__()
        self.world = world
        self.flow = flow
        self.basic = basic
        self.client: Client | None = None

    def validate_client_id(self, client_id: str, request: Any) -> bool:
        """Find the client."""
        request.client = self.world.clients.get(client_id)
        if request.client is None:
            raise errors.InvalidClientIdError(unknown_client(client_id, self.world.clients))
        return True

    def validate_redirect_uri(self, client_id: str, redirect_uri: str, request: Any) -> bool:
        """Compare a redirect URI with the registered ones."""
        if not request.client.takes(redirect_uri):
            known = ", ".join(request.client.redirect_uris)
            detail = f"{client_id} has no redirect_uri {redirect_uri} (it has: {known}; of loopback ones the port is free)"
            raise errors.MismatchingRedirectURIError(detail)
        return True

    def get_default_redirect_uri(self, client_id: str, request: Any) -> str:
        """Return the one registered redirect URI; for a code, the one that it was sent to."""
        if request.grant_type is None and len(request.client.redirect_uris) > 1:
            known = ", ".join(request.client.redirect_uris)
            detail = f"redirect_uri is missing, and {client_id} has several: {known}"
            raise errors.MissingRedirectURIError(detail)
        return str(request.client.redirect_uris[0])

    def validate_response_type(
        self, client_id: str, response_type: str, client: Client, request: Any
    ) -> bool:
        """Take `code` alone, and of a public client with a challenge only."""
        if response_type != "code":
            raise errors.UnsupportedResponseTypeError(request=request)
        if client.client_secret is None and request.code_challenge is None:
            detail = "a public client must use PKCE (RFC 7636): send code_challenge, and code_challenge_method=S256"
            raise errors.InvalidRequestError(detail, request=request)
        if request.code_challenge is not None and not PKCE.fullmatch(request.code_challenge):
            detail = "the code_challenge must be 43 to 128 letters, digits, dots, dashes, underscores and tildes"
            raise errors.InvalidRequestError(detail, request=request)
        return True

    def is_pkce_required(self, client_id: str, request: Any) -> bool:
        """Leave it to `validate_response_type` and `get_code_challenge`, which say what is missing."""
        return False

    def get_default_scopes(self, client_id: str, request: Any) -> list[str]:
        """Return the scopes of a request that names none."""
        return self.flow.default_scope.split()

    def validate_scopes(
        self, client_id: str, scopes: Iterable[str], client: Client, request: Any
    ) -> bool:
        """Compare scopes with those of the contract."""
        for scope in scopes:
            if scope not in self.flow.scopes:
                known = ", ".join(self.flow.scopes)
                detail = f"{scope} is no scope of the contract ({known})"
                raise errors.InvalidScopeError(detail, request=request)
        return True

    def save_authorization_code(
        self, client_id: str, code: Mapping[str, str], request: Any
    ) -> None:
        """Keep a code that is given out."""
        value = code["code"]
        self.world.add_code(
            AuthorizationCode(
                code=value,
                grant=token_digest(value)[:16],
                client_id=client_id,
                username=request.user,
                scopes=tuple(dict.fromkeys(request.scopes)),
                redirect_uri=None if request.using_default_redirect_uri else request.redirect_uri,
                code_challenge=request.code_challenge,
                code_challenge_method=request.code_challenge_method,
                expires_at=time.time() + CODE_LIFETIME,
            )
        )


def unknown_client(client_id: str, clients: Collection[str]) -> str:
    """Say that there is no client of an id, and which there are."""
    known = ", ".join(list(clients)[:10]) or "none"
    return f"no client has the client_id {client_id} (oauth_clients in the fixtures has: {known})"
