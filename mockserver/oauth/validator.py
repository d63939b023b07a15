"""oauthlib's questions about clients, codes and tokens, answered from a world.

oauthlib holds the order of the checks, PKCE, and the kinds of errors. It leaves to us what the records say, and
the words of most refusals. Where it is laxer than RFC 6749 and RFC 9700, the answers here are stricter: a `code_verifier`
without a challenge, a reused refresh token, another redirect URI for a code.

Importing it takes some 50 ms: that is done when somebody first comes to the token flow.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from typing import Any, NoReturn
from urllib.parse import unquote_plus

from oauthlib.oauth2 import WebApplicationServer
from oauthlib.oauth2.rfc6749 import errors

from mockserver.accounts.grants import AuthorizationCode, Client, RefreshToken
from mockserver.accounts.world import MOST_TOKENS, Token, token_digest
from mockserver.oauth.authorization_requests import (
    PKCE,
    AuthorizationRequests,
    Logins,
    unknown_client,
)
from mockserver.pipeline.access import same


class Validator(AuthorizationRequests):
    """The answers for one request, of any endpoint."""

    # The client at the token endpoint.

    def client_authentication_required(self, request: Any) -> bool:
        """Have `authenticate_client` see to public clients too."""
        return True

    def authenticate_client(self, request: Any) -> bool:
        """Find the client, and compare its secret."""
        sent: Logins
        if self.basic is None:
            if not request.client_id:
                detail = "the client is missing: send its id and secret by HTTP Basic, or client_id in the body"
                raise errors.InvalidClientError(detail, request=request)
            sent = [(request.client_id, request.client_secret or "")]
        else:
            if request.client_secret:
                detail = (
                    "the client_secret is sent twice, by HTTP Basic and in the body: send it once"
                )
                raise errors.InvalidRequestError(detail, request=request)
            # RFC 6749, section 2.3.1: id and secret are encoded as in a form, which few clients do.
            forms = [(unquote_plus(name), unquote_plus(secret)) for name, secret in self.basic]
            sent = [*self.basic, *forms]
        clients = self.world.clients
        client = next((clients[name] for name, _ in sent if name in clients), None)
        if client is None:
            detail = unknown_client(sent[0][0], clients)
            raise errors.InvalidClientError(detail, request=request)
        if request.client_id and request.client_id != client.client_id:
            detail = f"the body names {request.client_id}, and HTTP Basic {client.client_id}"
            raise errors.InvalidRequestError(detail, request=request)
        expected = client.client_secret or ""
        if not any(name == client.client_id and same(expected, secret) for name, secret in sent):
            is_public = client.client_secret is None
            detail = f"this is not the secret of {client.client_id}"
            detail = f"{client.client_id} is public, and has no secret" if is_public else detail
            raise errors.InvalidClientError(detail, request=request)
        request.client = self.client = client
        return True

    # Codes.

    def validate_grant_type(self, *_: Any) -> bool:
        """Allow each client both kinds."""
        return True

    def validate_code(self, client_id: str, code: str, client: Client, request: Any) -> bool:
        """Find the grant of a code; one that was used already revokes what it gave."""
        found = self.world.codes.get(token_digest(code))
        if found is None:
            detail = "no such code was given out: send the code of the redirect, once and within 60 seconds"
            raise errors.InvalidGrantError(detail)
        if found.client_id != client_id:
            raise errors.InvalidGrantError(
                f"this code was given to another client than {client_id}"
            )
        if found.used:
            self.world.revoke_grant(found.grant)
            detail = "this code was used before: it is good once, and the tokens that it gave are revoked now"
            raise errors.InvalidGrantError(detail)
        if time.time() >= found.expires_at:
            raise errors.InvalidGrantError("this code has expired: it lives for 60 seconds")
        self._grant(request, found)
        return True

    def get_code_challenge(self, code: str, request: Any) -> str | None:
        """Return the challenge of a code; refuse a verifier that is missing, malformed, or has no challenge."""
        challenge, verifier = request.grant.code_challenge, request.code_verifier
        if challenge is None:
            if verifier is not None:  # RFC 9700, section 4.8: a downgrade
                detail = "the authorization request had no code_challenge for this code_verifier"
                raise errors.InvalidGrantError(detail)
            return None
        if verifier is None:
            detail = "code_verifier is missing: the authorization request had a code_challenge"
            raise errors.InvalidGrantError(detail)
        if not PKCE.fullmatch(verifier):
            detail = "the code_verifier must be 43 to 128 letters, digits, dots, dashes, underscores and tildes"
            raise errors.InvalidGrantError(detail)
        return str(challenge)

    def get_code_challenge_method(self, code: str, request: Any) -> str:
        """Return the method of the challenge."""
        return request.grant.code_challenge_method or "plain"

    def confirm_redirect_uri(
        self, client_id: str, code: str, redirect_uri: str, client: Client, request: Any
    ) -> bool:
        """Compare the redirect URI with the one of the authorization request (RFC 6749, section 4.1.3)."""
        wanted = request.grant.redirect_uri
        sent = None if request.using_default_redirect_uri else redirect_uri
        if sent == wanted or (wanted is None and sent == client.redirect_uris[0]):
            return True
        detail = f"the redirect_uri must be {wanted}, as in the authorization request, not {sent}"
        if sent is None:
            detail = f"redirect_uri is missing: send {wanted}, as in the authorization request"
        elif wanted is None:
            detail = "the authorization request had no redirect_uri: leave it out"
        raise errors.InvalidGrantError(detail)

    def invalidate_authorization_code(self, client_id: str, code: str, request: Any) -> None:
        """Mark a code as used."""
        self.world.add_code(replace(request.grant, used=True))

    # Tokens.

    def validate_refresh_token(self, refresh_token: str, client: Client, request: Any) -> bool:
        """Find the grant of a refresh token; one that was used already revokes what it gave."""
        found = self.world.refresh_tokens.get(token_digest(refresh_token))
        if found is None:
            raise errors.InvalidGrantError("nobody has this refresh_token")
        if found.client_id != client.client_id:
            detail = f"this refresh_token was given to another client than {client.client_id}"
            raise errors.InvalidGrantError(detail)
        if found.revoked:  # RFC 9700, section 4.14.2: it may have been stolen
            self.world.revoke_grant(found.grant)
            detail = "this refresh_token was used or revoked before: it is good once, and all tokens of its grant are revoked now"
            raise errors.InvalidGrantError(detail)
        self._grant(request, found)
        return True

    def get_original_scopes(self, refresh_token: str, request: Any) -> list[str]:
        """Return what the user has allowed."""
        return list(request.grant.scopes)

    def is_within_original_scope(
        self, request_scopes: Iterable[str], refresh_token: str, request: Any
    ) -> NoReturn:
        """Refuse scopes that are wider than what the user has allowed."""
        wider = " ".join(one for one in request_scopes if one not in request.grant.scopes)
        detail = (
            f"the user has not allowed {wider}, but {' '.join(request.grant.scopes) or 'no scope'}"
        )
        raise errors.InvalidScopeError(detail)

    def save_bearer_token(self, token: Mapping[str, Any], request: Any) -> None:
        """Keep an access token and its refresh token; the one that it was refreshed by is used up."""
        world, client, grant = self.world, request.client, request.grant
        if len(world.tokens) >= MOST_TOKENS:
            raise errors.InvalidRequestError(f"there are {MOST_TOKENS} tokens already; reset first")
        expires_at, scopes = time.time() + client.expires_in, tuple(dict.fromkeys(request.scopes))
        name, user = grant.grant, request.user
        world.add_token(
            Token(
                token["access_token"],
                user,
                scopes,
                expires_at,
                client_id=client.client_id,
                grant=name,
            )
        )
        if isinstance(grant, RefreshToken):
            world.add_refresh_token(replace(grant, revoked=True))
        refresh = token["refresh_token"]
        world.add_refresh_token(RefreshToken(refresh, name, client.client_id, user, grant.scopes))

    def revoke_token(self, token: str, token_type_hint: str, request: Any) -> None:
        """Revoke a token; a refresh token with all that comes from its grant."""
        world = self.world
        found = world.find_token(token) or world.refresh_tokens.get(token_digest(token))
        if found is None:
            return
        if found.client_id not in (None, request.client.client_id):
            detail = f"this token was given to another client than {request.client.client_id}"
            raise errors.InvalidGrantError(detail)
        if isinstance(found, Token):
            world.add_token(replace(found, revoked=True))
        else:
            world.add_refresh_token(replace(found, revoked=True))
            world.revoke_grant(found.grant)

    def _grant(self, request: Any, grant: AuthorizationCode | RefreshToken) -> None:
        """Have the request stand for a grant, if its user may still log in."""
        account = self.world.accounts[grant.username]
        if not account.is_active:
            detail = f"the account {grant.username} is not active, so its grants are refused"
            raise errors.InvalidGrantError(detail)
        request.grant = grant
        request.user = grant.username
        request.scopes = list(grant.scopes)
        request.extra_credentials = {"username": account.username, "user_id": account.members["id"]}


def server(validator: Validator) -> WebApplicationServer:
    """Return oauthlib's endpoints with the answers of a validator."""
    return WebApplicationServer(
        validator, token_expires_in=lambda request: request.client.expires_in
    )
