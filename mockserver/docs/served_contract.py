"""A contract as it is served: first among its `servers` is the server that it came from."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import orjson

from accounts_contract import Contract, DocumentError
from accounts_contract.documents import parse_document
from mockserver.pipeline.request import Request

MARK = "x-mock"
"""Marks a server that a mock server has added: its address is not where the paths of the contract begin."""

PLACEHOLDER = "http://mock-server.invalid"
"""Stands for the address of the server in what is made once for all readers."""

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]+)?")
_MARKED = re.compile(rf'(- url: )".*"(?=\n +description: .*\n +{MARK}: true\n)')
_SERVERS = re.compile(
    r"^servers:[ \t]*(#.*)?\r?\n([ \t]*(#.*)?\r?\n)*(?P<margin> *)(?=- )", re.MULTILINE
)
_HEAD = re.compile("^(?=openapi:)", re.MULTILINE)
_ENTRY = {"url": PLACEHOLDER, "description": "The mock server that this was read from.", MARK: True}


def own_servers(data: Mapping[str, Any]) -> list[Any]:
    """Return the servers of a contract, without those that a mock server has added."""
    return [one for one in data.get("servers", ()) if not one.get(MARK)]


def server_url(request: Request) -> str:
    """Return the base URL of the API as the reader reaches it, with the sandbox that the reader is in."""
    host = request.headers.get(b"host", b"").decode("latin-1")
    secure = request.headers.get(b"x-forwarded-proto") == b"https"
    # A host that is none is not repeated: what stays is an address relative to the server.
    start = f"http{'s' if secure else ''}://{host}" if _HOST.fullmatch(host) else ""
    return start + prefix(request) or "/"


def prefix(request: Request) -> str:
    """Return the prefix of all paths in the sandbox of the reader."""
    return f"/~{request.sandbox.name}" if request.sandbox.name else ""


class ServedContract:
    """A contract, ready to be served to anybody."""

    def __init__(self, contract: Contract) -> None:
        self._document = contract.document

    def yaml(self, server: str) -> bytes:
        """Return the text as it was written, with a server first among its servers."""
        return self._yaml.replace(PLACEHOLDER, server).encode()

    def json(self, server: str) -> bytes:
        """Return the same as JSON."""
        return self._json.replace(PLACEHOLDER.encode(), server.encode())

    @cached_property
    def data(self) -> dict[str, Any]:
        """The contract as data; the address of the server is `PLACEHOLDER`."""
        data: dict[str, Any] = {**self._document.data}
        data["servers"] = [_ENTRY, *own_servers(data)]
        return data

    @cached_property
    def _json(self) -> bytes:
        return orjson.dumps(self.data)

    @cached_property
    def _yaml(self) -> str:
        text = _with_entry(self._document.text)
        try:
            is_whole = parse_document(text, self._document.file, trusted=True).data == self.data
        except DocumentError:
            is_whole = False
        # What has no place for the entry, such as JSON, is written anew.
        return text if is_whole else json.dumps(self.data, indent=2, ensure_ascii=False) + "\n"


def _with_entry(text: str) -> str:
    """Return a text with our entry at the head of its servers, where people write them in blocks."""
    marked, count = _MARKED.subn(rf'\g<1>"{PLACEHOLDER}"', text)
    if count:
        return marked
    if servers := _SERVERS.search(text):
        margin = servers["margin"]
        return text[: servers.end()] + f"{_entry(margin)}{margin}" + text[servers.end() :]
    return _HEAD.sub(f"servers:\n{_entry('')}", text, count=1)


def _entry(margin: str) -> str:
    lines = [f"{name}: {json.dumps(value)}\n" for name, value in _ENTRY.items()]
    return "- " + f"{margin}  ".join(lines)
