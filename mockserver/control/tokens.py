"""Tokens: mint, list, revoke, have expire."""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Mapping
from dataclasses import replace
from itertools import islice
from typing import Any

from accounts_contract import Contract, Violation
from mockserver.accounts.grants import LIFETIME
from mockserver.accounts.refusals import Invalid, Unknown
from mockserver.accounts.state import unknown_scopes
from mockserver.accounts.world import MOST_TOKENS, Token, World, format_time, normal_form
from mockserver.control.refusing import invalid
from mockserver.pipeline.answer import Answer, json_answer, json_list
from mockserver.pipeline.off_loop import off_loop
from mockserver.pipeline.operation import Handler, by_name
from mockserver.pipeline.outcome import Outcome
from mockserver.pipeline.problems import MAX_ERRORS
from mockserver.pipeline.request import Request

Json = dict[str, Any]


def handlers(contract: Contract) -> Mapping[str, Handler]:
    """Return the operations, for the scopes of a contract."""

    async def list_tokens(request: Request, _: Outcome) -> Answer:
        return await off_loop(listed, list(request.sandbox.world.tokens.values()), time.time())

    def listed(tokens: Iterable[Token], now: float) -> Answer:
        return json_answer(json_list(token_json(token, now) for token in tokens))

    def create_token(request: Request, outcome: Outcome) -> Json:
        now = time.time()
        return token_json(mint(request.sandbox.world, contract, outcome.data, now), now)

    def revoke_token(request: Request, outcome: Outcome) -> None:
        world = request.sandbox.world
        world.add_token(replace(_find(world, outcome.params["id"]), revoked=True))

    def expire_token(request: Request, outcome: Outcome) -> None:
        world = request.sandbox.world
        world.add_token(replace(_find(world, outcome.params["id"]), expires_at=time.time()))

    return by_name(list_tokens, create_token, revoke_token, expire_token)


def mint(world: World, contract: Contract, request: Mapping[str, Any], now: float) -> Token:
    """Make a token.

    Args:
        world: Where it will be good.
        contract: Whose scopes it may carry.
        request: `username`, `scopes`, and `expires_in` in seconds.
        now: The time, in seconds since 1970.

    Raises:
        Invalid: No such account, no such scope, or far too many tokens already.
    """
    username, scopes = normal_form(request["username"]), request["scopes"]
    violations = list(islice(unknown_scopes(scopes, contract.scopes, "/scopes"), MAX_ERRORS))
    if username not in world.accounts:
        known = ", ".join(list(world.accounts)[:10])
        detail = f"no account has this username (there are: {known})"
        violations.insert(0, Violation("/username", detail))
    if violations:
        raise invalid(violations)
    if len(world.tokens) >= MOST_TOKENS:
        raise Invalid("too-many-tokens", f"there are {MOST_TOKENS} tokens already; reset first")
    expires_at = now + request.get("expires_in", LIFETIME)
    token = Token(secrets.token_urlsafe(24), username, tuple(dict.fromkeys(scopes)), expires_at)
    world.add_token(token)
    return token


def _find(world: World, name: str) -> Token:
    """Return the token that has an id, or that is the one named. Raises Unknown."""
    token = world.find_token(name) or world.find_token_by_id(name)
    if token is None:
        raise Unknown("token-unknown", "no token has this id; GET /_mock/tokens lists them")
    return token


def token_json(token: Token, now: float) -> Json:
    """Return a token as the control API shows it."""
    shown: Json = {
        "id": token.id,
        "access_token": token.token,
        "token_type": "Bearer",
        "username": token.username,
        "scope": " ".join(token.scopes),
        "scopes": list(token.scopes),
        "expires_at": None if token.expires_at is None else format_time(token.expires_at),
        "expired": token.is_expired(now),
        "revoked": token.revoked,
    }
    if token.expires_at is not None:
        shown["expires_in"] = max(0, round(token.expires_at - now))
    if token.client_id is not None:
        shown["client_id"] = token.client_id
    return shown
