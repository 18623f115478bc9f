"""What the stand-in knows of a bot: its chats, their messages, its webhook. Nothing outlives the process."""

import itertools
import time
from dataclasses import dataclass, field
from typing import Any

from libs.standins.errors import StandinError, UnknownError
from libs.standins.telegram.errors import BLOCKED, kicked
from libs.standins.telegram.files import FileShelf

JsonObject = dict[str, Any]

MAX_CHATS = 200_000
MAX_MESSAGES_A_CHAT = 2_000
MAX_CALLBACKS = 10_000
MAX_REACTIONS = 10_000
CALLBACK_LIFETIME_S = 150.0

# Message ids start here plus the seconds passed since, so that those of a restarted stand-in are new to a
# service that kept the old ones.
_MESSAGE_ID_EPOCH = 1_700_000_000


@dataclass(slots=True)
class Chat:
    """One chat as the bot sees it.

    ``fields`` is Telegram's Chat object. ``gone`` says why the bot may not write here, in the words of the
    refusal; empty while it may.
    """

    fields: JsonObject
    next_message_id: int
    messages: dict[int, JsonObject] = field(default_factory=dict)
    topics: set[int] = field(default_factory=set)
    gone: str = ""
    migrated_to: int | None = None

    @property
    def id(self) -> int:
        """Chat id: positive for a private chat, negative for a group."""
        return int(self.fields["id"])

    @property
    def type(self) -> str:
        """``private``, ``group``, ``supergroup`` or ``channel``."""
        return str(self.fields["type"])

    def take_message_id(self) -> int:
        """Return the next message id of this chat."""
        self.next_message_id += 1
        return self.next_message_id

    def remember(self, message: JsonObject) -> None:
        """Keep a message so that it can be replied to, edited and deleted; the oldest makes room."""
        self.messages[message["message_id"]] = message
        if len(self.messages) > MAX_MESSAGES_A_CHAT:
            del self.messages[next(iter(self.messages))]

    def member_status(self, status: str) -> None:
        """Apply what ``my_chat_member`` reported: whether the bot may still write here."""
        if status == "kicked":
            self.gone = BLOCKED if self.type == "private" else kicked(self.type)
        elif status == "left":
            self.gone = f"Forbidden: bot is not a member of the {self.type} chat"
        else:
            self.gone = ""


@dataclass(frozen=True, slots=True)
class Webhook:
    """What ``setWebhook`` set. ``allowed_updates`` None is Telegram's default set."""

    url: str
    secret_token: str = ""
    max_connections: int = 40
    allowed_updates: frozenset[str] | None = None


@dataclass(slots=True)
class BotState:
    """One bot and everything it has to do with."""

    token: str
    user: JsonObject
    chats: dict[int, Chat] = field(default_factory=dict)
    files: FileShelf = field(default_factory=FileShelf)
    callbacks: dict[str, float] = field(default_factory=dict)
    reactions: dict[tuple[int, int, int], list[JsonObject]] = field(default_factory=dict)
    _album_ids: "itertools.count[int]" = field(default_factory=lambda: itertools.count(time.time_ns()))

    @property
    def id(self) -> int:
        """The bot's user id, the number before the colon of its token."""
        return int(self.user["id"])

    def add_chat(self, fields: JsonObject) -> Chat:
        """Make a chat known, or bring its fields up to date. StandinError when there are too many."""
        chat_id = int(fields["id"])
        chat = self.chats.get(chat_id)
        if chat is None:
            if len(self.chats) >= MAX_CHATS:
                raise StandinError(f"the bot already has {MAX_CHATS} chats; reset the stand-in", 409)
            chat = Chat({"type": _chat_type(chat_id), **fields}, int(time.time()) - _MESSAGE_ID_EPOCH)
            self.chats[chat_id] = chat
        elif len(fields) > 1:
            chat.fields = {**chat.fields, **fields}
        return chat

    def chat(self, chat_id: int) -> Chat:
        """Return a known chat. UnknownError when it is not."""
        try:
            return self.chats[chat_id]
        except KeyError:
            raise UnknownError(f"chat {chat_id} is not known to bot {self.id}") from None

    def message(self, chat_id: int, message_id: int) -> JsonObject:
        """Return a message of a known chat. UnknownError when there is none."""
        try:
            return self.chat(chat_id).messages[message_id]
        except KeyError:
            raise UnknownError(f"chat {chat_id} has no message {message_id}") from None

    def take_album_id(self) -> str:
        """Return a new ``media_group_id``."""
        return str(next(self._album_ids))

    def remember_callback(self, query_id: str, expires_at: float) -> None:
        """Let a callback query be answered until ``expires_at`` (``time.monotonic()``)."""
        self.callbacks[query_id] = expires_at
        if len(self.callbacks) > MAX_CALLBACKS:
            del self.callbacks[next(iter(self.callbacks))]

    def change_reaction(
        self, chat_id: int, message_id: int, user_id: int, new: list[JsonObject]
    ) -> list[JsonObject]:
        """Set a person's reactions to a message and return those they had before."""
        key = (chat_id, message_id, user_id)
        old = self.reactions.pop(key, [])
        if new:
            self.reactions[key] = new
            if len(self.reactions) > MAX_REACTIONS:
                del self.reactions[next(iter(self.reactions))]
        return old


def _chat_type(chat_id: int) -> str:
    if chat_id > 0:
        return "private"
    return "supergroup" if str(chat_id).startswith("-100") else "group"
