"""One child process that does not outlive whoever started it.

It has a session of its own, so Ctrl-C in the terminal reaches the supervisor alone, which then stops its
children in order. Should the supervisor die first, the kernel kills the child (PR_SET_PDEATHSIG, prctl(2),
set by util-linux' `setpriv` because a Python preexec hook is not safe in a process with threads).
The kernel watches the thread that started the child: start children on a thread that lives as long as they.
"""

import asyncio
import contextlib
import os
import shutil
import signal
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import BinaryIO, Self

_LOG_LIMIT = 10_000_000  # bytes; a longer log becomes `<name>.log.1` at the next start
_TAIL_BYTES = 32_768


def leashed(argv: Sequence[str]) -> list[str]:
    """The same command, killed by the kernel when its parent dies. Unchanged where `setpriv` is missing."""
    setpriv = shutil.which("setpriv")
    return [setpriv, "--pdeathsig", "KILL", "--", *argv] if setpriv else list(argv)


class ChildProcess:
    """A running (or ended) process whose output goes to a log file."""

    def __init__(
        self, name: str, process: asyncio.subprocess.Process, log_path: Path, log_start: int
    ) -> None:
        self.name = name
        self.log_path = log_path
        self._process = process
        self._log_start = log_start
        self._asked_to_end = False

    @classmethod
    async def start(
        cls,
        name: str,
        argv: Sequence[str],
        *,
        env: Mapping[str, str],
        log_path: Path,
        cwd: Path | None = None,
    ) -> Self:
        """Start `argv` with exactly the environment `env`; output is appended to `log_path`.

        Raises OSError when the program cannot be executed (on a machine without `setpriv`; with it, the
        process ends with code 127 and says so in its log).
        """
        with _opened(log_path) as log:
            log_start = log.tell()
            process = await asyncio.create_subprocess_exec(
                *leashed(argv),
                env=dict(env),
                cwd=cwd,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=asyncio.subprocess.STDOUT,
                start_new_session=True,
            )
            return cls(name, process, log_path, log_start)

    @property
    def pid(self) -> int:
        """Process id; the process itself, not a shell around it."""
        return self._process.pid

    @property
    def running(self) -> bool:
        """False once it ended; a frozen process counts as running."""
        return self._process.returncode is None

    @property
    def returncode(self) -> int | None:
        """Exit code, negative for a signal, None while it runs."""
        return self._process.returncode

    @property
    def asked_to_end(self) -> bool:
        """Whether `stop` or `kill` was called: otherwise an end is a death."""
        return self._asked_to_end

    async def wait(self) -> int:
        """Wait until it ends; any number of callers may wait."""
        return await self._process.wait()

    async def stop(self, grace: float) -> int:
        """SIGTERM, then SIGKILL after `grace` seconds. Returns the exit code; harmless once it ended."""
        self._asked_to_end = True
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                self._signal(signal.SIGTERM)
                self.thaw()  # a frozen process would not see the SIGTERM
            try:
                async with asyncio.timeout(grace):
                    await self._process.wait()
            except TimeoutError:
                return await self.kill()
        return await self._ended()

    async def kill(self) -> int:
        """SIGKILL, which works on a frozen process too. Returns the exit code."""
        self._asked_to_end = True
        if self.running:
            with contextlib.suppress(ProcessLookupError):
                self._signal(signal.SIGKILL)
        return await self._ended()

    def freeze(self) -> None:
        """SIGSTOP: it keeps its connections and answers nothing."""
        self._signal(signal.SIGSTOP)

    def thaw(self) -> None:
        """SIGCONT: it goes on where it was."""
        self._signal(signal.SIGCONT)

    def log_tail(self, lines: int = 20) -> str:
        """The last lines it wrote since this start."""
        with self.log_path.open("rb") as log:
            end = log.seek(0, os.SEEK_END)
            log.seek(max(self._log_start, end - _TAIL_BYTES))
            text = log.read().decode(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def report(self, what: str) -> str:
        """A message for whoever started it: what happened and the end of its log."""
        tail = self.log_tail().strip() or "(it wrote nothing)"
        return f"{self.name} {what}. The end of {self.log_path}:\n{tail}"

    async def _ended(self) -> int:
        code = await self._process.wait()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)  # what it started in its group and left behind
        return code

    def _signal(self, number: signal.Signals) -> None:
        # Not Process.send_signal: it polls first, and would take the exit code from asyncio's own watcher.
        os.kill(self.pid, number)


def _opened(log_path: Path) -> BinaryIO:
    log_path.parent.mkdir(parents=True, exist_ok=True)
    if log_path.exists() and log_path.stat().st_size > _LOG_LIMIT:
        log_path.replace(log_path.with_name(log_path.name + ".1"))
    log = log_path.open("ab")
    log.seek(0, os.SEEK_END)
    return log
