"""Brings stored and replayed messages of an old version up to the one that is used now.

An upcaster turns the data of version N into that of N+1. They are chained, so that each is written once,
when the version after it is introduced, and never changed again.
"""

from collections.abc import Callable
from typing import Any

Upcaster = Callable[[dict[str, Any]], dict[str, Any]]

_UPCASTERS: dict[str, tuple[str, Upcaster]] = {}


def upcaster(old: str, new: str) -> Callable[[Upcaster], Upcaster]:
    """Declare that the decorated function turns data of type `old` into data of type `new`."""

    def register(function: Upcaster) -> Upcaster:
        if old in _UPCASTERS:
            raise ValueError(f"{old} has an upcaster already")
        _UPCASTERS[old] = (new, function)
        return function

    return register


def forget_upcaster(old: str) -> None:
    """Take one back, for tests that declare their own."""
    _UPCASTERS.pop(old, None)


def upcast(message_type: str, data: dict[str, Any]) -> tuple[str, dict[str, Any]]:
    """Follow the chain from `message_type` to its newest version."""
    while message_type in _UPCASTERS:
        message_type, step = _UPCASTERS[message_type]
        data = step(data)
    return message_type, data
