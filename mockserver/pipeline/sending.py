"""Answers on their way to the client: whole, broken by a fault, or piece by piece."""

from __future__ import annotations

import asyncio
from typing import Any

from mockserver.pipeline.answer import Answer, Stream
from mockserver.pipeline.outcome import Outcome
from mockserver.pipeline.problems import Headers
from mockserver.pipeline.request import Receive, Request, Send


async def prepare(request: Request, outcome: Outcome, writer: Any, *, to_be_kept: bool) -> None:
    """Read the body of a refusal for the journal, and let a fault rule have new connections."""
    refused_unread = outcome.reason is not None and not outcome.was_read and writer.is_on_its_way
    if refused_unread and to_be_kept:
        await request.read_soon(outcome)
    if request.sandbox.faults.resets:
        await writer.part(request.sandbox)


def send_at_once(writer: Any, outcome: Outcome, answer: Answer, headers: Headers) -> bool:
    """Send an answer, broken if a fault says so; tell whether it could be sent at once."""
    if writer.is_gone:
        outcome.notes.append("the client had closed its side before this answer")
    if answer.broken is None:
        return bool(writer.reply(answer.status, headers, answer.body))
    if answer.broken == "reset":
        writer.reset()
    else:
        writer.truncate(answer.status, headers, answer.body)
    return True


async def send_pieces(
    stream: Stream, status: int, headers: Headers, receive: Receive, send: Send
) -> None:
    """Send an answer piece by piece, until it ends or the client is gone."""
    watcher = asyncio.ensure_future(_close_when_gone(stream, receive))
    try:
        await send({"type": "http.response.start", "status": status, "headers": headers})
        async for piece in stream:
            await send({"type": "http.response.body", "body": piece, "more_body": True})
        await send({"type": "http.response.body", "body": b""})
    finally:
        watcher.cancel()
        stream.close()


async def _close_when_gone(stream: Stream, receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
    stream.close()
