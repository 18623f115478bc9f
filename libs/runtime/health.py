"""/livez, /readyz and /metrics of every service.

Alive means that the loop turns: no dependency is asked, or a broker's trouble would restart every service.
Ready means that every dependency has just been seen to work, a frozen broker being one that does not: the
check is a publish with its confirm, within a time limit.
"""

import asyncio
from collections.abc import Awaitable, Callable
from time import monotonic

from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import BaseRoute, Route

from libs.contracts.errors import ParleyError
from libs.runtime.metrics import PARTS

#: Seconds a check may take, and its result may be told again.
CHECK_LIMIT = 3.0
REMEMBERED = 1.0

Check = Callable[[], Awaitable[None]]


class Health:
    """The checks of one process."""

    def __init__(self) -> None:
        self._checks: dict[str, Check] = {}
        self._parts: dict[str, Callable[[], str]] = {}
        self._known: dict[str, str] = {}
        self._known_at = float("-inf")
        self._asking = asyncio.Lock()
        self.started = False
        self.draining = False

    def add_check(self, name: str, check: Check) -> None:
        """A check raises when its dependency does not work."""
        self._checks[name] = check

    def add_part(self, name: str, choice: Callable[[], str]) -> None:
        """What a part of the process is just now, for those who look at readiness and at metrics. The choices
        are few, and none is an id: each is a label.
        """
        self._parts[name] = choice

    def _chosen(self) -> dict[str, str]:
        return {name: choice() for name, choice in self._parts.items()}

    async def report(self) -> dict[str, str]:
        """Each dependency as `ok` or with what is wrong with it."""
        async with self._asking:
            if monotonic() - self._known_at > REMEMBERED:
                results = await asyncio.gather(*(self._run(check) for check in self._checks.values()))
                self._known = dict(zip(self._checks, results, strict=True))
                self._known_at = monotonic()
            return self._known

    @staticmethod
    async def _run(check: Check) -> str:
        try:
            async with asyncio.timeout(CHECK_LIMIT):
                await check()
        except ParleyError as error:
            return error.detail
        except TimeoutError:
            return "no answer in time"
        except Exception as error:  # noqa: BLE001 - a check that breaks says that its dependency is not known to work
            return type(error).__name__
        return "ok"

    async def livez(self, _: Request) -> Response:
        """The process runs."""
        return JSONResponse({"status": "alive"})

    async def readyz(self, _: Request) -> Response:
        """200 when requests are welcome, 503 with the reasons otherwise."""
        if not self.started or self.draining:
            return JSONResponse({"status": "draining" if self.draining else "starting"}, status_code=503)
        report = await self.report()
        ready = all(state == "ok" for state in report.values())
        return JSONResponse(
            {"status": "ready" if ready else "not ready", "checks": report}
            | ({"parts": self._chosen()} if self._parts else {}),
            status_code=200 if ready else 503,
        )

    async def metrics(self, _: Request) -> Response:
        """Prometheus' text format."""
        PARTS.clear()
        for name, choice in self._chosen().items():
            PARTS.labels(name, choice).set(1)
        return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)

    def routes(self) -> list[BaseRoute]:
        """For a Starlette or FastAPI application."""
        return [
            Route("/livez", self.livez),
            Route("/readyz", self.readyz),
            Route("/metrics", self.metrics),
        ]
