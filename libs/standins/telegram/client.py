"""Steering one bot of the Telegram stand-in over the control API. Answers are the API's own JSON."""

from typing import Any

from libs.standins.steering import Call, JsonObject, Steered


class TelegramBotClient(Steered):
    """One bot: what people do to it, what it sent them, what shall go wrong.

    Actions return a delivery: ``update_id``, ``message_id``, ``state`` (``queued``, ``acked``, …),
    ``status``, ``latency_ms``, ``attempts``. With ``wait=True`` they return once it is over, or after
    ``wait_seconds`` (10 if not given, at most 30).
    """

    def __init__(self, call: Call, bot_id: int) -> None:
        super().__init__(call, f"/telegram/{bot_id}")
        self.id = bot_id

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
        return await self._list("messages", "messages", **query)

    async def wait_for_messages(
        self, count: int = 1, *, chat_id: int | None = None, after: int = 0, seconds: float = 10.0
    ) -> list[JsonObject]:
        """Wait until so many were accepted and return them all. TimeoutError when they were not in time."""

        async def look(seen: int, wait_seconds: float) -> list[JsonObject]:
            return await self.messages(chat_id, after=seen, limit=1_000, wait_seconds=wait_seconds)

        return await self._wait_for(count, look, after=after, seconds=seconds)

    async def attempts(self, chat_id: int | None = None, **query: Any) -> list[JsonObject]:
        """Every call of the Bot API, also refused and faulted ones; ``method``, ``after``, ``limit``."""
        return await self._list("attempts", "attempts", chat_id=chat_id, **query)

    async def updates(self, chat_id: int | None = None, **query: Any) -> list[JsonObject]:
        """Every delivery with its attempts, acks and latencies; ``after``, ``limit``."""
        return await self._list("updates", "updates", chat_id=chat_id, **query)
