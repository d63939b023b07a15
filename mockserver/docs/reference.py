"""The facts of the reference about each operation, read from its contract."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from accounts_contract import Contract, Operation
from accounts_contract.codes import Code, read_codes
from accounts_contract.documents import follow
from mockserver.docs.samples import LANGUAGES, Request

# Stand in the code for what the page of a reader fills in.
LOGIN = "\ue000"
USERNAME = "\ue001"

_PAGES = "pages"  # the tag of operations that are for browsers


@dataclass(frozen=True, slots=True)
class Answer:
    """The answer of an operation with one status; `examples` are titles and JSON data."""

    status: str
    description: str
    requirement: Mapping[str, str]
    codes: Sequence[Code]
    examples: Sequence[tuple[str, Any]]


@dataclass(frozen=True, slots=True)
class Section:
    """One operation. `code` is by language, with `LOGIN` and `USERNAME` in it."""

    id: str
    method: str
    path: str
    tag: str
    summary: str
    description: str
    scopes: Sequence[str]
    owner: str | None
    public: bool
    shared: bool
    media_types: Sequence[str]
    answers: Sequence[Answer]
    code: Mapping[str, str]
    login: str | None
    is_stream: bool


def sections(
    contract: Contract, server: str, state: Mapping[str, Any], username: str
) -> Iterator[Section]:
    """Return the operations of a contract that are for programs.

    Args:
        contract: The contract.
        server: The base URL that the code calls.
        state: The world whose tokens the code sends, as JSON data.
        username: Whose account the code opens.
    """
    data = contract.document.data
    known = read_codes(contract)
    for operation in contract.operations.values():
        item = data["paths"][operation.path]
        raw = item[operation.method]
        tags = raw.get("tags", ["operations"])
        if _PAGES in tags:
            continue
        scopes = operation.scope.split()
        login = _login(operation, scopes, state.get("tokens", ()), username)
        path = _filled(contract, item, operation)
        request = Request(
            operation.method.upper(),
            server + path,
            None if login is None else LOGIN,
            _example_body(operation),
            "text/event-stream" in operation.responses[str(operation.success)].content,
        )
        yield Section(
            id=operation.id,
            method=request.method,
            path=operation.path,
            tag=tags[0],
            summary=raw.get("summary", operation.id),
            description=raw.get("description", ""),
            scopes=scopes,
            owner=operation.owner,
            public=not operation.security,
            shared=raw.get("x-shared") is True,
            media_types=[] if operation.body is None else [*operation.body.content],
            answers=list(_answers(contract, operation, raw, known)),
            code={name: write(request) for name, write in LANGUAGES.items()},
            login=login,
            is_stream=request.is_stream,
        )


def _answers(
    contract: Contract, operation: Operation, raw: Mapping[str, Any], known: Sequence[Code]
) -> Iterator[Answer]:
    for status, response in operation.responses.items():
        described = _resolved(contract, raw["responses"][status])
        examples = [
            (_resolved(contract, example).get("summary", name), media.examples[name])
            for media in response.content.values()
            for name, example in described["content"][media.name].get("examples", {}).items()
        ]
        yield Answer(
            status,
            response.description,
            response.requirement,
            [code for code in known if code.is_of(operation, status)],
            examples,
        )


def _resolved(contract: Contract, raw: Any) -> Any:
    for _ in range(32):
        if not isinstance(raw, Mapping) or "$ref" not in raw:
            break
        raw = follow(contract.document.data, raw["$ref"])
    return raw


def _filled(contract: Contract, item: Mapping[str, Any], operation: Operation) -> str:
    """Return the path of an operation with the examples of its parameters; `USERNAME` for the owner."""
    values, query = {}, {}
    raw = item[operation.method]
    for parameter in (*item.get("parameters", ()), *raw.get("parameters", ())):
        parameter = _resolved(contract, parameter)
        name = parameter["name"]
        example = parameter.get("example", parameter.get("schema", {}).get("example", name.upper()))
        values[name] = USERNAME if name == operation.owner else str(example)
        if parameter["in"] == "query" and "example" in parameter:
            query[name] = parameter["example"]
    path = operation.fill(values).replace(quote(USERNAME), USERNAME)
    return f"{path}?{urlencode(query)}" if query else path


def _example_body(operation: Operation) -> Any:
    if operation.body is None:
        return None
    media = operation.body.content.get("application/json")
    return next(iter(media.examples.values()), {}) if media is not None else {}


def _login(
    operation: Operation, scopes: Sequence[str], tokens: Sequence[Mapping[str, Any]], username: str
) -> str | None:
    """Return the `Authorization` of the samples: a token of the user, with as few scopes as will do."""
    if operation.owner is None:
        return None
    fitting = [
        token
        for token in tokens
        if token["username"] == username
        and set(scopes) <= set(token["scopes"])
        and not token.get("revoked")
        and token.get("expires_at") is None
    ]
    best = min(fitting, key=lambda token: len(token["scopes"]), default={"token": "TOKEN"})
    return f"Bearer {best['token']}"
