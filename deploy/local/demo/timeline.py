"""Prints what was seen, and when."""

import sys
from time import monotonic


class StepFailedError(Exception):
    """A step was not seen from outside within its limit."""


class Timeline:
    """Lines of the form `+0.042 s  who  what`."""

    def __init__(self) -> None:
        self._begun = monotonic()
        self.steps = 0

    def seen(self, who: str, what: str, detail: str = "") -> None:
        """One step, seen just now."""
        self.steps += 1
        quoted = f"\n{'':>28}“{detail}”" if detail else ""
        self._write(f"{monotonic() - self._begun:>8.3f} s  {who:<16} {what}{quoted}")

    def title(self, text: str) -> None:
        """A heading."""
        self._write(f"\n{text}\n")

    @staticmethod
    def _write(line: str) -> None:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()
