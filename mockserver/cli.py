"""The command line: `mockserver serve`, `mockserver check` and `mockserver docs`."""

from __future__ import annotations

import asyncio
import ipaddress
import json
import logging
import os
import secrets
import signal
import socket
import sys
from collections.abc import Coroutine
from contextlib import suppress
from pathlib import Path
from typing import Any, NoReturn, TextIO

import click

from accounts_contract import DocumentError, file_kind, take_every_text
from mockserver.app import Settings, create_app, warm_up
from mockserver.loading import Loaded, Sources, load
from mockserver.pipeline.cors import OriginPolicy
from mockserver.pipeline.request import App, Receive, Scope, Send
from mockserver.sandboxes.sandbox import Sandboxes
from mockserver.server.background import Watch, tidy
from mockserver.server.log import Log, LogFormat
from mockserver.server.uvicorn_server import BindError, LogHandler, Server, listen

_FILE = click.Path(path_type=Path)
_FROM_ENVIRONMENT = {"auto_envvar_prefix": "MOCKSERVER", "show_default": True}

_contract = click.option(
    "--contract", type=_FILE, help="An OpenAPI 3.0 file to enforce instead of the packaged one."
)
_fixtures = click.option(
    "--fixtures", type=_FILE, help="A YAML file with the accounts and tokens to start with."
)


@click.group()
@click.version_option(package_name="accounts-mock")
def main() -> None:
    """Serve a mock of the docker.io Accounts API that enforces its contract."""
    take_every_text()


@main.command(context_settings=_FROM_ENVIRONMENT)
@click.option("--host", default="127.0.0.1", help="The address to listen on.")
@click.option(
    "--port", default=8080, type=click.IntRange(0, 65535), help="The port; 0 takes a free one."
)
@_fixtures
@_contract
@click.option(
    "--watch",
    "watching",
    envvar="MOCKSERVER_WATCH",
    is_flag=True,
    help="Reload contract and fixtures when they change.",
)
@click.option("--strict", is_flag=True, help="Refuse members that are not documented.")
@click.option(
    "--log-format", type=click.Choice(["text", "json"]), default="text", help="How to log."
)
@click.option(
    "--control-token",
    help="The token that the control API asks for. Off loopback, one is made up and printed if left out.",
)
@click.option(
    "--max-sandboxes",
    default=10_000,
    type=click.IntRange(1, 1_000_000),
    help="How many sandboxes there may be.",
)
@click.option("--require-sandbox", is_flag=True, help="Refuse requests that name no sandbox.")
@click.option(
    "--allow-origin",
    multiple=True,
    metavar="ORIGIN",
    help="An origin whose pages may use the control API, such as http://localhost:5173.",
)
@click.option(
    "--allow-host",
    multiple=True,
    metavar="HOST",
    help="A host name, beside loopback, under which the control API answers.",
)
def serve(
    host: str,
    port: int,
    fixtures: Path | None,
    contract: Path | None,
    watching: bool,
    strict: bool,
    log_format: LogFormat,
    control_token: str | None,
    max_sandboxes: int,
    require_sandbox: bool,
    allow_origin: tuple[str, ...],
    allow_host: tuple[str, ...],
) -> None:
    """Serve the API until Ctrl-C."""
    _replace_closed_outputs()
    # Until uvicorn listens to signals itself, and after it has shut down.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: sys.exit(0))
    sources = Sources(contract, fixtures)
    watch = Watch(sources.files()) if watching else None
    loaded = _load(sources)
    try:
        listeners = listen(host, port)
    except BindError as error:
        _fail(str(error))
    addresses = [one.getsockname() for one in listeners]
    made_up = None
    if control_token is None and not all(
        ipaddress.ip_address(one[0]).is_loopback for one in addresses
    ):
        control_token = made_up = secrets.token_urlsafe(24)
    settings = Settings(
        strict=strict,
        policy=OriginPolicy(
            frozenset(origin.rstrip("/") for origin in allow_origin),
            frozenset(name.lower() for name in (*allow_host, host) if name),
        ),
        control_token=control_token,
        require_sandbox=require_sandbox,
    )
    log = Log(_buffered(sys.stderr), log_format, control_token)
    _capture_warnings(log)
    sandboxes = Sandboxes(loaded.fixtures, max_sandboxes)
    running = _Running(sources, loaded, sandboxes, settings, log)
    url = _url(host, addresses[0])
    server = Server(running, log, lambda: _say_ready(url, log_format, loaded, made_up))
    beside = [tidy(sandboxes, log)] + ([] if watch is None else [watch.keep(running.reload)])
    try:
        with asyncio.Runner(loop_factory=server.config.get_loop_factory()) as runner:
            runner.run(_run(server, running, listeners, beside))
    finally:
        log.close()


@main.command(context_settings=_FROM_ENVIRONMENT)
@_contract
@_fixtures
def check(contract: Path | None, fixtures: Path | None) -> None:
    """Say whether contract and fixtures can be served: exit 0, or 2 with what is wrong."""
    sources = Sources(contract, fixtures)
    loaded = _load(sources)
    for path in sources.files():
        click.echo(f"{path}: good")
    world = loaded.fixtures.world
    counts = {
        "operations": loaded.contract.operations,
        "accounts": world.accounts,
        "tokens": world.tokens,
        "scenarios": loaded.fixtures.scenarios,
    }
    click.echo(", ".join(f"{len(found)} {name}" for name, found in counts.items()))


