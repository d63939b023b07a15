"""The way of a request through its operation: access, body, rule, response check.

Connexion's `RoutedMiddleware` hands each request to the endpoint of its operation. An endpoint holds
everything that the contract says about the operation, compiled when the server starts.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from itertools import islice
from typing import Any

import orjson

from accounts_contract import Operation, Schema, Violation, format_pointer
from mockserver.accounts.refusals import Refusal, Unknown
from mockserver.pipeline.body import BodyReader, read_body
from mockserver.pipeline.connexion_doors import (
    AbstractOperation,
    Resolver,
    RoutedAPI,
    RoutedMiddleware,
    Specification,
)
from mockserver.pipeline.exchange import EXCHANGE, Answer, App, Exchange, Receive, Scope, Send
from mockserver.pipeline.faults import applied, breaches, effect_on, spoil, staged
from mockserver.pipeline.problems import MAX_ERRORS, Headers, Problem, response_breaks_contract

Admit = Callable[[Exchange], None]
"""Lets a request in, and notes who is calling; or raises the Problem that refuses it."""

Handler = Callable[[Exchange, Any], Any]
"""Carries an operation out: takes the request and its body as JSON data, gives JSON data back, or the
bytes of another media type, or None, or a whole Answer; or raises a Refusal."""

# What the machinery answers by itself; a contract need not list these for every operation.
_MACHINERY = frozenset({405, 413, 414, 415, 431})


class Endpoint:
    """One operation, ready to serve."""

    __slots__ = (
        "_admit",
        "_can_fail",
        "_handler",
        "_operation",
        "_reader",
        "_responses",
        "_strict",
        "_success",
        "_wanted_headers",
    )

    def __init__(
        self,
        operation: Operation,
        admit: Admit,
        handler: Handler,
        *,
        strict: bool = False,
        can_fail: bool = False,
        wanted_headers: Mapping[int, Headers] | None = None,
    ) -> None:
        self._can_fail = can_fail
        self._operation = operation
        self._admit = admit
        self._handler = handler
        self._strict = strict
        self._success = operation.success
        self._reader = BodyReader(operation.body) if operation.body is not None else None
        self._wanted_headers = dict(wanted_headers or {})
        if self._reader is not None:
            self._wanted_headers[415] = self._reader.accept
        self._responses = {
            int(status): _response_check(operation, int(status))
            for status in operation.responses
            if status.isdigit()
        }

    def __call__(self, scope: Scope, receive: Receive, send: Send) -> Awaitable[None]:
        """Serve a request; the answer is left in its exchange."""
        exchange: Exchange = scope[EXCHANGE]
        if self._can_fail and (exchange.sandbox.faults.rules or b"prefer" in exchange.headers):
            return self._serve_with_faults(exchange)
        return self._serve(exchange)

    async def _serve_with_faults(self, exchange: Exchange) -> None:
        owner = exchange.params.get(self._operation.owner or "")
        effect = effect_on(exchange, self._operation.id, owner)
        if effect is not None and effect.wait:
            await asyncio.sleep(effect.wait)
        if effect is not None and effect.code is not None:
            with suppress(Problem):  # nobody has to log in here; the journal tells who did
                self._admit(exchange)
            if self._reader is not None:
                with suppress(Problem):  # too large a body is no reason to answer anything else
                    await exchange.read()
            headers = self._wanted_headers.get(effect.code, [])
            exchange.answer = staged(exchange, self._operation, effect, effect.code, headers)
        else:
            await self._serve(exchange)
        answer = exchange.answer
        if effect is None or answer is None:
            return
        if effect.fault is not None:
            spoil(answer, effect.fault)
        exchange.notes += breaches(answer, self._operation)
        answer.headers = [*answer.headers, *applied(exchange, effect, answer)]

    async def _serve(self, exchange: Exchange) -> None:
        try:
            self._admit(exchange)
            body = None if self._reader is None else await self._body(exchange, self._reader)
            data = self._handler(exchange, body)
            exchange.answer = (
                data if isinstance(data, Answer) else self._answer(self._success, data)
            )
        except Problem as problem:
            if exchange.undo is not None:
                exchange.undo()
            self._refuse(exchange, problem)
        except Refusal as refusal:
            status = 404 if isinstance(refusal, Unknown) else 400
            violations = refusal.violations
            self._refuse(exchange, Problem(status, refusal.code, refusal.detail, violations))

    async def _body(self, exchange: Exchange, reader: BodyReader) -> Any:
        headers = exchange.headers
        content_type = headers.get(b"content-type", b"")
        content_encoding = headers.get(b"content-encoding", b"")
        media = reader.media_type(content_type, content_encoding)
        raw = await exchange.read()
        if not raw and not reader.required:
            return None
        body = read_body(media, content_type, raw)
        schema = media.schema
        if schema is None:
            return body
        violations = [] if schema.is_valid(body) else schema.violations(body)
        known = schema.known_members
        if known is not None and isinstance(body, dict) and not known.issuperset(body):
            # Some of them are enough: there may be very many.
            unknown = list(islice((one for one in body if one not in known), MAX_ERRORS))
            if self._strict:
                told = {violation.pointer for violation in violations}
                found = [_unknown_member(name, known) for name in unknown]
                violations += [one for one in found if one.pointer not in told]
            else:
                names = ", ".join(name[:40] for name in unknown[:10])
                exchange.notes.append(f"ignored members: {names}")
        if violations:
            raise _invalid(violations)
        return body

    def _answer(self, status: int, data: Any, extra: Headers | None = None) -> Answer:
        """The answer with some data, after the check that the contract allows it. Raises Problem."""
        check = self._responses.get(status)
        if check is None:
            check = _response_check(self._operation, status)
        media_type, schema = check
        if media_type is None:
            if data is not None:
                detail = f"no body is documented for {status}"
                raise response_breaks_contract(self._operation.id, detail)
            return Answer(status, extra or [], b"")
        raw = data if isinstance(data, bytes) else orjson.dumps(data)
        if schema is not None:
            data = data.decode() if isinstance(data, bytes) else data
            if not schema.is_valid(data):
                first = schema.violations(data)[0]
                detail = f"{first.pointer or 'the body'} {first.detail}"
                raise response_breaks_contract(self._operation.id, detail)
        headers = [(b"content-type", media_type)]
        return Answer(status, headers + extra if extra else headers, raw)

    def _refuse(self, exchange: Exchange, problem: Problem) -> None:
        """Answer with a problem, if the contract documents it."""
        exchange.refuse(problem)
        if problem.status in _MACHINERY and self._operation.response(problem.status) is None:
            return
        try:
            if problem.status < 500:
                exchange.answer = self._answer(problem.status, problem.data(), problem.headers)
        except Problem as defect:
            exchange.refuse(defect)


def _response_check(operation: Operation, status: int) -> tuple[bytes | None, Schema | None]:
    """The media type and the schema that the contract documents for a status. Raises Problem."""
    response = operation.response(status)
    if response is None:
        raise response_breaks_contract(operation.id, f"the status {status} is not documented")
    for name, media in response.content.items():
        return name.encode("latin-1"), media.schema
    return None, None


def _invalid(violations: list[Violation]) -> Problem:
    sentences = [
        f"{one.pointer.removeprefix('/') or 'the body'} {one.detail}" for one in violations[:5]
    ]
    if len(violations) > 5:
        sentences.append(f"and {len(violations) - 5} more")
    return Problem(400, "body-invalid", "; ".join(sentences), violations)


def _unknown_member(name: str, known: frozenset[str]) -> Violation:
    detail = f"is not documented (documented are {', '.join(sorted(known))})"
    return Violation(format_pointer([name]), detail)


class EndpointAPI(RoutedAPI[Endpoint]):  # type: ignore[misc]  # connexion ships no types
    """The endpoints of one contract."""

    def __init__(
        self,
        specification: Specification,
        *,
        next_app: App,
        endpoints: Mapping[str, Endpoint],
        base_path: str | None = None,
        resolver: Resolver | None = None,
        **_: Any,
    ) -> None:
        super().__init__(specification, next_app=next_app, base_path=base_path, resolver=resolver)
        self._endpoints = endpoints
        self.add_paths()

    def make_operation(self, operation: AbstractOperation) -> Endpoint:
        """The endpoint of an operation."""
        return self._endpoints[operation.operation_id]


class EndpointMiddleware(RoutedMiddleware[EndpointAPI]):  # type: ignore[misc]  # as above
    """Hands each request to the endpoint of its operation."""

    api_cls = EndpointAPI
