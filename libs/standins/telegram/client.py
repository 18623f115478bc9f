"""Steering one bot of the Telegram stand-in over the control API. Answers are the API's own JSON."""

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


class TelegramBotClient:
    """One bot: what people do to it, what it sent them, what shall go wrong.

    Actions return a delivery: ``update_id``, ``message_id``, ``state`` (``queued``, ``acked``, …),
    ``status``, ``latency_ms``, ``attempts``. With ``wait=True`` they return once it is over, or after
    ``wait_seconds`` (10 if not given, at most 30).
    """

    def __init__(self, call: Call, bot_id: int) -> None:
        self.id = bot_id
        self._call = call
        self._path = f"/telegram/{bot_id}"

    async def add_chat(self, chat_id: int, **fields: Any) -> JsonObject:
        """Make a chat known: ``type``, ``title``, ``topics`` and other members of Telegram's Chat."""
        return await self._post("chats", {"id": chat_id, **fields})

    async def write(
        self, chat_id: int, text: str | None = None, *, wait: bool = False, **content: Any
    ) -> JsonObject:
        """Let a person write a message.

        ``content``: ``from_`` (User), ``chat``, ``thread_id``, ``reply_to``, ``document``, ``location``, and
        any other member of Telegram's Message.
        """
        return await self._post("messages", {"chat_id": chat_id, "text": text, "wait": wait, **content})

    async def write_batch(self, messages: list[JsonObject]) -> list[JsonObject]:
        """Let people write many messages at once, each as :meth:`write` takes it.

        Returns ``update_id``, ``chat_id`` and ``message_id`` of each.
        """
        return list((await self._post("messages/batch", {"messages": messages}))["updates"])

    async def edit(self, chat_id: int, message_id: int, *, wait: bool = False, **changes: Any) -> JsonObject:
        """Let a person edit a message."""
        body = {"chat_id": chat_id, "message_id": message_id, "wait": wait, **changes}
        return await self._post("edits", body)

    async def press(
        self, chat_id: int, message_id: int, data: str, *, wait: bool = False, **more: Any
    ) -> JsonObject:
        """Let a person press an inline button."""
        body = {"chat_id": chat_id, "message_id": message_id, "data": data, "wait": wait, **more}
        return await self._post("presses", body)

    async def react(
        self, chat_id: int, message_id: int, emoji: list[str], *, wait: bool = False, **more: Any
    ) -> JsonObject:
        """Let a person set their reactions; an empty list takes them back."""
        body = {"chat_id": chat_id, "message_id": message_id, "emoji": emoji, "wait": wait, **more}
        return await self._post("reactions", body)

    async def set_membership(
        self, chat_id: int, status: str, *, wait: bool = False, **more: Any
    ) -> JsonObject:
        """Block the bot (``kicked``), unblock it (``member``), remove it (``left``)."""
        return await self._post("memberships", {"chat_id": chat_id, "status": status, "wait": wait, **more})

    async def migrate(self, chat_id: int, new_chat_id: int, *, sender: JsonObject) -> list[JsonObject]:
        """Upgrade a group to a supergroup; returns both deliveries."""
        body = {"chat_id": chat_id, "new_chat_id": new_chat_id, "from": sender}
        return list((await self._post("migrations", body))["updates"])

    async def send_update(
        self, update: JsonObject, *, queue: str | None = None, wait: bool = False
    ) -> JsonObject:
        """Deliver any update, known to Telegram or not."""
        return await self._post("updates", {"update": update, "queue": queue, "wait": wait})

    async def duplicate(self, update_id: int, count: int = 1, *, wait: bool = False) -> list[JsonObject]:
        """Deliver an update again, ``count`` times at once."""
        body = {"update_id": update_id, "count": count, "wait": wait}
        return list((await self._post("duplicates", body))["updates"])

    async def hold(self, queue: str) -> None:
        """Let a queue such as ``chat:5`` wait, so that others overtake it."""
        await self._post("queues", {"queue": queue, "held": True})

    async def release(self, queue: str) -> None:
        """Let a held queue go on."""
        await self._post("queues", {"queue": queue, "held": False})

    async def messages(
        self, chat_id: int | None = None, *, after: int = 0, limit: int = 100, wait_seconds: float = 0
    ) -> list[JsonObject]:
        """What the bot sent and Telegram accepted, in order, numbered above ``after`` by ``seq``."""
        query = {"chat_id": chat_id, "after": after, "limit": limit, "wait_seconds": wait_seconds}
        return list((await self._call("GET", f"{self._path}/messages", query=query))["messages"])

    async def wait_for_messages(
        self, count: int = 1, *, chat_id: int | None = None, after: int = 0, seconds: float = 10.0
    ) -> list[JsonObject]:
        """Wait until so many were accepted and return them all. TimeoutError when they were not in time."""
        found: list[JsonObject] = []
        deadline = time.monotonic() + seconds
        while len(found) < count:
            remaining = deadline - time.monotonic()
            if remaining <= 0:
                raise TimeoutError(f"{len(found)} of {count} messages within {seconds:g} s")
            seen = found[-1]["seq"] if found else after
            found += await self.messages(chat_id, after=seen, limit=1_000, wait_seconds=min(30.0, remaining))
        return found

    async def attempts(self, chat_id: int | None = None, **query: Any) -> list[JsonObject]:
        """Every call of the Bot API, also refused and faulted ones; ``method``, ``after``, ``limit``."""
        answer = await self._call("GET", f"{self._path}/attempts", query={"chat_id": chat_id, **query})
        return list(answer["attempts"])

    async def updates(self, chat_id: int | None = None, **query: Any) -> list[JsonObject]:
        """Every delivery with its attempts, acks and latencies; ``after``, ``limit``."""
        answer = await self._call("GET", f"{self._path}/updates", query={"chat_id": chat_id, **query})
        return list(answer["updates"])

    async def add_fault(self, kind: str, **options: Any) -> int:
        """Put a fault rule in force (README: faults) and return its id."""
        return int((await self._post("faults", {"kind": kind, **options}))["id"])

    async def faults(self) -> list[JsonObject]:
        """Return the rules in force, with how often each was seen and fired."""
        return list((await self._call("GET", f"{self._path}/faults"))["faults"])

    async def clear_faults(self, rule_id: int | None = None) -> None:
        """Take one rule out of force, or all of them."""
        await self._call("DELETE", f"{self._path}/faults" + ("" if rule_id is None else f"/{rule_id}"))

    async def remove(self) -> None:
        """Forget the bot."""
        await self._call("DELETE", self._path)

    async def _post(self, path: str, body: Mapping[str, Any]) -> JsonObject:
        members = {name.rstrip("_"): value for name, value in body.items() if value is not None}
        return await self._call("POST", f"{self._path}/{path}", members)
