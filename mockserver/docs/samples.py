"""A request as code that runs as it stands: for curl, Python (httpx) and JavaScript (fetch)."""

from __future__ import annotations

import json
import pprint
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True)
class SampleRequest:
    """A request to write down.

    Attributes:
        method: The method.
        url: The whole URL.
        authorization: The value of `Authorization`; None where nobody has to log in.
        body: What is sent; None where nothing is.
        is_form: Whether the body is sent as a URL-encoded form, and not as JSON.
        is_stream: Whether the answer never ends by itself.
        is_page: Whether it is for the user's browser, which no script may send in its place.
        redirects: Whether the answer may lead to another address.
    """

    method: str
    url: str
    authorization: str | None
    body: Any
    is_form: bool = False
    is_stream: bool = False
    is_page: bool = False
    redirects: bool = False


def curl(request: SampleRequest) -> str:
    """Return the request as a command for a POSIX shell."""
    options = (" -N" if request.is_stream else "") + (" -i" if request.redirects else "")
    method = "" if request.method == "GET" else f" -X {request.method}"
    lines = [f"curl{options}{method} {_shell(request.url)}"]
    if request.authorization is not None:
        lines.append(f"-H {_shell(f'Authorization: {request.authorization}')}")
    if request.is_form:
        lines.extend(f"--data-urlencode {_shell(f'{n}={v}')}" for n, v in _fields(request).items())
    elif request.body is not None:
        lines.append("-H 'Content-Type: application/json'")
        lines.append(f"-d {_shell(json.dumps(request.body, ensure_ascii=False))}")
    return " \\\n  ".join(lines)


def python(request: SampleRequest) -> str:
    """Return the request as a Python program."""
    if request.is_page:
        return f"import webbrowser\n\nwebbrowser.open({_text(request.url)})"
    arguments = [json.dumps(request.method), _text(request.url)]
    if request.authorization is not None:
        arguments.append(f'headers={{"Authorization": {_text(request.authorization)}}}')
    if request.body is not None:
        keyword = "data=" if request.is_form else "json="
        body = _fields(request) if request.is_form else request.body
        text = pprint.pformat(body, width=72, sort_dicts=False)
        arguments.append(keyword + text.replace("\n", "\n         "))
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
    told = 'response.headers.get("location")' if request.redirects else "response.text"
    return f"import httpx\n\nresponse = httpx.request{call}\nprint(response.status_code, {told})"


def javascript(request: SampleRequest) -> str:
    """Return the request as a JavaScript module, for a browser or Node."""
    if request.is_page:
        return f"location.assign({_text(request.url)});"
    options = [] if request.method == "GET" else [f"method: {json.dumps(request.method)}"]
    headers = []
    if request.authorization is not None:
        headers.append(f"Authorization: {_text(request.authorization)}")
    if request.body is not None and not request.is_form:
        headers.append('"Content-Type": "application/json"')
    if headers:
        options.append("headers: { " + ", ".join(headers) + " }")
    if request.body is not None:
        body = _fields(request) if request.is_form else request.body
        text = json.dumps(body, ensure_ascii=False, indent=2).replace("\n", "\n  ")
        writer = "new URLSearchParams" if request.is_form else "JSON.stringify"
        options.append(f"body: {writer}({text})")
    if request.redirects:
        options.append('redirect: "manual"')
    call = f"fetch({_text(request.url)}"
    if options:
        call += ", {\n" + "".join(f"  {one},\n" for one in options) + "}"
    told = 'response.headers.get("location")' if request.redirects else "await response.text()"
    reading = (
        "for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {\n"
        "  console.log(piece);\n}"
        if request.is_stream
        else f"console.log(response.status, {told});"
    )
    return f"const response = await {call});\n{reading}"


LANGUAGES: Mapping[str, Callable[[SampleRequest], str]] = {
    "curl": curl,
    "Python": python,
    "JavaScript": javascript,
}
"""The languages, in the order in which they are shown."""


def _fields(request: SampleRequest) -> Mapping[str, str]:
    """Return the body as the fields of a form, where `true` is a text."""
    return {
        name: value if isinstance(value, str) else json.dumps(value)
        for name, value in request.body.items()
    }


def _shell(text: str) -> str:
    quoted = text.replace("'", "'\\''")
    return f"'{quoted}'"


def _text(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
