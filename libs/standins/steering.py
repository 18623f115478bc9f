"""What steering any party of a stand-in over the control API has in common: requests, waiting, faults."""

import time
from collections.abc import Awaitable, Callable, Mapping
from typing import Any, Protocol

JsonObject = dict[str, Any]


class Call(Protocol):
    """How the control API is called: :meth:`libs.standins.client.StandinClient.call`."""

    async def __call__(
        self,
        method: str,
        path: str,
        body: Mapping[str, Any] | None = None,
        query: Mapping[str, Any] | None = None,
    ) -> JsonObject:
        """Call ``/_control{path}`` and return the answer."""


class Steered:
    """One bot, number, server or account below ``path`` of the control API."""

    def __init__(self, call: Call, path: str) -> None:
        self._call = call
        self._path = path

    async def add_fault(self, kind: str, **options: Any) -> int:
        """Put a fault rule in force (README: faults) and return its id."""
        return int((await self._post("faults", {"kind": kind, **options}))["id"])

    async def faults(self) -> list[JsonObject]:
        """Return the rules in force, with how often each was seen and fired."""
        return await self._list("faults", "faults")

    async def clear_faults(self, rule_id: int | None = None) -> None:
        """Take one rule out of force, or all of them."""
        await self._call("DELETE", f"{self._path}/faults" + ("" if rule_id is None else f"/{rule_id}"))

    async def remove(self) -> None:
        """Forget it."""
        await self._call("DELETE", self._path)

    async def _post(self, path: str, body: Mapping[str, Any]) -> JsonObject:
        """Post what is not None; ``from_`` stands for ``from``."""
        members = {name.rstrip("_"): value for name, value in body.items() if value is not None}
        return await self._call("POST", f"{self._path}/{path}", members)

    async def _list(self, path: str, name: str, **query: Any) -> list[JsonObject]:
        return list((await self._call("GET", f"{self._path}/{path}", query=query))[name])

    async def _wait_for(
        self,
        count: int,
        look: Callable[[int, float], Awaitable[list[JsonObject]]],
        *,
        after: int,
        seconds: float,
    ) -> list[JsonObject]:
        """Look for what is numbered above ``after`` until there is so much. TimeoutError."""
        found: list[JsonObject] = []
        deadline = time.monotonic() + seconds
        while len(found) < count:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise TimeoutError(f"{len(found)} of {count} messages within {seconds:g} s")
            found += await look(found[-1]["seq"] if found else after, min(30.0, remaining))
        return found
