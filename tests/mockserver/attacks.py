"""What attacks on the server share."""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import contextmanager

from tests.support import MockServer


@contextmanager
def unharmed(server: MockServer) -> Iterator[None]:
    """Whatever is done within, the server must log no failure of its own, and answer afterwards."""
    with server.recording() as lines:
        yield
    for line in lines:
        facts = json.loads(line)
        assert facts["event"] in ("request", "dropped"), line
        assert facts.get("status", 0) < 500, line
    assert server.send("GET", "/_mock/health").status_code == 200
