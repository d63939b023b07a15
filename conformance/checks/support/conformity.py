"""Schemathesis's own checks, on every exchange of an operation; their findings are booked under our ids."""

from __future__ import annotations

import copy
from collections.abc import Sequence
from functools import cache, lru_cache
from typing import Any, NamedTuple, cast

import requests
import schemathesis
from schemathesis import Case, Response
from schemathesis.checks import CHECKS, CheckFunction
from schemathesis.core.failures import Failure, FailureGroup
from schemathesis.openapi.checks import JsonSchemaError

from conformance.catalogue.requirements import catalogue, packaged_contract, slug
from conformance.wire.exchange import Exchange, NotJson, read_json

_STATUS = ("not_a_server_error", "status_code_conformance")
_SUCCESS = (
    "content_type_conformance",
    "response_headers_conformance",
    "response_schema_conformance",
)
"""On a refusal the text leaves body, media type and header fields open: these judge answers of success only."""
_BOM = b"\xef\xbb\xbf"

_RIGHT_ALL_THE_SAME = {
    400: "any server may refuse what it takes for a malformed request (RFC 9110, section 15.5.1)",
    405: "of another method (RFC 9110, section 15.5.6)",
    414: "left open for large requests",
    431: "left open for large requests",
}
"""Statuses that not every operation documents, with the reason why they are right all the same."""


class Problem(NamedTuple):
    """A finding about one answer: the requirement that it breaks, in words, and without the values of this run."""

    requirement: str
    actual: str
    deviation: str


def problems(exchange: Exchange) -> tuple[list[str], list[Problem]]:
    """Judge an answer of an operation by the contract alone.

    Returns:
        The requirements that were judged, and the findings.
    """
    # The contract documents the plain JSON media type; the text takes any.
    media_type = "application/json" if exchange.is_json else exchange.header("Content-Type")
    judged, found = _problems(
        exchange.operation, exchange.status, media_type, exchange.response.body
    )
    documented = packaged_contract().operations[exchange.operation].body
    headers = {name.lower(): value for name, value in exchange.request.headers}
    sent = headers.get("content-type", "").partition(";")[0].strip().lower()
    if exchange.request.body and documented is not None and sent not in documented.content:
        # Answers to a body of a media type that is not documented are left open.
        open_ = f"{slug(exchange.operation)}/documented-answers"
        judged = [one for one in judged if one != open_]
        found = [one for one in found if one.requirement != open_]
    return judged, found


@lru_cache(maxsize=512)  # many answers of a run are the same
def _problems(
    operation: str, status: int, media_type: str | None, body: bytes
) -> tuple[list[str], list[Problem]]:
    op = slug(operation)
    judged = [f"{op}/documented-answers"]
    found: dict[str, Problem] = {}

    def book(requirement: str, words: str, deviation: str = "") -> None:
        known = found.get(requirement)
        if known is None:
            found[requirement] = Problem(requirement, words, deviation or words)
        elif words not in known.actual:
            found[requirement] = known._replace(actual=f"{known.actual}; {words}")

    if not _is_documented(operation, status):
        book(judged[0], f"status {status}")
    if status == packaged_contract().operations[operation].success and status != 204:
        shapes = (f"{op}/members", f"{op}/answers-address", f"{op}/success")
        shape = next(one for one in shapes if one in catalogue())
        joined = [one for one in (f"{op}/date-joined",) if one in catalogue()]
        judged += [f"{op}/json", f"{op}/no-byte-order-mark", shape, *joined]
        content = body.removeprefix(_BOM)
        for failure in _failures(operation, _SUCCESS, status, media_type, content):
            if not isinstance(failure, JsonSchemaError):
                book(f"{op}/json", _words(failure))
            elif not (
                # 1.0 is a whole number by the text, and not by the validator.
                isinstance(failure.instance, float)
                and failure.instance.is_integer()
                and '"integer"' in failure.message
            ):
                about_date = joined and "date-time" in failure.message
                book(joined[0] if about_date else shape, _words(failure))
        if f"{op}/json" not in found:
            # NaN and Infinity are taken by the parser of schemathesis.
            try:
                read_json(body)
            except NotJson as error:
                book(f"{op}/json", str(error), "no JSON")
        if f"{op}/json" in found:
            judged.remove(shape)  # what is no JSON has no members
        if body.startswith(_BOM):
            book(f"{op}/no-byte-order-mark", "a byte order mark before the JSON")
    return judged, list(found.values())


@cache
def _is_documented(operation: str, status: int) -> bool:
    return status in _RIGHT_ALL_THE_SAME or not _failures(operation, _STATUS, status, None, b"")


def _words(failure: Failure) -> str:
    """Describe a failure in a line: where, and what."""
    place = "/".join(map(str, getattr(failure, "instance_path", ())))
    first = failure.message.strip().splitlines()[0] if failure.message.strip() else failure.title
    return f"{place}: {first}" if place else first


def _failures(
    operation: str, names: Sequence[str], status: int, media_type: str | None, body: bytes
) -> Sequence[Failure]:
    response = response_of(status, media_type, body)
    try:
        _case(operation).validate_response(
            response, checks=[cast("CheckFunction", CHECKS.get_one(name)) for name in names]
        )
    except FailureGroup as group:
        # In no certain order, as they come.
        return sorted(group.exceptions, key=lambda one: (one.title, one.message))
    return ()


def response_of(status: int, media_type: str | None, body: bytes) -> Response:
    """Return an answer as schemathesis has it, to a request of no account: nobody looks at that."""
    headers = {} if media_type is None else {"content-type": [media_type]}
    return Response(status, headers, body, request=_request(), elapsed=0.0, verify=True)


@cache
def _request() -> requests.PreparedRequest:
    return requests.Request("GET", "http://localhost/").prepare()


@cache
def _case(operation: str) -> Case[Any]:
    """Return a case of schemathesis, for its checks: they look at nothing of it but its operation."""
    one = packaged_contract().operations[operation]
    data = copy.deepcopy(packaged_contract().document.data)
    found: Case[Any] = schemathesis.openapi.from_dict(data)[one.path][one.method.upper()].Case(
        path_parameters={part.name: "x" for part in one.parameters if part.location == "path"}
    )
    return found
