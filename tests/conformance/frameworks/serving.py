"""Services of WSGI over real sockets, as Python's own server serves them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from socketserver import ThreadingMixIn
from typing import Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer, make_server

from tests.support.serving import in_thread


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    request_queue_size = 64


class _Quiet(WSGIRequestHandler):
    def log_message(self, *_: object) -> None:
        """Keep no log."""


@contextmanager
def serving(app: Any) -> Iterator[str]:
    """Serve an application on a free port; its URL."""
    server = make_server("127.0.0.1", 0, app, _Server, _Quiet)
    with in_thread(server):
        yield f"http://127.0.0.1:{server.server_port}"
