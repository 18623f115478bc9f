"""The rows of a benchmark, as a table and as JSON."""

import json
import os
import platform
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

_LIBRARIES = ("faststream", "aio-pika", "fastapi", "uvicorn", "motor", "pydantic", "qdrant-edge-py")


@dataclass(frozen=True)
class Row:
    """One figure. `limit` is what it has to stay within: `>=` for ratios, `<=` for times and sizes."""

    name: str
    value: float
    unit: str
    limit: str
    passed: bool
    detail: str = ""


def at_least(name: str, value: float, limit: float, unit: str = "ratio", detail: str = "") -> Row:
    """A figure that must not be lower."""
    return Row(name, round(value, 3), unit, f">= {limit:g}", value >= limit, detail)


def at_most(name: str, value: float, limit: float, unit: str = "ms", detail: str = "") -> Row:
    """A figure that must not be higher."""
    return Row(name, round(value, 3), unit, f"<= {limit:g}", value <= limit, detail)


def machine() -> dict[str, Any]:
    """What the figures were taken on."""
    return {
        "machine": {
            "cores": os.cpu_count(),
            "system": platform.platform(),
            "python": platform.python_version(),
        },
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        "versions": {library: version(library) for library in _LIBRARIES},
    }


def publish(title: str, rows: list[Row], target: Path) -> None:
    """Print the table and write the file."""
    table = Table(title=title)
    for column in ("figure", "value", "unit", "limit", "reached", "how"):
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(
            row.name, f"{row.value:g}", row.unit, row.limit, "yes" if row.passed else "NO", row.detail
        )
    Console(width=150).print(table)
    results = [
        {**{k: v for k, v in asdict(row).items() if k != "passed"}, "pass": row.passed} for row in rows
    ]
    target.parent.mkdir(parents=True, exist_ok=True)
    target.write_text(json.dumps({**machine(), "results": results}, indent=1) + "\n", encoding="utf-8")
