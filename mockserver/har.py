"""The journal in the HTTP Archive format, HAR 1.2, which browsers' developer tools open."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from http import HTTPStatus
from importlib.metadata import version
from typing import Any
from urllib.parse import parse_qsl

from mockserver.journal import Entry, header_fields, shown
from mockserver.world import format_time

Json = dict[str, Any]

_STATUS_TEXTS = {status.value: status.phrase for status in HTTPStatus}


def har(entries: Iterable[Entry], base: str, redact: Callable[[str], str]) -> Json:
    """Entries as a HAR log; `base` is their base URL, such as `http://127.0.0.1:8080/~mine`."""
    return {
        "log": {
            "version": "1.2",
            "creator": {"name": "accounts-mock", "version": version("accounts-mock")},
            "entries": [_entry(entry, base, redact) for entry in entries],
        }
    }


def _entry(entry: Entry, base: str, redact: Callable[[str], str]) -> Json:
    milliseconds = round(entry.seconds * 1000, 3)
    query = entry.query.decode("latin-1")
    request: Json = {
        "method": entry.method,
        "url": redact(f"{base}{entry.path}" + (f"?{query}" if query else "")),
        "httpVersion": "HTTP/1.1",
        "cookies": [],
        "headers": _pairs(header_fields(entry.request_headers, redact)),
        "queryString": [
            {"name": redact(name), "value": redact(value)}
            for name, value in parse_qsl(query, keep_blank_values=True)
        ],
        "headersSize": -1,
        "bodySize": entry.request_size,
    }
    if entry.request_body:
        request["postData"] = {
            "mimeType": _media_type(entry.request_headers),
            "text": shown(entry.request_body, redact),
            "params": [],
        }
    return {
        "startedDateTime": format_time(entry.started),
        "time": milliseconds,
        "request": request,
        "response": {
            "status": entry.status,
            "statusText": _STATUS_TEXTS.get(entry.status, ""),
            "httpVersion": "HTTP/1.1",
            "cookies": [],
            "headers": _pairs(header_fields(entry.response_headers, redact)),
            "content": {
                "size": entry.response_size,
                "mimeType": _media_type(entry.response_headers),
                "text": shown(entry.response_body, redact),
            },
            "redirectURL": "",
            "headersSize": -1,
            "bodySize": entry.response_size,
        },
        "cache": {},
        "timings": {"send": 0, "wait": milliseconds, "receive": 0},
        "comment": entry.why or "",
    }


def _pairs(fields: Iterable[tuple[str, str]]) -> list[Json]:
    return [{"name": name, "value": value} for name, value in fields]


def _media_type(fields: Iterable[tuple[bytes, bytes]]) -> str:
    for name, value in fields:
        if name.lower() == b"content-type":
            return value.decode("latin-1")
    return ""
