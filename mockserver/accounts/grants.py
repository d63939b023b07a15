"""OAuth 2 grants: what a user has allowed a client, and all codes and tokens that come from it (RFC 6749).

The records are data of a world; the checks of the flow are oauthlib's, in `mockserver/oauth`.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

LIFETIME = 15552000
"""The seconds that an access token lives: 180 days, as documented."""

CODE_LIFETIME = 60
"""The seconds that an authorization code lives, as documented."""

_LOOPBACK = re.compile(r"(http://(?:localhost|127\.0\.0\.1|\[::1\]))(?::[0-9]{1,5})?(/.*)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class Client:
    """An OAuth 2 client; one without a secret is public (RFC 6749, section 2.1).

    Attributes:
        auto_approve: The user whose permission is given at once, without a page; None: the page asks.
        expires_in: The seconds that its access tokens live.
    """

    client_id: str
    client_secret: str | None = field(default=None, repr=False)
    redirect_uris: tuple[str, ...]
    auto_approve: str | None = None
    expires_in: int = LIFETIME

    def takes(self, redirect_uri: str) -> bool:
        """Tell whether a redirect URI is registered: the same text, but for the port of a loopback (RFC 8252, 7.3)."""
        return _without_port(redirect_uri) in map(_without_port, self.redirect_uris)


@dataclass(frozen=True, slots=True, kw_only=True)
class AuthorizationCode:
    """An authorization code.

    Attributes:
        grant: The grant that it begins; whatever it gives bears the same.
        redirect_uri: The redirect URI of the authorization request; None: it had none.
        code_challenge: The code challenge (RFC 7636); None: there was none.
        code_challenge_method: Its method; None: `plain`.
    """

    code: str = field(repr=False)
    grant: str
    client_id: str
    username: str
    scopes: tuple[str, ...]
    redirect_uri: str | None = None
    code_challenge: str | None = None
    code_challenge_method: str | None = None
    expires_at: float
    used: bool = False


@dataclass(frozen=True, slots=True)
class RefreshToken:
    """A refresh token, usable once: `revoked` once it was used."""

    token: str = field(repr=False)
    grant: str
    client_id: str
    username: str
    scopes: tuple[str, ...]
    revoked: bool = False


def _without_port(uri: str) -> str:
    found = _LOOPBACK.fullmatch(uri)
    return uri if found is None else f"{found[1]}{found[2] or ''}"
