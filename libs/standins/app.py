"""The stand-ins under one address: each platform at its own paths, the control API under ``/_control``."""

from collections.abc import Sequence
from typing import Protocol

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route
from starlette.types import Receive, Scope, Send

from libs.standins.control import exception_handlers


class Platform(Protocol):
    """One stand-in: an ASGI application for its paths, and its part of the control API."""

    @property
    def name(self) -> str:
        """What it is called in the control API."""

    @property
    def prefixes(self) -> tuple[str, ...]:
        """What its paths begin with."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request to the platform."""

    def control_routes(self) -> list[BaseRoute]:
        """Return its routes, whole paths."""

    async def reset(self) -> None:
        """Forget everything."""

    async def close(self) -> None:
        """Let go of everything that waits."""


class StandinApp:
    """The ASGI application that serves the stand-ins."""

    def __init__(self, platforms: Sequence[Platform]) -> None:
        self._platforms = platforms
        routes: list[BaseRoute] = [
            Route("/_control", self._overview, methods=["GET"]),
            Route("/_control/reset", self._reset, methods=["POST"]),
        ]
        for platform in platforms:
            routes.extend(platform.control_routes())
        self._control = Starlette(routes=routes, exception_handlers=exception_handlers())

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request to whom its path belongs."""
        path: str = scope["path"]
        for platform in self._platforms:
            if path.startswith(platform.prefixes):
                await platform(scope, receive, send)
                return
        await self._control(scope, receive, send)

    async def close(self) -> None:
        """Let go of everything that waits, so that the server can stop."""
        for platform in self._platforms:
            await platform.close()

    async def _overview(self, request: Request) -> Response:  # noqa: ARG002 - Starlette's signature
        return JSONResponse({"platforms": [platform.name for platform in self._platforms]})

    async def _reset(self, request: Request) -> Response:  # noqa: ARG002 - Starlette's signature
        for platform in self._platforms:
            await platform.reset()
        return Response(status_code=204)
