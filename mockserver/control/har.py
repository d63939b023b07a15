"""The journal in the HTTP Archive format, HAR 1.2, which browsers' developer tools open.

An answer stands in it as the client has seen it: one that a fault has broken is not whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from http import HTTPStatus
from importlib.metadata import version
from typing import Any
from urllib.parse import parse_qsl

from mockserver.accounts.world import format_time
from mockserver.sandboxes.hiding import hide_parameters
from mockserver.sandboxes.journal import Entry, header_fields, shown

Json = dict[str, Any]

# A connection that broke before there was a status, as browsers export a request that has failed.
_NO_RESPONSE: Json = {
    "status": 0,
    "statusText": "",
    "httpVersion": "",
    "cookies": [],
    "headers": [],
    "content": {"size": 0, "mimeType": "", "text": ""},
    "redirectURL": "",
    "headersSize": -1,
    "bodySize": -1,
}

_STATUS_TEXTS = {status.value: status.phrase for status in HTTPStatus}


def har_head() -> Json:
    """Return the log of an archive without its entries."""
    creator = {"name": "accounts-mock", "version": version("accounts-mock")}
    return {"version": "1.2", "creator": creator}


def har_entry(entry: Entry, base: str) -> Json:
    """Return one entry; `base` is the base URL of its request, such as `http://127.0.0.1:8080/~mine`."""
    milliseconds = round(entry.seconds * 1000, 3)
    query = hide_parameters(entry.query.decode("latin-1"))
    request: Json = {
        "method": entry.method,
        "url": f"{base}{entry.path}" + (f"?{query}" if query else ""),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(header_fields(entry.request_headers)),
        "queryString": [
            {"name": name, "value": value}
            for name, value in parse_qsl(query, keep_blank_values=True)
        ],
        "headersSize": -1,
        "bodySize": entry.request_size,
    }
    if entry.request_body:
        request["postData"] = {
            "mimeType": _field(entry.request_headers, b"content-type"),
            "text": shown(entry.request_body),
        }
    return {
        "startedDateTime": format_time(entry.started),
        "time": milliseconds,
        "request": request,
        "response": _response(entry),
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "comment": _comment(entry),
        "_operation": entry.operation,
        "_username": entry.username,
    }


def _response(entry: Entry) -> Json:
    size = entry.response_size
    kind = None if entry.fault is None else entry.fault.kind
    is_truncated = kind == "truncate"
    # Where there is no body to truncate, the answer breaks off within its first line.
    if kind == "reset" or (is_truncated and not size):
        return _NO_RESPONSE
    if is_truncated:
        size //= 2  # The second half was not sent.
    return {
        **_NO_RESPONSE,
        "status": entry.status,
        "statusText": _STATUS_TEXTS.get(entry.status, ""),
        "httpVersion": "HTTP/1.1",
        "headers": _pairs(header_fields(entry.response_headers)),
        "content": {
            "size": size,
            "mimeType": _field(entry.response_headers, b"content-type"),
            "text": shown(entry.response_body[:size]),
        },
        "redirectURL": _field(entry.response_headers, b"location"),
        "bodySize": size,
    }


def _comment(entry: Entry) -> str:
    """Return the reason for the answer, its fault and the notes."""
    told = [entry.why] if entry.why is not None else []
    # The reason of a forced status names its fault.
    if entry.fault is not None and entry.code != "wanted":
        told.append(str(entry.fault))
    return "; ".join([*told, *entry.notes])


def _pairs(fields: Iterable[tuple[str, str]]) -> list[Json]:
    return [{"name": name, "value": value} for name, value in fields]


def _field(fields: Iterable[tuple[bytes, bytes]], wanted: bytes) -> str:
    """Return the value of a header field; empty if it is not there."""
    return next((value for name, value in fields if name.lower() == wanted), b"").decode("latin-1")
