"""What the server shows of itself: its health, its contract, its console."""

from __future__ import annotations

from collections.abc import Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from accounts_contract import Contract
from mockserver.endpoint import Handler
from mockserver.exchange import Answer, Exchange
from mockserver.problems import Headers
from mockserver.refusals import Unknown

_CONSOLE = Path(__file__).parents[1] / "console"
_PARTS = _CONSOLE / "parts"
_SCRIPT = b"text/javascript; charset=utf-8"

_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)


def handlers(contract: Contract) -> Mapping[str, Handler]:
    """The operations, for a contract."""
    health = {"status": "ok", "version": version("accounts-mock")}
    return {
        "get_health": lambda _, __: health,
        "get_contract_yaml": _constant(contract.document.text.encode()),
        "get_contract_json": _json(orjson.dumps(contract.document.data)),
        "get_console": _file("index.html", b"text/html; charset=utf-8"),
        "get_console_style": _file("console.css", b"text/css; charset=utf-8"),
        "get_console_script": _file("console.js", _SCRIPT),
        "get_console_part": _one_of(
            {path.name: _file(f"parts/{path.name}", _SCRIPT) for path in _PARTS.glob("*.js")}
        ),
    }


def _constant(body: bytes) -> Handler:
    return lambda _, __: body


def _json(body: bytes) -> Handler:
    # An answer of its own: JSON that was written already is no text to compare with a schema.
    return lambda _, __: Answer(200, [(b"content-type", b"application/json")], body)


def _one_of(files: Mapping[str, Handler]) -> Handler:
    def serve(exchange: Exchange, body: Any) -> Any:
        handler = files.get(exchange.params["name"])
        if handler is None:
            raise Unknown("part-unknown", "the console has no such part")
        return handler(exchange, body)

    return serve


def _file(name: str, media_type: bytes) -> Handler:
    body = (_CONSOLE / name).read_bytes()
    headers: Headers = [
        (b"content-type", media_type),
        (b"content-security-policy", _POLICY),
        (b"x-content-type-options", b"nosniff"),
        (b"referrer-policy", b"no-referrer"),
    ]

    def serve(_: Exchange, __: Any) -> Answer:
        return Answer(200, headers, body)

    return serve
