"""The pages of the server itself: its health, its contracts, its console, its reference."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import orjson

from accounts_contract import Contract, read_document
from mockserver import docs
from mockserver.accounts.refusals import Unknown
from mockserver.docs.served_contract import PLACEHOLDER, ServedContract, prefix, server_url
from mockserver.fixtures import DEFAULT
from mockserver.pipeline.answer import Answer, json_answer
from mockserver.pipeline.off_loop import off_loop
from mockserver.pipeline.operation import Handler
from mockserver.pipeline.outcome import Outcome
from mockserver.pipeline.problems import Headers
from mockserver.pipeline.request import Request

_CONSOLE = Path(__file__).parents[1] / "console"
_HOME = Path(docs.__file__).parent / "pages" / "home.html"
_MEDIA_TYPES = {
    "html": b"text/html; charset=utf-8",
    "css": b"text/css; charset=utf-8",
    "js": b"text/javascript; charset=utf-8",
    "txt": b"text/plain; charset=utf-8",
}

_POLICY = (
    b"default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; "
    b"connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
)
_PAGE_HEADERS: Headers = [
    (b"content-security-policy", _POLICY),
    (b"x-content-type-options", b"nosniff"),
    (b"referrer-policy", b"no-referrer"),
]
_LINKS = {
    "console": "_mock/",
    "docs": "docs/",
    "contract": "openapi.yaml",
    "control_contract": "_mock/openapi.yaml",
    "health": "_mock/health",
}


def handlers(contract: Contract, oauth: Contract, control: Contract) -> Mapping[str, Handler]:
    """Return the operations, for a contract and those of the token flow and the control API."""
    accounts_served, control_served = ServedContract(contract), ServedContract(control)
    oauth_served = ServedContract(oauth)
    parts = (_CONSOLE / "parts").glob("*.js")
    health = {"status": "ok", "version": version("accounts-mock")}
    return {
        "get_health": lambda _, __: health,
        "get_contract_yaml": lambda request, _: accounts_served.yaml(server_url(request)),
        "get_contract_json": _json(accounts_served),
        "get_oauth_contract_yaml": lambda request, _: oauth_served.yaml(server_url(request)),
        "get_oauth_contract_json": _json(oauth_served),
        "get_control_contract_yaml": lambda request, _: control_served.yaml(server_url(request)),
        "get_control_contract_json": _json(control_served),
        "get_console": _file("index.html"),
        "get_console_style": _file("palette.css", "console.css"),
        "get_console_script": _file("console.js"),
        "get_console_part": _one_of({path.name: _file(f"parts/{path.name}") for path in parts}),
        "get_home": _home(),
        **_docs(contract, oauth, control),
    }


def _json(contract: ServedContract) -> Handler:
    # An answer of its own: JSON that was written already is no text to compare with a schema.
    return lambda request, _: json_answer(contract.json(server_url(request)))


def _home() -> Handler:
    """Return the first page, which links to all others; as JSON for those who prefer that."""
    template = _HOME.read_bytes()
    headers = _page_headers(_HOME.name)

    def serve(request: Request, _: Outcome) -> Answer:
        if _prefers_json(request.headers.get(b"accept", b"").decode("latin-1")):
            start = server_url(request).rstrip("/")
            links = {name: f"{start}/{path}" for name, path in _LINKS.items()}
            return json_answer(orjson.dumps(links))
        return Answer(200, headers, template.replace(b"{base}", prefix(request).encode()))

    return serve


def _prefers_json(accept: str) -> bool:
    """Tell whether `Accept` names JSON, and rather than a page (RFC 9110, section 12.5.1)."""
    qualities = {}
    for one in accept.lower().split(","):
        name, _, parameters = one.partition(";")
        quality = parameters.strip().removeprefix("q=") or "1"
        qualities[name.strip()] = float(quality) if quality.replace(".", "", 1).isdecimal() else 0.0
    return qualities.get("application/json", 0.0) > qualities.get("text/html", 0.0)


def _docs(contract: Contract, oauth: Contract, control: Contract) -> Mapping[str, Handler]:
    @cache
    def files() -> Mapping[str, bytes]:
        from mockserver.docs.site import build  # noqa: PLC0415 - most runs are for tests, and read no page

        # Anybody may read these pages; the logins of the world that is served they get by the control API.
        return build(contract, oauth, control, read_document(DEFAULT).data, static=False)

    async def serve(request: Request, name: str) -> Answer:
        body = (await off_loop(files)).get(name)
        if body is None:
            raise Unknown("part-unknown", "the reference has no such page; it begins at /docs/")
        server = server_url(request).encode()
        return Answer(200, _page_headers(name), body.replace(PLACEHOLDER.encode(), server))

    return {
        "get_docs": lambda request, _: serve(request, "index.html"),
        "get_docs_file": lambda request, outcome: serve(request, outcome.params["file"]),
    }


def _one_of(files: Mapping[str, Handler]) -> Handler:
    def serve(request: Request, outcome: Outcome) -> Any:
        handler = files.get(outcome.params["name"])
        if handler is None:
            raise Unknown("part-unknown", "the console has no such part")
        return handler(request, outcome)

    return serve


def _file(*names: str) -> Handler:
    body = b"".join((_CONSOLE / name).read_bytes() for name in names)
    headers = _page_headers(names[0])
    return lambda _, __: Answer(200, headers, body)


def _page_headers(name: str) -> Headers:
    return [*_PAGE_HEADERS, (b"content-type", _MEDIA_TYPES[name.rpartition(".")[2]])]
