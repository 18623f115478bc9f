"""Uvicorn's protocols with the bounds they lack: a head that never ends, a socket that never drains.

Uvicorn waits for a half-sent head forever and takes any length of it; a WebSocket whose peer has stopped
reading stays open after it was closed, until what lies in its buffer is taken.
"""

import asyncio
from typing import Any, ClassVar

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol
from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

#: Bytes of request line and headers together.
MOST_HEAD = 65_536
#: Seconds between the end of a WebSocket's handler and the end of its connection, however it stands.
_ABORT_AFTER = 12.0


class BoundedHttpProtocol(HttpToolsProtocol):
    """Ends a connection whose head takes longer than `head_seconds`, or is longer than MOST_HEAD."""

    head_seconds: ClassVar[float] = 10.0

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._in_head = True
        self._head_bytes = 0
        self._head_timer: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        """A silent connection is ended, too."""
        super().connection_made(transport)
        self._head_timer = self.loop.call_later(self.head_seconds, self._cut)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer."""
        self._stop_timer()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Count what belongs to an unfinished head. Most heads come whole, and cost no timer."""
        super().data_received(data)
        if not self._in_head:
            return
        self._head_bytes += len(data)
        if self._head_bytes > MOST_HEAD:
            self._cut()
        elif self._head_timer is None:
            self._head_timer = self.loop.call_later(self.head_seconds, self._cut)

    def on_message_begin(self) -> None:
        """A head begins."""
        self._in_head, self._head_bytes = True, 0
        super().on_message_begin()

    def on_headers_complete(self) -> None:
        """It is whole."""
        self._in_head = False
        self._stop_timer()
        super().on_headers_complete()

    def _stop_timer(self) -> None:
        if self._head_timer is not None:
            self._head_timer.cancel()
            self._head_timer = None

    def _cut(self) -> None:
        self.transport.abort()


def bounded_http(head_seconds: float) -> type[HttpToolsProtocol]:
    """The HTTP protocol with this limit, as uvicorn takes it: a class."""
    return type("BoundedHttp", (BoundedHttpProtocol,), {"head_seconds": head_seconds})


class BoundedWebSocketProtocol(WebSocketsSansIOProtocol):
    """A WebSocket that ends when its handshake does not come to a handler in `head_seconds` (one whose head
    is too long for the library is left without an answer), and soon after its handler, whether or not the
    peer reads.
    """

    head_seconds: ClassVar[float] = 10.0

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override] # as uvicorn's own
        """The handshake begins."""
        super().connection_made(transport)
        self._opening = self.loop.call_later(self.head_seconds, transport.abort)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the timer."""
        self._opening.cancel()
        super().connection_lost(exc)

    async def run_asgi(self) -> None:
        """Run the handler."""
        self._opening.cancel()
        try:
            await super().run_asgi()
        finally:
            self.loop.call_later(_ABORT_AFTER, self.transport.abort)


def bounded_websocket(head_seconds: float) -> type[WebSocketsSansIOProtocol]:
    """The WebSocket protocol with this limit, as uvicorn takes it: a class."""
    return type("BoundedWebSocket", (BoundedWebSocketProtocol,), {"head_seconds": head_seconds})
