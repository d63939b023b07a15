"""The target file with which the suite finds this server."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.conformance.independent.storage import SCOPES, SEED, Seed


def account(seed: Seed, number: int) -> dict[str, object]:
    """One account: password, tokens and the address of its picture."""
    user = seed.users[number]
    username = str(user[0])
    tokens = {scope: seed.token(username, scope) for scope in SCOPES}
    tokens[" ".join(SCOPES)] = seed.token(username, "all")
    tokens[""] = seed.token(username, "none")
    return {
        "username": username,
        "password": user[2],
        "gravatar_email": user[9],
        "expired_token": seed.token(username, "expired"),
        "revoked_token": seed.token(username, "revoked"),
        "tokens": tokens,
    }


def target(base_url: str, seed: Seed = SEED) -> str:
    """JSON, which is YAML too."""
    mint = Path(__file__).with_name("mint.py")
    described = {
        "base_url": base_url,
        "timeout": 10,
        "accounts": {"owner": account(seed, 0), "other": account(seed, 1)},
        "token_command": [sys.executable, str(mint), "{username}", "{scopes}", base_url],
        "unknown_username": "nobody-of-that-name",
    }
    return json.dumps(described, indent=2)
