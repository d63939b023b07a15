"""The requests of an operation that its contract shows, as code; those that must be sent first before them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from urllib.parse import quote, urlencode

from accounts_contract import Contract, Operation
from mockserver.docs.members import Members
from mockserver.docs.samples import LANGUAGES, SampleRequest

# Stand in the code for what the page of a reader fills in.
LOGIN = "\ue000"
USERNAME = "\ue001"

_FORM = "application/x-www-form-urlencoded"
_WRITTEN = ("application/json", _FORM)  # the media types that samples are written in


@dataclass(frozen=True, slots=True)
class Sample:
    """A request as code, by language, with `LOGIN` and `USERNAME` in it.

    Attributes:
        api: The contract of its operation, by the name that it has in the reference.
        operation: The id of the operation.
        title: What it shows.
        description: More about it.
        is_first: Whether it is of another operation, and must be sent before the one that follows.
        code: The code.
        login: What takes the place of `LOGIN`; None where nobody has to log in.
    """

    api: str
    operation: str
    title: str
    description: str
    is_first: bool
    code: Mapping[str, str]
    login: str | None


@dataclass(frozen=True, slots=True)
class _Example:
    title: str
    description: str
    body: Any
    before: Sequence[str]


class Samples:
    """A writer of samples.

    Args:
        contracts: The contracts by the names that they have in the reference.
        server: The base URL that the code calls.
        state: The world whose tokens the code sends, as JSON data.
        username: Whose account the code opens.
    """

    def __init__(
        self,
        contracts: Mapping[str, Contract],
        server: str,
        state: Mapping[str, Any],
        username: str,
    ) -> None:
        self._server = server
        self._tokens: Sequence[Mapping[str, Any]] = state.get("tokens", ())
        self._username = username
        self._known = {
            operation.id: (api, contract, operation)
            for api, contract in contracts.items()
            for operation in contract.operations.values()
        }

    def of(self, name: str) -> Iterator[Sample]:
        """Give the samples of an operation, each behind those that must be sent first."""
        for example in self._examples(name):
            for first in example.before:
                if first in self._known:
                    raw = _raw(*self._known[first][1:])
                    shown = _Example(str(raw.get("summary", first)), "", self._body(first), ())
                    yield self._sample(first, shown, is_first=True)
            yield self._sample(name, example, is_first=False)

    def _body(self, name: str) -> Any:
        return next(self._examples(name)).body

    def _examples(self, name: str) -> Iterator[_Example]:
        """Give the examples of the request of an operation; one without a body, where it has none."""
        _, contract, operation = self._known[name]
        raw = _raw(contract, operation)
        resolve = Members(contract.document.data).resolve
        before = raw.get("x-before", ())
        if operation.body is None:
            yield _Example("", "", None, before)
            return
        content = resolve(raw["requestBody"])["content"]
        examples = content.get(_media_type(operation), {}).get("examples", {}).values()
        for one in map(resolve, examples):
            yield _Example(
                str(one.get("summary", "")),
                str(one.get("description", "")),
                one.get("value"),
                one.get("x-before", before),
            )
        if not examples:
            yield _Example("", "", {}, before)

    def _sample(self, name: str, example: _Example, *, is_first: bool) -> Sample:
        api, contract, operation = self._known[name]
        success = operation.responses[str(operation.success)].content
        redirects = any(
            "Location" in headers for headers in _headers_of_answers(contract, operation)
        )
        login = self._login(operation)
        request = SampleRequest(
            operation.method.upper(),
            self._server + self._path(contract, operation),
            None if login is None else LOGIN,
            example.body,
            is_form=_media_type(operation) == _FORM,
            is_stream="text/event-stream" in success,
            is_page=operation.method == "get" and [*success] == ["text/html"],
            redirects=redirects,
        )
        code = {language: write(request) for language, write in LANGUAGES.items()}
        return Sample(api, name, example.title, example.description, is_first, code, login)

    def _path(self, contract: Contract, operation: Operation) -> str:
        """Return the path of an operation with the examples of its parameters; `USERNAME` for the owner."""
        values, query = {}, {}
        for parameter in parameters(contract, operation):
            name = parameter["name"]
            example = parameter.get(
                "example", parameter.get("schema", {}).get("example", name.upper())
            )
            values[name] = USERNAME if name == operation.owner else str(example)
            if parameter["in"] == "query" and "example" in parameter:
                query[name] = parameter["example"]
        path = operation.fill(values).replace(quote(USERNAME), USERNAME)
        return f"{path}?{urlencode(query)}" if query else path

    def _login(self, operation: Operation) -> str | None:
        """Return the `Authorization` of the samples: a token of the user, with as few scopes as will do."""
        if operation.owner is None:
            return None
        fitting = [
            token
            for token in self._tokens
            if token["username"] == self._username
            and operation.scopes <= set(token["scopes"])
            and not token.get("revoked")
            and token.get("expires_at") is None
        ]
        best = min(fitting, key=lambda token: len(token["scopes"]), default={"token": "TOKEN"})
        return f"Bearer {best['token']}"


def parameters(contract: Contract, operation: Operation) -> Iterator[Mapping[str, Any]]:
    """Give the parameters of an operation as its contract has them."""
    item = contract.document.data["paths"][operation.path]
    resolve = Members(contract.document.data).resolve
    for parameter in (*item.get("parameters", ()), *item[operation.method].get("parameters", ())):
        yield resolve(parameter)


def _raw(contract: Contract, operation: Operation) -> Mapping[str, Any]:
    found: Mapping[str, Any] = contract.document.data["paths"][operation.path][operation.method]
    return found


def _headers_of_answers(contract: Contract, operation: Operation) -> Iterator[Mapping[str, Any]]:
    resolve = Members(contract.document.data).resolve
    for answer in _raw(contract, operation)["responses"].values():
        yield resolve(answer).get("headers", {})


def _media_type(operation: Operation) -> str:
    """Return the media type of the samples: the first of the contract that they can be written in."""
    content = () if operation.body is None else operation.body.content
    return next((name for name in content if name in _WRITTEN), _WRITTEN[0])
