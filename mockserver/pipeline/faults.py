"""Answers that are wanted wrong: a status on demand, and bodies that are spoilt."""

from __future__ import annotations

from http import HTTPStatus
from typing import Any

import orjson

from accounts_contract import Operation
from mockserver.pipeline.exchange import Answer, Exchange
from mockserver.pipeline.prefer import parse_prefer
from mockserver.pipeline.problems import Headers, Problem
from mockserver.sandboxes.faults import Effect

_RETRY_AFTER = 1  # seconds; what a 429 or 503 says if nobody says otherwise
_PREFER = "Prefer: "
_NO_BODY = (204, 205, 304)  # statuses whose answers have none
_GARBAGE = b'{"garbage": \x00\xff\xfe, "this": is no JSON'


def effect_on(exchange: Exchange, operation: str, owner: str | None) -> Effect | None:
    """What shall go wrong with a request: what it wishes itself, or else what a rule says.

    The reason is left in the exchange. `owner` is the username in the path, for rules about one.
    """
    prefer = exchange.headers.get(b"prefer")
    if prefer is not None:
        effect, notes = parse_prefer(prefer.decode("latin-1"))
        exchange.notes += notes
        if effect is not None:
            exchange.fault = f"{_PREFER}{effect}"
            return effect
    fired = exchange.sandbox.faults.fire(operation, exchange.method, owner)
    if fired is None:
        return None
    effect, rule = fired
    exchange.fault = f"{rule}: {effect}"
    return effect


def applied(exchange: Exchange, effect: Effect, answer: Answer) -> Headers:
    """The field that confirms what a request has wished for itself, and got (RFC 7240, section 3)."""
    if exchange.fault is None or not exchange.fault.startswith(_PREFER):
        return []
    granted = [
        f"code={effect.code}" if effect.code == answer.status else "",
        f"wait={effect.wait:g}" if effect.wait else "",
        "" if effect.fault is None else f"fault={effect.fault}",
    ]
    return [(b"preference-applied", ", ".join(filter(None, granted)).encode("ascii"))]


def staged(
    exchange: Exchange, operation: Operation, effect: Effect, status: int, headers: Headers
) -> Answer:
    """The answer with a status on demand: the documented example, or a problem that says who wanted it.

    `headers` are those that belong to the status, such as the challenge of a 401.
    """
    exchange.why = ("wanted", f"this answer was wanted by {exchange.fault}")
    headers = list(headers)
    retry_after = effect.retry_after
    if retry_after is None and status in (429, 503):
        retry_after = _RETRY_AFTER
    if retry_after is not None:
        headers.append((b"retry-after", str(retry_after).encode("ascii")))
    media_type, body = _wanted_body(operation, effect, status)
    if media_type:
        headers.append((b"content-type", media_type))
    return Answer(status, headers, body)


def _wanted_body(operation: Operation, effect: Effect, status: int) -> tuple[bytes, bytes]:
    if status in _NO_BODY:
        return b"", b""
    response = operation.response(status)
    documented = list(response.content.values()) if response is not None else []
    if effect.body is not None:
        name = documented[0].name if documented else "application/json"
        return name.encode("latin-1"), effect.body
    for media in documented:
        for example in media.examples.values():
            return media.name.encode("latin-1"), orjson.dumps(example)
    if status < 400 or (response is not None and not documented):
        return b"", b""
    try:
        phrase = HTTPStatus(status).phrase
    except ValueError:
        return b"", b""
    problem = Problem(status, "wanted", f"{phrase}: this answer was wanted")
    return b"application/problem+json", problem.body()


def spoil(answer: Answer, fault: str) -> None:
    """Spoil an answer as one of `faults.KINDS` says."""
    if fault in ("reset", "truncate"):
        answer.spoilt = fault
    elif fault == "garbage":
        answer.body = _GARBAGE
    else:
        answer.body = orjson.dumps(_broken(answer.body))
    if answer.body and answer.status in _NO_BODY:
        answer.status = 200  # these have no body that could be spoilt
        answer.headers = [*answer.headers, (b"content-type", b"application/json")]


def breaches(answer: Answer, operation: Operation) -> list[str]:
    """What in an answer breaks the contract, in sentences for the journal: five at the most."""
    response = operation.response(answer.status)
    if response is None:
        return [f"the response breaks the contract: it documents no {answer.status} here"]
    media = next(iter(response.content.values()), None)
    if media is None:
        found = ["no body is documented"] if answer.body else []
    elif media.schema is None:
        found = []
    else:
        try:
            data = orjson.loads(answer.body)
        except orjson.JSONDecodeError:
            found = ["the body is no JSON"]
        else:
            found = [
                f"{one.pointer or 'the body'} {one.detail}" for one in media.schema.violations(data)
            ]
    return [f"the response breaks the contract: {one}" for one in found[:5]]


def _broken(body: bytes) -> Any:
    """JSON data that its schema cannot allow: the first member is gone, or the kind of value is another."""
    data = orjson.loads(body) if body else None
    if isinstance(data, dict) and data:
        data.pop(next(iter(data)))
        return data
    return {"unexpected": data}
