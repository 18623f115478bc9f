"""What `make test` runs: every test file in one part, what failed said last, nothing left running."""

import asyncio
import sys
from pathlib import Path

import pytest

from tests import suite

PART = suite.PARTS[0]


def _outcome(status: int, output: str) -> suite.Outcome:
    return suite.Outcome(PART, status, 1.0, output)


def test_every_test_file_is_in_one_part():
    files = [file.as_posix() for file in Path("tests").rglob("test_*.py")]
    assert len(files) > 100
    for file in files:
        assert sum(file.startswith(f"{path}/") for part in suite.PARTS for path in part.paths) == 1, file


def test_what_failed_is_a_short_line_a_test():
    long = f"FAILED tests/e2e/test_a.py::test_b - AssertionError: {'x' * 9000}"
    found = suite.failures([_outcome(1, f"{'y' * 9000}\n{long}\nERROR tests/c.py::test_d\n2 failed in 3 s")])
    assert [line[:30] for line in found] == ["FAILED tests/e2e/test_a.py::te", "ERROR tests/c.py::test_d"]
    assert max(map(len, found)) < 320


def test_a_part_that_ends_badly_without_a_name_is_named_itself():
    assert suite.failures([_outcome(0, "5 passed in 1 s"), _outcome(3, "INTERNALERROR> gone")]) == [
        f"FAILED {PART.name} ended with status 3: INTERNALERROR> gone"
    ]
    assert suite.failures([_outcome(-9, "")]) == [f"FAILED {PART.name} ended with status -9: status -9"]


def test_an_output_is_bounded_in_both_directions():
    shown = suite.bounded("\n".join(["z" * 1000] * 2000)).splitlines()
    assert len(shown) == 401
    assert shown[0] == "... 1600 lines before, see the log"
    assert max(map(len, shown)) < 320
    assert suite.bounded("short") == "short"


async def test_what_outlives_its_parent_is_found_and_ended(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(suite, "_ENDED_WITHIN", 0.5)
    script = "import asyncio, sys; from tests.unit.test_suite import leave; sys.exit(asyncio.run(leave()))"
    process = await asyncio.create_subprocess_exec(sys.executable, "-c", script)
    assert await process.wait() == 0


async def leave() -> int:
    """In a process of its own, because adopting orphans cannot be undone: 0 when one was found, then none."""
    orphans = suite.Orphans()
    child = await asyncio.create_subprocess_exec(
        "sh", "-c", "sleep 617 >/dev/null & echo", stdout=asyncio.subprocess.PIPE
    )
    orphans.are_not(child.pid)
    await child.communicate()
    found = await orphans.left_over()
    assert [line.split(" ", 1)[1] for line in found] == ["sleep 617"], found
    assert await orphans.left_over() == []
    return 0
