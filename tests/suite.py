"""The whole suite in parts that run side by side: `python -m tests.suite`, what `make test` runs.

Each part is a pytest run with a broker and a database of its own, if it needs them. They begin in the order
of PARTS, as many at a time as there are cores. A part's whole output is in build/suite/<part>.log; of a part
that failed, the screen shows it with long lines cut. Coverage is put together in build/coverage.json. The
names of the tests that failed come last. Nothing that a test started may be running at the end.
"""

import asyncio
import contextlib
import ctypes
import os
import re
import shutil
import signal
import sys
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from time import monotonic

#: Not fewer than two, so that one part waits while another works; each takes up to 3 GiB.
_AT_ONCE = max(2, min(os.cpu_count() or 2, 4))
_BUILD = Path("build").absolute()
_LOGS = _BUILD / "suite"
#: On the screen; the log has all of it. A message may hold a whole database.
_WIDEST_LINE = 300
_MOST_LINES = 400
_ENDED_WITHIN = 15.0  # seconds
_PR_SET_CHILD_SUBREAPER = 36  # prctl(2)


@dataclass(frozen=True)
class Part:
    """One pytest run; `measured` when its coverage counts. Services that are processes measure nothing."""

    name: str
    paths: tuple[str, ...]
    measured: bool = True


#: What waits most begins first, beside what computes most.
PARTS = (
    Part("e2e", ("tests/e2e", "tests/security"), measured=False),
    Part("units", ("tests/contracts", "tests/unit")),
    Part("runtime", ("tests/integration/runtime", "tests/integration/local", "tests/chaos")),
    Part(
        "services",
        tuple(
            f"tests/integration/{name}" for name in ("ai", "conversation", "delivery", "gateway", "notify")
        ),
    ),
)


@dataclass(frozen=True)
class Outcome:
    """How a part ended."""

    part: Part
    status: int
    seconds: float
    output: str

    @property
    def summary(self) -> str:
        """pytest's last line, or its status where it did not come to one."""
        lines = self.output.strip().splitlines()
        return lines[-1].strip("= ") if lines else f"status {self.status}"


def bounded(output: str) -> str:
    """The end of an output, with long lines cut."""
    lines = output.splitlines()
    left = max(0, len(lines) - _MOST_LINES)
    head = [f"... {left} lines before, see the log"] if left else []
    return "\n".join(head + [_cut(line) for line in lines[left:]])


def failures(outcomes: Iterable[Outcome]) -> list[str]:
    """A line for each test that failed, and for each part that ended badly without naming one."""
    found: list[str] = []
    for outcome in outcomes:
        named = [line for line in outcome.output.splitlines() if re.match(r"(FAILED|ERROR) tests/", line)]
        if outcome.status and not named:
            named = [f"FAILED {outcome.part.name} ended with status {outcome.status}: {outcome.summary}"]
        found += [_cut(line) for line in named]
    return found


def _cut(line: str) -> str:
    return line if len(line) <= _WIDEST_LINE else f"{line[:_WIDEST_LINE]} ..."


def _environment(part: Part) -> dict[str, str]:
    # With CI set, pytest cuts nothing, and one failed comparison of collections fills the screen.
    given = {key: value for key, value in os.environ.items() if key not in {"CI", "BUILD_NUMBER"}}
    # Hundreds of short processes are started: what they import is compiled once, outside the tree.
    given.pop("PYTHONDONTWRITEBYTECODE", None)
    given["PYTHONPYCACHEPREFIX"] = str(_BUILD / "pycache")
    given["COVERAGE_FILE"] = str(_LOGS / f"coverage.{part.name}")
    given["COLUMNS"] = "200"
    return given


