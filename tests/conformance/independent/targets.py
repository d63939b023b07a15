"""The target file with which the suite finds this server."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from tests.conformance.independent.storage import SCOPES, USERS

PASSWORDS = {str(user[0]): str(user[2]) for user in USERS}
GRAVATARS = {str(user[0]): str(user[9]) for user in USERS}


def account(username: str) -> dict[str, object]:
    """One account: password, tokens and the address of its picture."""
    tokens = {scope: f"{username}-{scope}" for scope in SCOPES}
    tokens[" ".join(SCOPES)] = f"{username}-all"
    tokens[""] = f"{username}-none"
    return {
        "username": username,
        "password": PASSWORDS[username],
        "gravatar_email": GRAVATARS[username],
        "expired_token": f"{username}-expired",
        "revoked_token": f"{username}-revoked",
        "tokens": tokens,
    }


def target(base_url: str) -> str:
    """JSON, which is YAML too."""
    mint = Path(__file__).with_name("mint.py")
    described = {
        "base_url": base_url,
        "timeout": 10,
        "accounts": {"owner": account("mallory"), "other": account("trentino")},
        "token_command": [sys.executable, str(mint), "{username}", "{scopes}", base_url],
        "unknown_username": "nobody-of-that-name",
    }
    return json.dumps(described, indent=2)
