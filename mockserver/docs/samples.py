"""A request as code that runs as it stands: for curl, Python (httpx) and JavaScript (fetch)."""

from __future__ import annotations

import json
import pprint
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class Request:
    """A request to write down.

    Attributes:
        method: The method.
        url: The whole URL.
        authorization: The value of `Authorization`; None where nobody has to log in.
        body: What is sent as JSON; None where nothing is.
        is_stream: Whether the answer never ends by itself.
    """

    method: str
    url: str
    authorization: str | None
    body: Any
    is_stream: bool = False


def curl(request: Request) -> str:
    """Return the request as a command for a POSIX shell."""
    method = "" if request.method == "GET" else f" -X {request.method}"
    lines = [f"curl{' -N' if request.is_stream else ''}{method} {_shell(request.url)}"]
    if request.authorization is not None:
        lines.append(f"-H {_shell(f'Authorization: {request.authorization}')}")
    if request.body is not None:
        lines.append("-H 'Content-Type: application/json'")
        lines.append(f"-d {_shell(json.dumps(request.body, ensure_ascii=False))}")
    return " \\\n  ".join(lines)


def python(request: Request) -> str:
    """Return the request as a Python program."""
    arguments = [json.dumps(request.method), _text(request.url)]
    if request.authorization is not None:
        arguments.append(f'headers={{"Authorization": {_text(request.authorization)}}}')
    if request.body is not None:
        body = pprint.pformat(request.body, width=72, sort_dicts=False)
        arguments.append("json=" + body.replace("\n", "\n         "))
    if request.is_stream:
        arguments.append("timeout=None")
    call = f"({', '.join(arguments)})"
    if len(call) > 72:
        call = "(\n" + "".join(f"    {one},\n" for one in arguments) + ")"
    if request.is_stream:
        return (
            f"import httpx\n\nwith httpx.stream{call} as response:\n"
            "    for line in response.iter_lines():\n        print(line, flush=True)"
        )
    return (
        f"import httpx\n\nresponse = httpx.request{call}\n"
        "print(response.status_code, response.text)"
    )


def javascript(request: Request) -> str:
    """Return the request as a JavaScript module, for a browser or Node."""
    options = [] if request.method == "GET" else [f"method: {json.dumps(request.method)}"]
    headers = []
    if request.authorization is not None:
        headers.append(f"Authorization: {_text(request.authorization)}")
    if request.body is not None:
        headers.append('"Content-Type": "application/json"')
    if headers:
        options.append("headers: { " + ", ".join(headers) + " }")
    if request.body is not None:
        body = json.dumps(request.body, ensure_ascii=False, indent=2).replace("\n", "\n  ")
        options.append(f"body: JSON.stringify({body})")
    call = f"fetch({_text(request.url)}"
    if options:
        call += ", {\n" + "".join(f"  {one},\n" for one in options) + "}"
    reading = (
        "for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {\n"
        "  console.log(piece);\n}"
        if request.is_stream
        else "console.log(response.status, await response.text());"
    )
    return f"const response = await {call});\n{reading}"


LANGUAGES: Mapping[str, Callable[[Request], str]] = {
    "curl": curl,
    "Python": python,
    "JavaScript": javascript,
}
"""The languages, in the order in which they are shown."""


def _shell(text: str) -> str:
    quoted = text.replace("'", "'\\''")
    return f"'{quoted}'"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
