import asyncio
import os
import signal
import sys
from pathlib import Path

import httpx
import pytest

from deploy.local.child import ChildProcess
from deploy.local.errors import ChildDiedError, NotReadyError
from deploy.local.ports import free_port
from deploy.local.processes import ProcessSpec, Supervisor
from tests.integration.local.looking import until
from tests.patience import PATIENCE

# Answers /readyz with the status in the file given, and notes in another file when it is told to stop.
_PROGRAM = """
import http.server, pathlib, signal, sys

status, notes = pathlib.Path(sys.argv[2]), pathlib.Path(sys.argv[3])

class Answer(http.server.BaseHTTPRequestHandler):
    def log_message(self, *_):
        pass

    def do_GET(self):
        self.send_response(int(status.read_text()))
        self.end_headers()
        self.wfile.write(b"store: away")

def stop(*_):
    with notes.open("a") as file:
        file.write(sys.argv[4] + "\\n")
    sys.exit(0)

signal.signal(signal.SIGTERM, stop)
print("about to listen", flush=True)
http.server.ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Answer).serve_forever()
"""


class Programs:
    """Small HTTP programs whose readiness the test decides."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.notes = folder / "notes"
        (folder / "program.py").write_text(_PROGRAM)

    def spec(self, name: str, status: int = 200, ready_limit: float = 20.0) -> ProcessSpec:
        port = free_port()
        self.turn(name, status)
        program, answer = str(self.folder / "program.py"), str(self.folder / f"{name}.status")
        return ProcessSpec(
            name=name,
            argv=(sys.executable, program, str(port), answer, str(self.notes), name),
            ready_url=f"http://127.0.0.1:{port}/readyz",
            ready_limit=ready_limit,
            grace=5.0,
        )

    def turn(self, name: str, status: int) -> None:
        (self.folder / f"{name}.status").write_text(str(status))


@pytest.fixture
def programs(tmp_path: Path) -> Programs:
    return Programs(tmp_path)


async def answers(spec: ProcessSpec) -> bool:
    assert spec.ready_url is not None
    async with httpx.AsyncClient(trust_env=False) as client:
        try:
            return (await client.get(spec.ready_url)).status_code == 200
        except httpx.ConnectError:
            return False


async def test_stages_are_stopped_in_reverse(tmp_path: Path, programs: Programs):
    first, second = programs.spec("first"), programs.spec("second")
    async with Supervisor(tmp_path / "logs") as supervisor:
        await supervisor.start(first)
        await supervisor.start(second)
        assert await answers(first)
        assert await answers(second)
    assert programs.notes.read_text().split() == ["second", "first"]
    assert supervisor["first"].returncode == 0
    assert not await answers(first)


async def test_one_that_does_not_become_ready_is_reported_with_its_answer_and_its_log(
    tmp_path: Path, programs: Programs
):
    async with Supervisor(tmp_path / "logs") as supervisor:
        with pytest.raises(NotReadyError) as raised:
            await supervisor.start(programs.spec("slow", status=503, ready_limit=1.5))
    assert "503 store: away" in str(raised.value)
    assert "about to listen" in str(raised.value)
    assert not supervisor["slow"].running


async def test_one_that_ends_before_it_is_ready_is_reported_at_once(tmp_path: Path, programs: Programs):
    broken = ProcessSpec(
        name="broken",
        argv=(sys.executable, "-c", "raise SystemExit('GATEWAY_SECRET is missing')"),
        ready_url="http://127.0.0.1:9/readyz",
    )
    waits = programs.spec("waits", status=503)
    async with Supervisor(tmp_path / "logs") as supervisor, asyncio.timeout(10 * PATIENCE):
        with pytest.raises(ChildDiedError, match=r"broken ended with code 1.*\n.*SECRET is missing"):
            await supervisor.start(broken, waits)


async def test_a_death_is_noticed_and_an_asked_for_end_is_not(tmp_path: Path, programs: Programs):
    async with Supervisor(tmp_path / "logs") as supervisor, asyncio.timeout(20 * PATIENCE):
        await supervisor.start(programs.spec("killed"), programs.spec("dies"))
        await supervisor.kill("killed")
        os.kill(supervisor["dies"].pid, signal.SIGSEGV)
        death = await supervisor.wait_for_death()
    assert (death.name, death.returncode) == ("dies", -signal.SIGSEGV)
    assert "about to listen" in death.log_tail


async def test_a_killed_process_starts_again_as_before(tmp_path: Path, programs: Programs):
    spec = programs.spec("one")
    async with Supervisor(tmp_path / "logs") as supervisor:
        await supervisor.start(spec)
        before = supervisor["one"].pid
        await supervisor.kill("one")
        assert supervisor["one"].returncode == -signal.SIGKILL
        await supervisor.restart("one")
        assert supervisor["one"].pid != before
        assert await answers(spec)


async def test_one_that_ignores_sigterm_is_killed_after_its_grace(tmp_path: Path):
    ignores = (
        "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('on'); time.sleep(60)"
    )
    child = await ChildProcess.start(
        "stubborn", [sys.executable, "-u", "-c", ignores], env={}, log_path=tmp_path / "log"
    )
    await until(lambda: "on" in child.log_tail())
    assert await child.stop(grace=0.2) == -signal.SIGKILL


async def test_a_frozen_process_is_stopped_in_order(tmp_path: Path, programs: Programs):
    async with Supervisor(tmp_path / "logs") as supervisor:
        await supervisor.start(programs.spec("frozen"))
        supervisor["frozen"].freeze()
    assert supervisor["frozen"].returncode == 0
    assert programs.notes.read_text().split() == ["frozen"]


async def test_what_a_process_leaves_in_its_group_ends_with_it(tmp_path: Path):
    note = tmp_path / "pid"
    script = f"sleep 60 & echo $! > {note}.new; mv {note}.new {note}; exec sleep 60"
    child = await ChildProcess.start("parent", ["sh", "-c", script], env={}, log_path=tmp_path / "log")
    await until(note.exists)
    left = Path("/proc") / note.read_text().strip() / "stat"
    await child.stop(grace=5.0)
    await until(lambda: not left.exists() or left.read_text().rpartition(")")[2].split()[0] == "Z")


async def test_a_long_log_is_set_aside_at_the_next_start(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("deploy.local.child._LOG_LIMIT", 10)
    log = tmp_path / "log"
    log.write_text("from an earlier run\n")
    child = await ChildProcess.start("echo", ["echo", "now"], env={}, log_path=log)
    await child.wait()
    assert log.read_text() == child.log_tail() + "\n" == "now\n"
    assert (tmp_path / "log.1").read_text() == "from an earlier run\n"
