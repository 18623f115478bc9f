"""A small supervisor: starts child processes, waits until they are ready, stops them in order.

Processes started together form a stage; stages are stopped in reverse, the processes of one at once.
"""

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from types import TracebackType
from typing import Self

import httpx

from deploy.local.child import ChildProcess
from deploy.local.errors import ChildDiedError, NotReadyError

ROOT = Path(__file__).resolve().parents[2]

_POLL_SECONDS = 0.05
_ANSWER_SECONDS = 3.0  # how long one readiness answer may take
_ANSWER_SHOWN = 500  # characters of the last answer in a report


@dataclass(frozen=True)
class ProcessSpec:
    """What to start and when it counts as ready."""

    name: str
    argv: tuple[str, ...]
    #: Added to the supervisor's own environment.
    env: Mapping[str, str] = field(default_factory=dict)
    #: Answers GET with 200 when ready; None: ready once started.
    ready_url: str | None = None
    #: Seconds until it must be ready.
    ready_limit: float = 30.0
    #: Seconds between SIGTERM and SIGKILL; more than the process' own time to drain.
    grace: float = 25.0


@dataclass(frozen=True)
class Death:
    """A process that ended although nobody asked it to."""

    name: str
    returncode: int
    log_tail: str


def python_module(
    name: str, module: str, *arguments: str, port: int, env: Mapping[str, str], ready_limit: float = 30.0
) -> ProcessSpec:
    """`python -m module` of this checkout, ready when `/readyz` on 127.0.0.1:`port` answers 200."""
    return ProcessSpec(
        name=name,
        argv=(sys.executable, "-m", module, *arguments),
        env=env,
        ready_url=f"http://127.0.0.1:{port}/readyz",
        ready_limit=ready_limit,
    )


class Supervisor:
    """Owns child processes by name. As a context manager it stops all of them at the end."""

    def __init__(self, log_dir: Path, cwd: Path = ROOT) -> None:
        self._log_dir = log_dir
        self._cwd = cwd
        self._specs: dict[str, ProcessSpec] = {}
        self._children: dict[str, ChildProcess] = {}
        self._stages: list[list[str]] = []
        self._watchers: dict[str, asyncio.Task[None]] = {}
        self._deaths: dict[str, Death] = {}
        self._died = asyncio.Event()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.stop_all()

    def __getitem__(self, name: str) -> ChildProcess:
        return self._children[name]

    async def start(self, *specs: ProcessSpec) -> None:
        """Start a stage and wait until all of it is ready.

        Raises ChildDiedError or NotReadyError with the last answer and the end of the log; the processes
        stay until `stop_all`, so that they can be looked at.
        """
        self._stages.append([spec.name for spec in specs])
        for spec in specs:
            if spec.name in self._children and self._children[spec.name].running:
                raise ValueError(f"{spec.name} runs already")
            self._specs[spec.name] = spec
            await self._launch(spec)
        try:
            async with asyncio.TaskGroup() as waiting:
                for spec in specs:
                    waiting.create_task(self._ready(spec))
        except ExceptionGroup as failed:
            raise failed.exceptions[0] from None  # the first to fail; waiting for the others was cancelled

    async def restart(self, name: str) -> None:
        """Start a process again as before, after stopping it if it runs; wait until it is ready."""
        spec = self._specs[name]
        await self.stop(name)
        await self._launch(spec)
        await self._ready(spec)

    async def stop(self, name: str) -> int:
        """SIGTERM, SIGKILL after the process' grace. Returns the exit code."""
        code = await self._children[name].stop(self._specs[name].grace)
        await self._watchers[name]
        return code

    async def kill(self, name: str) -> None:
        """`kill -9`, as the chaos tests do it; not counted as a death."""
        await self._children[name].kill()
        await self._watchers[name]

    async def stop_all(self) -> None:
        """Stop every stage, the last first. Safe to call twice."""
        while self._stages:
            names = [name for name in self._stages[-1] if name in self._children]
            await asyncio.gather(*(self.stop(name) for name in names))
            self._stages.pop()

    async def wait_for_death(self) -> Death:
        """Wait until a process ends by itself, each reported once."""
        while not self._deaths:
            self._died.clear()
            await self._died.wait()
        return self._deaths.pop(next(iter(self._deaths)))

    async def _launch(self, spec: ProcessSpec) -> None:
        child = await ChildProcess.start(
            spec.name,
            spec.argv,
            env={**os.environ, **spec.env},
            log_path=self._log_dir / f"{spec.name}.log",
            cwd=self._cwd,
        )
        self._deaths.pop(spec.name, None)
        self._children[spec.name] = child
        self._watchers[spec.name] = asyncio.create_task(self._watch(child), name=f"watch {spec.name}")

    async def _ready(self, spec: ProcessSpec) -> None:
        if spec.ready_url is not None:
            await wait_until_ready(self._children[spec.name], spec.ready_url, spec.ready_limit)

    async def _watch(self, child: ChildProcess) -> None:
        code = await child.wait()
        if not child.asked_to_end:
            self._deaths[child.name] = Death(child.name, code, child.log_tail())
            self._died.set()


async def wait_until_ready(child: ChildProcess, url: str, limit: float) -> None:
    """Poll `url` until it answers 200.

    ChildDiedError at once when the process ends, NotReadyError after `limit` seconds; both carry the last
    answer and the end of the log.
    """
    last = "no answer"
    # trust_env: a proxy of the environment must not come between two processes of one machine.
    async with httpx.AsyncClient(timeout=_ANSWER_SECONDS, trust_env=False) as client:
        try:
            async with asyncio.timeout(limit):
                while child.running:
                    try:
                        answer = await client.get(url)
                    except httpx.HTTPError as error:
                        last = f"{type(error).__name__}: {error}"
                    else:
                        if answer.status_code == 200:
                            return
                        last = f"{answer.status_code} {answer.text[:_ANSWER_SHOWN]}"
                    await asyncio.sleep(_POLL_SECONDS)
        except TimeoutError:
            raise NotReadyError(
                child.report(f"was not ready after {limit:g} s; last answer of {url}: {last}")
            ) from None
    raise ChildDiedError(child.report(f"ended with code {child.returncode} before it was ready"))