class Orphans:
    """What tests leave running: it becomes ours (prctl(2)) rather than the machine's, so it is found."""

    def __init__(self) -> None:
        self._parts: set[int] = set()
        ctypes.CDLL(None).prctl(_PR_SET_CHILD_SUBREAPER, 1, 0, 0, 0)

    def are_not(self, process: int) -> None:
        """A child that somebody waits for."""
        self._parts.add(process)

    async def reap(self) -> None:
        """Wait for those that ended, for ever: tests look whether a process is gone."""
        while True:
            await asyncio.sleep(0.2)
            self.running()

    def running(self) -> list[str]:
        """The command lines of those that still run."""
        found = []
        for entry in Path("/proc").iterdir():
            if not entry.name.isdigit() or int(entry.name) in self._parts:
                continue
            try:
                state, parent = (entry / "stat").read_text(errors="replace").rpartition(")")[2].split()[:2]
                command = (entry / "cmdline").read_text(errors="replace").replace("\0", " ").strip()
            except (FileNotFoundError, ProcessLookupError):
                continue
            if int(parent) != os.getpid():
                continue
            if state == "Z":
                with contextlib.suppress(ChildProcessError):
                    os.waitpid(int(entry.name), os.WNOHANG)
            else:
                found.append(f"{entry.name} {command}")
        return found

    async def left_over(self) -> list[str]:
        """Those that run when all should have ended, after a moment for it. They are killed then."""
        deadline = monotonic() + _ENDED_WITHIN
        while (found := self.running()) and monotonic() < deadline:  # noqa: ASYNC110 - no event of it
            await asyncio.sleep(0.2)
        for line in found:
            with contextlib.suppress(ProcessLookupError):
                os.kill(int(line.split()[0]), signal.SIGKILL)
        return found


async def run(part: Part, orphans: Orphans) -> Outcome:
    """Run a part to its end; cancelled, it is told to end and waited for."""
    began = monotonic()
    log = _LOGS / f"{part.name}.log"
    measuring = ("--cov", "--cov-report=") if part.measured else ()
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "pytest", "-q", "--durations=15", "-o", f"cache_dir={_LOGS / 'cache'}"),
            "--hypothesis-profile=ci",  # the same examples each time
            *measuring,
            *part.paths,
            env=_environment(part),
            stdout=output,
            stderr=asyncio.subprocess.STDOUT,
        )
        orphans.are_not(process.pid)
        try:
            status = await process.wait()
        except asyncio.CancelledError:
            with contextlib.suppress(ProcessLookupError):
                process.terminate()
            await process.wait()
            raise
    return Outcome(part, status, monotonic() - began, log.read_text(encoding="utf-8", errors="replace"))


async def run_all(orphans: Orphans) -> list[Outcome]:
    """Every part, and a line on the screen as each ends."""
    slots = asyncio.Semaphore(_AT_ONCE)

    async def one(part: Part) -> Outcome:
        async with slots:
            outcome = await run(part, orphans)
        if outcome.status:
            _say(f"\n{'-' * 30} {part.name}, the end of {_LOGS / part.name}.log\n{bounded(outcome.output)}\n")
        _say(f"{part.name}: {outcome.summary} ({outcome.seconds:.0f} s)")
        return outcome

    reaping = asyncio.create_task(orphans.reap())
    try:
        async with asyncio.TaskGroup() as group:
            tasks = [group.create_task(one(part)) for part in PARTS]
        return [task.result() for task in tasks]
    finally:
        reaping.cancel()


async def measured() -> bool:
    """Put the coverage together in build/coverage.json; whether that went well."""
    parts = [str(file) for part in PARTS if (file := _LOGS / f"coverage.{part.name}").exists()]
    together = f"--data-file={_LOGS / 'coverage'}"
    for arguments in (
        ["combine", "-q", together, *parts],
        ["json", "-q", together, "-o", "build/coverage.json"],
    ):
        process = await asyncio.create_subprocess_exec(sys.executable, "-m", "coverage", *arguments)
        if await process.wait():
            return False
    return True


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")
    sys.stdout.flush()


async def main() -> int:
    """1 when a test failed, something outlived the run, or coverage could not be put together."""
    shutil.rmtree(_LOGS, ignore_errors=True)
    _LOGS.mkdir(parents=True)
    orphans = Orphans()
    outcomes = await run_all(orphans)
    left = [_cut(f"LEFT RUNNING {line}") for line in await orphans.left_over()]
    complete = await measured()
    wrong = [*failures(outcomes), *left, *([] if complete else ["FAILED coverage could not be put together"])]
    _say("\n".join(["", *wrong, f"{len(wrong)} things are wrong"] if wrong else ["every part passed"]))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
