"""The life of a process: start, serve, drain, stop.

    start   wait for broker and store, declare, connect, begin to read, serve HTTP, become ready
    SIGTERM not ready any more -> take nothing new -> finish what was taken -> stop HTTP -> close connections

A background task that ends by itself ends the process: whoever runs it starts it again.
"""

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable, Coroutine, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import uvicorn
import uvloop
from starlette.applications import Starlette
from starlette.types import ASGIApp

from libs.contracts.errors import ParleyError
from libs.runtime.health import Health
from libs.runtime.logs import configure_logs, get_logger
from libs.runtime.received import Routes
from libs.runtime.settings import ServiceSettings
from libs.runtime.telemetry import configure_telemetry

Step = Callable[[], Awaitable[Any]]
Background = Callable[[], Coroutine[Any, Any, None]]

#: Seconds between attempts to start while broker or store are not there yet.
_START_PAUSE = 0.5
#: Seconds an idle HTTP connection is kept.
_KEEP_ALIVE = 30

_log = get_logger("service")


class _Server(uvicorn.Server):
    """Uvicorn without its signal handlers: the service decides when to stop."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class Service:
    """One process's parts, in the order in which they start; they stop in the reverse order."""

    def __init__(self, name: str, settings: ServiceSettings) -> None:
        self.name = name
        self.settings = settings
        self.health = Health()
        #: What it reads, by queue: each message with its handler. For the documents made from it.
        self.routes: Mapping[str, Routes] = {}
        self._starts: list[Step] = []
        self._drains: list[Step] = []
        self._stops: list[Step] = []
        self._backgrounds: list[Background] = []
        self._app: ASGIApp | None = None
        self._options: dict[str, Any] = {}
        self._stop = asyncio.Event()

    def on_start(self, step: Step) -> None:
        """Run before reading begins. A ParleyError or lost connection is tried again until it works."""
        self._starts.append(step)

    def on_drain(self, step: Step) -> None:
        """Run when the process shall end, while HTTP is still served."""
        self._drains.append(step)

    def on_stop(self, step: Step) -> None:
        """Run last, the newest first."""
        self._stops.append(step)

    def background(self, *tasks: Background) -> None:
        """Run from start to drain's end."""
        self._backgrounds.extend(tasks)

    def serve(self, app: ASGIApp, **uvicorn_options: Any) -> None:
        """Serve this application instead of health alone; it has to mount the health routes itself."""
        self._app = app
        self._options = uvicorn_options

    async def dispose(self) -> None:
        """Close what was built, without ever having run."""
        for step in reversed(self._stops):
            await self._attempt(step)

    async def run(self) -> int:
        """Live until a signal or a fault; the exit code."""
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._stop.set)
        server = self._server()
        tasks: dict[asyncio.Task[Any], str] = {asyncio.create_task(server.serve()): "http"}
        try:
            started = await self._start()
            if started:
                for run in self._backgrounds:
                    tasks[asyncio.create_task(run())] = getattr(run, "__qualname__", "background")
                self.health.started = True
                _log.info("ready", instance=self.settings.instance, port=self.settings.port)
            code = await self._until_stopped(tasks) if started else 0
            await self._drain()
        finally:
            server.should_exit = True
            await self._end(tasks)
        return code

    def _server(self) -> uvicorn.Server:
        options: dict[str, Any] = {
            "host": self.settings.host,
            "port": self.settings.port,
            "access_log": False,
            "log_config": None,
            "lifespan": "off",
            "server_header": False,
            "timeout_keep_alive": _KEEP_ALIVE,
            "timeout_graceful_shutdown": int(self.settings.grace_seconds),
        }
        app = self._app or Starlette(routes=self.health.routes())
        return _Server(uvicorn.Config(app, **(options | self._options)))

    async def _start(self) -> bool:
        """Start each part, with patience for what comes up later than we do. False when told to stop."""
        for step in self._starts:
            while not self._stop.is_set():
                try:
                    await step()
                    break
                except (ParleyError, OSError, TimeoutError, RuntimeError) as error:
                    _log.warning("waiting to start", error_type=type(error).__name__)
                    await asyncio.sleep(_START_PAUSE)
        return not self._stop.is_set()

    async def _until_stopped(self, tasks: dict[asyncio.Task[Any], str]) -> int:
        told = asyncio.create_task(self._stop.wait())
        done, _ = await asyncio.wait([told, *tasks], return_when=asyncio.FIRST_COMPLETED)
        if told in done:
            return 0
        told.cancel()
        for task in done:
            _log.error("ended by itself", task=tasks[task], exc_info=task.exception())
        return 1

    async def _drain(self) -> None:
        self.health.draining = True
        for step in self._drains:
            await self._attempt(step)

    async def _end(self, tasks: dict[asyncio.Task[Any], str]) -> None:
        for task, name in tasks.items():
            if name != "http":
                task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self.dispose()
        _log.info("stopped")

    @staticmethod
    async def _attempt(step: Step) -> None:
        """One part that cannot stop cleanly must not keep the others from it."""
        try:
            async with asyncio.timeout(30):
                await step()
        except Exception as error:  # noqa: BLE001 - logged; the process is ending anyway
            _log.error("did not stop cleanly", exc_info=error)


def run(settings: ServiceSettings, name: str, build: Callable[[], Awaitable[Service]]) -> None:
    """Run a service as this process; exits with its code."""

    async def main() -> int:
        configure_logs(name, settings.log_level)
        provider = configure_telemetry(name, settings.instance, settings.trace_ratio)
        try:
            return await (await build()).run()
        finally:
            provider.shutdown()

    sys.exit(uvloop.run(main()))
