"""Steering one party of WhatsApp's, Postmark's or Chatwoot's stand-in over the control API."""

import time
from collections.abc import Mapping
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


class PartyClient:
    """One number, server or account: what people do, what it sent them, what shall go wrong.

    Which actions there are stands in the README. With ``wait=True`` they return when the webhook has
    answered for good, or after ``wait_seconds`` (10 if not given, at most 30).
    """

    def __init__(self, call: Call, platform: str, party_id: str) -> None:
        self.id = party_id
        self._call = call
        self._path = f"/{platform}/{party_id}"

    async def act(self, action: str, *, wait: bool = False, **body: Any) -> JsonObject:
        """Let people (or the platform) do something; ``from_`` stands for ``from``."""
        members = {name.rstrip("_"): value for name, value in body.items() if value is not None}
        return await self._call("POST", f"{self._path}/{action}", {**members, "wait": wait})

    async def sent(
        self, recipient: str | None = None, *, after: int = 0, limit: int = 100, wait_seconds: float = 0
    ) -> list[JsonObject]:
        """What the platform accepted, in order, numbered above ``after`` by ``seq``."""
        query = {"recipient": recipient, "after": after, "limit": limit, "wait_seconds": wait_seconds}
        return list((await self._call("GET", f"{self._path}/sent", query=query))["sent"])

    async def wait_for_sent(
        self, count: int = 1, *, recipient: str | None = None, after: int = 0, seconds: float = 10.0
    ) -> list[JsonObject]:
        """Wait until so many were accepted and return them all. TimeoutError when they were not in time."""
        found: list[JsonObject] = []
        deadline = time.monotonic() + seconds
        while len(found) < count:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise TimeoutError(f"{len(found)} of {count} messages within {seconds:g} s")
            seen = found[-1]["seq"] if found else after
            found += await self.sent(recipient, after=seen, limit=1_000, wait_seconds=min(30.0, remaining))
        return found

    async def calls(self, recipient: str | None = None, **query: Any) -> list[JsonObject]:
        """Every call of the API, also refused and faulted ones; ``after``, ``limit``."""
        answer = await self._call("GET", f"{self._path}/calls", query={"recipient": recipient, **query})
        return list(answer["calls"])

    async def posts(self, key: str | None = None, **query: Any) -> list[JsonObject]:
        """Every webhook post with its attempts and latencies; ``after``, ``limit``."""
        answer = await self._call("GET", f"{self._path}/posts", query={"key": key, **query})
        return list(answer["posts"])

    async def add_fault(self, kind: str, **options: Any) -> int:
        """Put a fault rule in force (README: faults) and return its id."""
        answer = await self._call("POST", f"{self._path}/faults", {"kind": kind, **options})
        return int(answer["id"])

    async def clear_faults(self, rule_id: int | None = None) -> None:
        """Take one rule out of force, or all of them."""
        await self._call("DELETE", f"{self._path}/faults" + ("" if rule_id is None else f"/{rule_id}"))

    async def remove(self) -> None:
        """Forget it."""
        await self._call("DELETE", self._path)
