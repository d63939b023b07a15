"""Runs the suite against a mutant, in one process: its requests are answered without a socket."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from conformance import transport
from conformance.selftest.builds import Change, Witness, build_app
from conformance.selftest.messages import Request, ask
from conformance.selftest.scene import BASE_URL, sandboxes, write_target
from conformance.plugin import Plugin
from conformance.results import RunResult
from conformance.settings import Settings
from conformance.suite import run_suite
from mockserver.exchange import App

# What pytest does around each check, and nobody needs here.
_QUICK = ("-pno:logging", "-pno:unraisableexception", "-pno:threadexception", "-pno:debugging")


class Stage:
    """A transport of the suite that leads into an application."""

    def __init__(self, app: App) -> None:
        self._app = app

    def send(self, request: transport.Request) -> transport.Response:
        """Answer one request."""
        body = request.body or b""
        headers = [
            (name.lower().encode("latin-1"), value.encode("latin-1"))
            for name, value in request.headers
        ]
        headers.append((b"host", BASE_URL.rpartition("/")[2].encode("ascii")))
        if request.body is not None:
            headers.append((b"content-length", str(len(body)).encode("ascii")))
        path, _, query = request.path.partition("?")
        sent = Request(request.method, path, tuple(headers), body, query.encode("latin-1"))
        response = ask(self._app, sent)
        empty = response.status in (204, 304)
        return transport.Response(
            response.status,
            tuple(
                (name.decode("latin-1"), value.decode("latin-1"))
                for name, value in response.headers
            ),
            b"" if empty else response.body,
            stray=empty and bool(response.body),
        )

    def close(self) -> None:
        """Nothing is open."""


@dataclass(frozen=True)
class Performance:
    """What the suite said of a server, and what the server did not mean to do."""

    result: RunResult
    defects: tuple[str, ...]


class Broken(Exception):
    """The suite could not be run at all."""


def perform(
    change: Change | None, *, only: tuple[str, ...] = (), max_examples: int = 12
) -> Performance:
    """Run the suite against the mock server with a change.

    Raises:
        Broken: The suite could not be run.
    """
    witness = Witness()
    with TemporaryDirectory(prefix="conformance-selftest-") as folder:
        file = Path(folder) / "target.yaml"
        write_target(file)
        stage = Stage(build_app(change, sandboxes(), witness))
        settings = Settings(target=file, only=only, seed=1, max_examples=max_examples)
        plugin = Plugin(settings, stage)
        code = run_suite(plugin, more=_QUICK)
    if plugin.error or plugin.result is None:
        raise Broken(plugin.error or f"pytest ended with {code}")
    return Performance(plugin.result, tuple(witness.defects))
