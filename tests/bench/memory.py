"""`rss_mib`: the memory of each service at rest, with the demo account loaded."""

from pathlib import Path

from deploy.local.stack import LocalStack
from tests.bench.report import Row, at_most

_LIMITS = {"ai": 300.0}
_LIMIT = 150.0


def resident_mib(pid: int) -> float:
    """VmRSS of a process."""
    for line in Path(f"/proc/{pid}/status").read_text(encoding="ascii").splitlines():
        if line.startswith("VmRSS:"):
            return int(line.split()[1]) / 1024
    raise RuntimeError(f"no VmRSS of process {pid}")


def measure(stack: LocalStack) -> list[Row]:
    """One row a service."""
    return [
        at_most(
            f"rss_mib {name}",
            resident_mib(stack.supervisor[name].pid),
            _LIMITS.get(name, _LIMIT),
            "MiB",
            "VmRSS at rest",
        )
        for name in stack.services
    ]
