"""Serving stand-ins on a socket: uvicorn, in the caller's event loop or in a process of their own."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Iterator

import uvicorn
from starlette.types import ASGIApp
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from libs.standins.wire import TRANSPORT_EXTENSION

_START_LIMIT_S = 10.0
_STOP_LIMIT_S = 1


class StandinProtocol(HttpToolsProtocol):
    """uvicorn's HTTP protocol that also hands its connection to the application, so that it can be broken."""

    def on_message_begin(self) -> None:
        """Start a request: leave the transport where :func:`libs.standins.wire.reset` finds it."""
        super().on_message_begin()
        self.scope["extensions"] = {TRANSPORT_EXTENSION: {"transport": self.transport}}


class StandinServer(uvicorn.Server):
    """uvicorn's server that leaves the process's signals alone and says when it is ready."""

    def __init__(self, config: uvicorn.Config) -> None:
        super().__init__(config)
        self.ready = asyncio.Event()

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none: who runs the stand-in decides when it stops."""
        yield

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening, then let :attr:`ready` be seen."""
        await super().startup(sockets=sockets)
        self.ready.set()


def bind(host: str, port: int) -> socket.socket:
    """Take an address; port 0 takes any free one. OSError when it is taken already."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    # The protocol is named because asyncio sets TCP_NODELAY only on sockets that say they are TCP; without it
    # every answer waits 40 ms for a delayed ACK.
    listener = socket.socket(family, socket.SOCK_STREAM, socket.IPPROTO_TCP)
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
    except OSError:
        listener.close()
        raise
    return listener


@contextlib.asynccontextmanager
async def serving(app: ASGIApp, *, host: str = "127.0.0.1", port: int = 0) -> AsyncIterator[str]:
    """Serve ``app`` while the block runs; gives its base URL. OSError when the address is taken."""
    listener = bind(host, port)
    server = StandinServer(
        uvicorn.Config(
            app,
            http=StandinProtocol,
            ws="none",
            lifespan="off",
            interface="asgi3",
            access_log=False,
            log_config=None,
            proxy_headers=False,
            server_header=False,
            timeout_graceful_shutdown=_STOP_LIMIT_S,
        )
    )
    running = asyncio.create_task(server.serve(sockets=[listener]), name="standin-server")
    try:
        async with asyncio.timeout(_START_LIMIT_S):
            await server.ready.wait()
        address, bound_port = listener.getsockname()[:2]
        yield f"http://[{address}]:{bound_port}" if ":" in address else f"http://{address}:{bound_port}"
    finally:
        server.should_exit = True
        await running
        listener.close()
