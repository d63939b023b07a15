"""The operations of the control API as data, each with something that it takes."""

from __future__ import annotations

from typing import NamedTuple

from tests.support import CONTROL_FILE, FIXTURES, Json, each_operation, read_yaml

CONTROL = read_yaml(CONTROL_FILE)
CONTROL_TOKEN = "control-token-of-these-tests"


class Steering(NamedTuple):
    """An operation of the control API."""

    method: str
    path: str
    is_open: bool
    """True if it asks for no control token."""
    is_shared: bool
    """True if it belongs to no sandbox."""


STEERING = [
    Steering(method, path, raw.get("security") == [], bool(raw.get("x-shared")))
    for method, path, raw in each_operation(CONTROL)
]
IN_A_SANDBOX = [(one.method, one.path) for one in STEERING if not one.is_shared]
SHARED = [(one.method, one.path) for one in STEERING if one.is_shared]


def filled(path: str, **parameters: str) -> str:
    """Fill a path with what is there, or with other values."""
    known = "janedoe-all" if "/tokens/" in path else "fault-1"
    return path.format_map({"name": "many-emails", "id": known, "file": "docs.js", **parameters})


BODIES: dict[tuple[str, str], Json] = {
    ("PUT", "/_mock/state"): FIXTURES,
    ("POST", "/_mock/tokens"): {"username": "janedoe", "scopes": []},
    ("POST", "/_mock/faults"): {"code": 503},
    ("POST", "/_mock/requests/verify"): {"requests": [{"method": "GET", "times": 0}]},
}
