"""Reading requests and writing answers on plain ASGI, healthy or broken on purpose."""

import asyncio
import contextlib
import socket
import struct
from collections.abc import Coroutine
from dataclasses import dataclass
from typing import Any

from starlette.types import Receive, Scope, Send

TRANSPORT_EXTENSION = "parley.transport"
"""Where :class:`libs.standins.server.StandinProtocol` leaves the connection in the ASGI scope."""

_PIECES = 10


class BodyTooLargeError(Exception):
    """The request body is larger than the platform takes."""


class ClientGoneError(Exception):
    """The caller hung up before its request was complete."""


@dataclass(frozen=True, slots=True)
class Answer:
    """One HTTP answer."""

    status: int
    body: bytes
    content_type: bytes = b"application/json"
    headers: tuple[tuple[bytes, bytes], ...] = ()

    def all_headers(self) -> list[tuple[bytes, bytes]]:
        """Return its headers, with type and length of the body."""
        return [
            (b"content-type", self.content_type),
            (b"content-length", b"%d" % len(self.body)),
            *self.headers,
        ]


async def read_body(receive: Receive, limit: int) -> bytes:
    """Read the whole request body. BodyTooLargeError past ``limit`` bytes, ClientGoneError on a hang-up."""
    message = await receive()
    if message["type"] != "http.request":
        raise ClientGoneError
    body: bytes = message.get("body", b"")
    if not message.get("more_body", False) and len(body) <= limit:
        return body
    pieces, size = [body], len(body)
    while message.get("more_body", False):
        if size > limit:
            raise BodyTooLargeError
        message = await receive()
        if message["type"] != "http.request":
            raise ClientGoneError
        pieces.append(message.get("body", b""))
        size += len(pieces[-1])
    if size > limit:
        raise BodyTooLargeError
    return b"".join(pieces)


async def send_answer(send: Send, answer: Answer) -> None:
    """Answer at once."""
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.all_headers()})
    await send({"type": "http.response.body", "body": answer.body})


async def trickle_answer(
    receive: Receive, send: Send, answer: Answer, seconds: float, closing: asyncio.Event
) -> None:
    """Send status and headers at once and the body in pieces spread over ``seconds``."""
    await send({"type": "http.response.start", "status": answer.status, "headers": answer.all_headers()})
    size = max(1, -(-len(answer.body) // _PIECES))
    pieces = [answer.body[start : start + size] for start in range(0, len(answer.body), size)]
    for piece in pieces:
        await pause(receive, seconds / len(pieces), closing)
        await send({"type": "http.response.body", "body": piece, "more_body": True})
    await send({"type": "http.response.body", "body": b""})


async def pause(receive: Receive, seconds: float, closing: asyncio.Event) -> None:
    """Do nothing for so long, or until the caller hangs up, or until the stand-in closes."""
    await _first_of(_until_hang_up(receive), closing.wait(), seconds=seconds)


async def reset(scope: Scope, receive: Receive) -> None:
    """Break the connection: the caller sees ``connection reset by peer``, not an orderly end."""
    transport: asyncio.Transport = scope["extensions"][TRANSPORT_EXTENSION]["transport"]
    connection = transport.get_extra_info("socket")
    if connection is not None:
        # Lingering for zero seconds makes the kernel send RST where closing would send FIN.
        with contextlib.suppress(OSError):  # a caller who has hung up by now has closed it
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
    transport.abort()
    await _until_hang_up(receive)


async def _until_hang_up(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _first_of(*waits: Coroutine[Any, Any, object], seconds: float) -> None:
    tasks = [asyncio.ensure_future(wait) for wait in waits]
    try:
        await asyncio.wait(tasks, timeout=seconds, return_when=asyncio.FIRST_COMPLETED)
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
