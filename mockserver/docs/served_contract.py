"""A contract as it is served: first among its `servers` is the server that it came from."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from functools import cached_property
from typing import Any

import orjson
import yaml

from accounts_contract import Contract, Document
from mockserver.pipeline.request import Request

MARK = "x-mock"
"""Marks a server that a mock server has added: its address is not where the paths of the contract begin."""

PLACEHOLDER = "http://mock-server.invalid"
"""Stands for the address of the server in what is made once for all readers."""

_HOST = re.compile(r"(\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._-]+)(:[0-9]+)?")
_UP_TO_VALUE = re.compile(r":(\s|#[^\n]*)*")
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
        # What is not written in blocks, such as JSON, is written anew.
        written = _with_entry(self._document)
        return written or json.dumps(self.data, indent=2, ensure_ascii=False) + "\n"


def _with_entry(document: Document) -> str | None:
    """Return the text of a document with our entry at the head of its servers; None where it has no place for it."""
    root, text = document.root, document.text
    if not isinstance(root, yaml.MappingNode) or root.flow_style or not root.value:
        return None
    first = root.value[0][0].start_mark
    if first.index != root.start_mark.index:
        return None
    for key, servers in root.value:
        if key.value == "servers":
            return _in_list(text, key, servers)
    if "servers" in document.data:  # merged in from elsewhere
        return None
    entry = _entry(first.column)
    return f"{text[: first.index]}servers:\n{' ' * first.column}{entry}{text[first.index :]}"


def _in_list(text: str, key: yaml.Node, servers: yaml.Node) -> str | None:
    start, end = servers.start_mark, servers.start_mark.index
    between = text[key.end_mark.index : start.index]
    if not isinstance(servers, yaml.SequenceNode) or servers.flow_style or text[end] != "-":
        return None
    if not _UP_TO_VALUE.fullmatch(between):  # an alias: the list stands elsewhere
        return None
    marked = [_is_marked(one) for one in servers.value]
    ours = marked.index(False) if False in marked else len(marked)
    if any(marked[ours:]):
        return None
    if ours == len(marked):
        end = servers.end_mark.index
    elif ours:
        end = text.rindex("-", 0, servers.value[ours].start_mark.index)
    return text[: start.index] + _entry(start.column) + text[end:]


def _is_marked(server: yaml.Node) -> bool:
    return isinstance(server, yaml.MappingNode) and any(
        key.value == MARK and value.value == "true" for key, value in server.value
    )


def _entry(column: int) -> str:
    lines = [f"{name}: {json.dumps(value)}" for name, value in _ENTRY.items()]
    return "- " + f"\n{' ' * (column + 2)}".join(lines) + f"\n{' ' * column}"
