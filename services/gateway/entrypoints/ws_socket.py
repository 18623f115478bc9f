"""One WebSocket, whoever it belongs to: a bounded queue out, a bounded rate in, and an end.

4401  no token in time, not a valid one, or it has ended
4403  not for this role
4404  there is no such room
1013  too slow, or something was missed that could not be fetched: come back and resume
1011  a mistake of ours
"""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from starlette.websockets import WebSocket, WebSocketDisconnect, WebSocketState

from libs.contracts.errors import DomainError, ErrorCode, ParleyError
from libs.runtime.logs import get_logger
from services.gateway.domain import server_frames
from services.gateway.domain.rate_limits import TokenBuckets

UNAUTHENTICATED = 4401
FORBIDDEN = 4403
NOT_FOUND = 4404
TRY_AGAIN = 1013
_INTERNAL = 1011

#: Seconds a close frame may take to be sent. Whoever does not even take that is cut off by the server.
_CLOSE_LIMIT = 2.0

_log = get_logger("websocket")

OnText = Callable[[str], Awaitable[None]]
OnOpen = Callable[[], Awaitable[None]]


class Socket:
    """The way out of one socket (a Sink), and its reading and writing."""

    def __init__(
        self, websocket: WebSocket, *, most_queued: int, send_seconds: float, frames_per_second: int
    ) -> None:
        self._websocket = websocket
        self._send_seconds = send_seconds
        self._out: asyncio.Queue[str] = asyncio.Queue(most_queued)
        self._rate = TokenBuckets(burst=2 * frames_per_second, seconds=2.0, most_keys=1)
        self._end: asyncio.Future[tuple[int, str]] = asyncio.get_running_loop().create_future()

    def offer(self, text: str) -> None:
        """Queue a frame; who is too slow for it is cut, and nobody waits for them."""
        try:
            self._out.put_nowait(text)
        except asyncio.QueueFull:
            self.cut(TRY_AGAIN, "too slow")

    async def send(self, text: str) -> None:
        """Queue a frame, waiting for room: for what the client itself asked for."""
        await self._out.put(text)

    def cut(self, code: int, reason: str) -> None:
        """End it; the first reason counts."""
        if not self._end.done():
            self._end.set_result((code, reason))

    async def run(self, on_open: OnOpen, on_text: OnText, *, ends_in: float) -> None:
        """Serve until somebody ends it, at most `ends_in` seconds: that long the token counts."""
        loop = asyncio.get_running_loop()
        timer = loop.call_later(max(0.0, ends_in), self.cut, UNAUTHENTICATED, "the token has ended")
        tasks = [loop.create_task(self._read(on_open, on_text)), loop.create_task(self._write())]
        ends: list[asyncio.Future[Any]] = [*tasks, self._end]
        try:
            await asyncio.wait(ends, return_when=asyncio.FIRST_COMPLETED)
        finally:
            timer.cancel()
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
        for result in results:
            self._account_for(result)
        await self._close()

    def _account_for(self, result: BaseException | None) -> None:
        if isinstance(result, ParleyError):
            self.cut(TRY_AGAIN, "not available now")
        elif isinstance(result, Exception) and not isinstance(result, WebSocketDisconnect):
            _log.error("unexpected", exc_info=result)
            self.cut(_INTERNAL, "a mistake of ours")

    async def _read(self, on_open: OnOpen, on_text: OnText) -> None:
        await on_open()
        clock = asyncio.get_running_loop().time
        while True:
            message = await self._websocket.receive()
            if message["type"] == "websocket.disconnect":
                return
            if self._rate.take("", clock()):
                error = DomainError(ErrorCode.RATE_LIMITED, "Too many frames; this one was not looked at.")
                self.offer(server_frames.error(error.code, error.detail))
                continue
            text = message.get("text")
            if text is None:
                self.offer(server_frames.error(ErrorCode.INVALID, "Frames are JSON texts."))
                continue
            await on_text(text)

    async def _write(self) -> None:
        while True:
            text = await self._out.get()
            try:
                async with asyncio.timeout(self._send_seconds):
                    await self._websocket.send_text(text)
            except TimeoutError:
                self.cut(TRY_AGAIN, "too slow")
                return

    async def _close(self) -> None:
        """Say why. A client that is gone, or takes nothing, is not told."""
        if not self._end.done() or self._websocket.client_state is not WebSocketState.CONNECTED:
            return
        code, reason = self._end.result()
        await close(self._websocket, code, reason)


MakeSocket = Callable[[WebSocket], Socket]


async def close(websocket: WebSocket, code: int, reason: str) -> None:
    """Send a close frame, within its limit."""
    try:
        async with asyncio.timeout(_CLOSE_LIMIT):
            await websocket.close(code, reason)
    except (TimeoutError, WebSocketDisconnect, RuntimeError) as error:
        _log.info("closed without a close frame", code=code, error_type=type(error).__name__)
