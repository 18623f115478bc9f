"""Holds the coverage limits: 100 % of lines and branches of contracts, domain and use cases, 90 % over all.

Run as `python -m tests.coverage_limits build/coverage.json`.
"""

import json
import re
import sys
from pathlib import Path
from typing import Any

COMPLETE = re.compile(r"^(libs/contracts|services/[a-z]+/(domain|use_cases))/")
OVER_ALL = 90.0


def shortfalls(report: dict[str, Any]) -> list[str]:
    """What is below its limit, one line each."""
    lines = []
    for name, file in sorted(report["files"].items()):
        missing, branches = file["missing_lines"], file.get("missing_branches", [])
        if COMPLETE.match(name) and (missing or branches):
            lines.append(f"{name}: lines {missing} and branches {branches} are not covered")
    total = report["totals"]["percent_covered"]
    if total < OVER_ALL:
        lines.append(f"over all: {total:.1f} % is below {OVER_ALL:g} %")
    return lines


def main() -> int:
    """Print the shortfalls; 1 when there are any."""
    report = json.loads(Path(sys.argv[1]).read_text(encoding="utf-8"))
    found = shortfalls(report)
    for line in found:
        sys.stdout.write(line + "\n")
    if not found:
        sys.stdout.write(f"coverage {report['totals']['percent_covered']:.1f} %, every limit held\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
