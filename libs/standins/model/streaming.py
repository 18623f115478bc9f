"""Completions as server-sent events: chunks, ``[DONE]``, and the ways in which a stream breaks."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

from starlette.types import Receive, Scope, Send

from libs.standins.faults import Fault
from libs.standins.model.fault_kinds import DEFAULT_HANG_S
from libs.standins.model.replies import JsonObject
from libs.standins.wire import pause, reset

_PIECE_CHARACTERS = 12


def chunks(body: JsonObject, *, include_usage: bool) -> Iterator[JsonObject]:
    """A completion in pieces."""
    head = {
        "id": body["id"],
        "object": "chat.completion.chunk",
        "created": body["created"],
        "model": body["model"],
    }
    choice = body["choices"][0]
    yield {**head, "choices": [{"index": 0, "delta": {"role": "assistant"}, "finish_reason": None}]}
    for delta in _deltas(choice["message"]):
        yield {**head, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]}
    yield {**head, "choices": [{"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}]}
    if include_usage:
        yield {**head, "choices": [], "usage": body["usage"]}


def _deltas(message: JsonObject) -> Iterator[JsonObject]:
    said = message.get("content") or ""
    for start in range(0, len(said), _PIECE_CHARACTERS):
        yield {"content": said[start : start + _PIECE_CHARACTERS]}
    for place, call in enumerate(message.get("tool_calls") or ()):
        name, arguments = call["function"]["name"], call["function"]["arguments"]
        first: dict[str, Any] = {"index": place, "id": call["id"], "type": "function"}
        yield {"tool_calls": [{**first, "function": {"name": name, "arguments": ""}}]}
        for start in range(0, len(arguments), _PIECE_CHARACTERS):
            piece = {"arguments": arguments[start : start + _PIECE_CHARACTERS]}
            yield {"tool_calls": [{"index": place, "function": piece}]}


async def stream(
    scope: Scope,
    receive: Receive,
    send: Send,
    body: JsonObject,
    *,
    include_usage: bool,
    fault: Fault | None,
    closing: asyncio.Event,
) -> None:
    """Send a completion piece by piece; ``fault`` breaks it half way or at its end."""
    headers = [(b"content-type", b"text/event-stream"), (b"x-request-id", b"req_1")]
    await send({"type": "http.response.start", "status": 200, "headers": headers})
    pieces = list(chunks(body, include_usage=include_usage))
    kind = fault.kind if fault else None
    half = max(1, len(pieces) // 2)
    for place, piece in enumerate(pieces):
        if place == half and kind == "cut_stream":
            await reset(scope, receive)
            return
        if place == half and fault is not None and kind == "hang_stream":
            await pause(receive, fault.seconds(DEFAULT_HANG_S), closing)
        if place == half and kind == "error_chunk":
            piece = {"error": {"message": "overloaded", "type": "server_error", "code": None}}  # noqa: PLW2901 - the fault
        await _event(send, json.dumps(piece, separators=(",", ":")))
    if kind != "no_done":
        await _event(send, "[DONE]")
    await send({"type": "http.response.body", "body": b""})


async def _event(send: Send, data: str) -> None:
    await send({"type": "http.response.body", "body": f"data: {data}\n\n".encode(), "more_body": True})
