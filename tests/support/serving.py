"""A server of the standard library, in a thread of the test."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import BaseServer

_POLL = 0.02  # seconds until a server sees that it is to end


@contextmanager
def in_thread(server: BaseServer) -> Iterator[None]:
    """Let a server serve until the end of the block, and close it."""
    thread = threading.Thread(target=server.serve_forever, args=(_POLL,), daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