@main.command(context_settings=_FROM_ENVIRONMENT)
@_contract
@_fixtures
@click.option(
    "--server",
    default="http://127.0.0.1:8080",
    metavar="URL",
    help="The mock server that the code and “Try it” call.",
)
@click.argument("folder", metavar="DIR", type=_FILE)
def docs(contract: Path | None, fixtures: Path | None, server: str, folder: Path) -> None:
    """Write the reference to DIR, as a static site that works offline."""
    from mockserver.docs import export  # noqa: PLC0415 - serving starts sooner without

    try:
        export.check_server(server)
        loaded = _load(Sources(contract, fixtures))
        written = export.write(
            loaded.contract,
            loaded.oauth,
            loaded.control,
            loaded.fixtures.world,
            server,
            folder,
        )
    except export.ExportError as error:
        _fail(str(error))
    click.echo(f"{written} files; begin at {folder / 'index.html'}")


class _Running:
    """The application that is being served, which a reload replaces."""

    def __init__(
        self,
        sources: Sources,
        loaded: Loaded,
        sandboxes: Sandboxes,
        settings: Settings,
        log: Log,
    ) -> None:
        self._sources = sources
        self._settings = settings
        self._log = log
        self._sandboxes = sandboxes
        self._app = self._create(loaded)

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Any:
        return self._app(scope, receive, send)

    async def warm_up(self) -> None:
        """Have everything built before the first request."""
        await warm_up(self._app)

    async def reload(self, changed: list[Path]) -> None:
        """Serve what the files hold now; if they are broken, what they held before."""
        names = ", ".join(str(file) for file in changed)
        for file in self._sources.files():
            # A FIFO would keep its reader waiting, and the watch with it.
            if file.exists() and not file.is_file():
                kind = file_kind(file.stat().st_mode)
                message = (
                    f"{file} is {kind} now, which is not read; the last good version is served on"
                )
                self._log.event("reload-failed", message)
                return
        try:
            loaded = await asyncio.to_thread(load, self._sources)
            app = self._create(loaded)
            await warm_up(app)
        except DocumentError as error:
            message = f"{names} changed and is broken; the last good version is served on:\n{error}"
            self._log.event("reload-failed", message)
            return
        anew = self._sandboxes.renew(loaded.fixtures)
        self._app = app
        state = "starts anew from the fixtures in every sandbox" if anew else "is kept"
        self._log.event("reloaded", f"{names} changed and was reloaded; the state {state}")

    def _create(self, loaded: Loaded) -> App:
        return create_app(
            loaded.contract,
            loaded.oauth,
            loaded.control,
            self._sandboxes,
            self._settings,
            self._log,
        )


async def _run(
    server: Server,
    running: _Running,
    listeners: list[socket.socket],
    beside: list[Coroutine[Any, Any, None]],
) -> None:
    await running.warm_up()
    tasks = [asyncio.create_task(one) for one in beside]
    try:
        await server.serve(listeners)
    finally:
        for task in tasks:
            task.cancel()


def _load(sources: Sources) -> Loaded:
    try:
        return load(sources)
    except DocumentError as error:
        _fail(str(error))


def _fail(message: str) -> NoReturn:
    click.echo(message, err=True)
    sys.exit(2)


def _replace_closed_outputs() -> None:
    """Open what was closed of standard input, output and error, as nowhere.

    A socket would get the number of one, and libuv ends the process that closes a socket of such a number.
    """
    for number in range(3):
        try:
            os.fstat(number)
        except OSError:
            os.open(os.devnull, os.O_RDWR)  # gets the lowest number that is free
    sys.stdout = sys.stdout or open(1, "w", closefd=False)  # noqa: SIM115 - as long as the process
    sys.stderr = sys.stderr or open(2, "w", closefd=False)  # noqa: SIM115 - as long as the process


def _buffered(stream: TextIO) -> TextIO:
    """Return a stream that keeps the rest of a line that could not be written whole: standard error loses it."""
    return open(stream.fileno(), "w", encoding=stream.encoding, errors=stream.errors, closefd=False)


def _capture_warnings(log: Log) -> None:
    handler = LogHandler(log)
    for name in ("uvicorn", "asyncio"):
        logger = logging.getLogger(name)
        logger.handlers, logger.propagate = [handler], False
        logger.setLevel(logging.WARNING)
    # A form that cannot be read is the client's fault, and stands in the line of its request.
    logging.getLogger("python_multipart").setLevel(logging.CRITICAL)


def _url(host: str, address: Any) -> str:
    """Return the URL of the server for a browser on this machine."""
    ip = ipaddress.ip_address(address[0])
    name = ("127.0.0.1" if ip.version == 4 else "::1") if ip.is_unspecified else host
    return f"http://[{name}]:{address[1]}" if ":" in name else f"http://{name}:{address[1]}"


def _say_ready(url: str, style: LogFormat, loaded: Loaded, control_token: str | None) -> None:
    active = [one for one in loaded.fixtures.world.accounts.values() if one.is_active]
    logins = [f"{account.username}:{account.password}" for account in active[:5]]
    links = {"console": f"{url}/_mock/", "docs": f"{url}/docs/", "contract": f"{url}/openapi.yaml"}
    token = {} if control_token is None else {"control_token": control_token}
    if style == "json":
        line = json.dumps({"event": "ready", "url": url, **links, "logins": logins, **token})
    else:
        told = {"Ready": url, **links, "logins": ", ".join(logins), **token}
        line = "  ".join(f"{name.replace('_', ' ')}: {value}" for name, value in told.items())
    # Standard output may be closed by now; the server serves all the same.
    with suppress(OSError):
        click.echo(line)
