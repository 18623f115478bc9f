"""Steering one party of WhatsApp's, Postmark's or Chatwoot's stand-in over the control API."""

from typing import Any

from libs.standins.steering import Call, JsonObject, Steered


class PartyClient(Steered):
    """One number, server or account: what people do, what it sent them, what shall go wrong.

    Which actions there are stands in the README. With ``wait=True`` they return when the webhook has
    answered for good, or after ``wait_seconds`` (10 if not given, at most 30).
    """

    def __init__(self, call: Call, platform: str, party_id: str) -> None:
        super().__init__(call, f"/{platform}/{party_id}")
        self.id = party_id

    async def act(self, action: str, *, wait: bool = False, **body: Any) -> JsonObject:
        """Let people (or the platform) do something; ``from_`` stands for ``from``."""
        return await self._post(action, {**body, "wait": wait})

    async def sent(
        self, recipient: str | None = None, *, after: int = 0, limit: int = 100, wait_seconds: float = 0
    ) -> list[JsonObject]:
        """What the platform accepted, in order, numbered above ``after`` by ``seq``."""
        query = {"recipient": recipient, "after": after, "limit": limit, "wait_seconds": wait_seconds}
        return await self._list("sent", "sent", **query)

    async def wait_for_sent(
        self, count: int = 1, *, recipient: str | None = None, after: int = 0, seconds: float = 10.0
    ) -> list[JsonObject]:
        """Wait until so many were accepted and return them all. TimeoutError when they were not in time."""

        async def look(seen: int, wait_seconds: float) -> list[JsonObject]:
            return await self.sent(recipient, after=seen, limit=1_000, wait_seconds=wait_seconds)

        return await self._wait_for(count, look, after=after, seconds=seconds)

    async def calls(self, recipient: str | None = None, **query: Any) -> list[JsonObject]:
        """Every call of the API, also refused and faulted ones; ``after``, ``limit``."""
        return await self._list("calls", "calls", recipient=recipient, **query)

    async def posts(self, key: str | None = None, **query: Any) -> list[JsonObject]:
        """Every webhook post with its attempts and latencies; ``after``, ``limit``."""
        return await self._list("posts", "posts", key=key, **query)
