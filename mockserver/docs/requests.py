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
            for first in example.get("x-before", ()):
                if first in self._known:
                    title = self._known[first][2].raw.get("summary", first)
                    body = next(self._examples(first)).get("value")
                    yield self._sample(first, {"summary": title, "value": body}, is_first=True)
            yield self._sample(name, example, is_first=False)

    def _examples(self, name: str) -> Iterator[Mapping[str, Any]]:
        """Give the examples of the request of an operation; one without a body, where it has none."""
        _, contract, operation = self._known[name]
        before = {"x-before": operation.raw.get("x-before", ())}
        if operation.body is None:
            yield before
            return
        resolve = Members(contract.document.data).resolve
        content = resolve(operation.raw["requestBody"])["content"]
        examples = content.get(_media_type(operation), {}).get("examples", {}).values()
        for one in map(resolve, examples):
            yield {**before, **one}
        if not examples:
            yield {**before, "value": {}}

    def _sample(self, name: str, example: Mapping[str, Any], *, is_first: bool) -> Sample:
        api, contract, operation = self._known[name]
        resolve = Members(contract.document.data).resolve
        success = operation.responses[str(operation.success)].content
        login = self._login(operation)
        request = SampleRequest(
            operation.method.upper(),
            self._server + self._path(operation),
            None if login is None else LOGIN,
            example.get("value"),
            is_form=_media_type(operation) == _FORM,
            is_stream="text/event-stream" in success,
            is_page=operation.method == "get" and [*success] == ["text/html"],
            redirects=any(
                "Location" in resolve(answer).get("headers", {})
                for answer in operation.raw["responses"].values()
            ),
        )
        code = {language: write(request) for language, write in LANGUAGES.items()}
        title, about = (str(example.get(key, "")) for key in ("summary", "description"))
        return Sample(api, name, title, about, is_first, code, login)

    def _path(self, operation: Operation) -> str:
        """Return the path of an operation with the examples of its parameters; `USERNAME` for the owner."""
        values, query = {}, {}
        for one in operation.parameters:
            documented = one.raw.get("schema", {}).get("example", one.name.upper())
            example = one.raw.get("example", documented)
            values[one.name] = USERNAME if one.name == operation.owner else str(example)
            if one.location == "query" and "example" in one.raw:
                query[one.name] = example
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


def _media_type(operation: Operation) -> str:
    """Return the media type of the samples: the first of the contract that they can be written in."""
    content = () if operation.body is None else operation.body.content
    return next((name for name in content if name in _WRITTEN), _WRITTEN[0])
