"""The people on the other side: what they do becomes updates on their way to the bot's webhook."""

import base64
import binascii
import itertools
import re
import secrets
import time
from collections.abc import Mapping
from typing import Any

from libs.standins.errors import StandinError
from libs.standins.telegram.delivery import Delivery
from libs.standins.telegram.entities import utf16_length
from libs.standins.telegram.media import FILE_KINDS, media_object
from libs.standins.telegram.schedule import DAY_S, lifetime_s, queue_of
from libs.standins.telegram.sender import UpdateSender
from libs.standins.telegram.state import CALLBACK_LIFETIME_S, BotState, Chat, JsonObject

_COMMAND = re.compile(r"/[A-Za-z0-9_]{1,32}(?:@[A-Za-z0-9_]{3,32})?(?=\s|$)")


class People:
    """Everyone who talks to one bot. Each action returns the :class:`Delivery` of its update."""

    def __init__(self, bot: BotState, sender: UpdateSender) -> None:
        self._bot = bot
        self._sender = sender
        self._query_ids = itertools.count(secrets.randbits(40))
        self._chat_instance = str(-secrets.randbits(40))

    def write(
        self,
        chat_id: int,
        text: str | None = None,
        *,
        sender: Mapping[str, Any] | None = None,
        chat: Mapping[str, Any] | None = None,
        thread_id: int | None = None,
        reply_to: int | None = None,
        content: Mapping[str, Any] | None = None,
    ) -> Delivery:
        """Write a message: ``text``, or ``content`` such as ``{"document": {…}}``, ``{"location": {…}}``.

        ``sender`` is a User (private chats: made up from the chat), ``chat`` further Chat members. A file
        (``photo``, ``document``, ``voice``, …) without ``file_id`` is stored, ``content_base64`` being its
        bytes. Other members go into the message as they are. The chat becomes known. StandinError.
        """
        content = dict(content or {})
        known = self._bot.add_chat({"id": chat_id, **(chat or {})})
        message = self._envelope(known, sender, thread_id)
        if reply_to is not None:
            replied = self._bot.message(chat_id, reply_to)
            message["reply_to_message"] = {k: v for k, v in replied.items() if k != "reply_to_message"}
        if text is not None:
            message["text"] = text
            if "entities" not in content and (command := _COMMAND.match(text)):
                length = utf16_length(command[0])
                content["entities"] = [{"type": "bot_command", "offset": 0, "length": length}]
        message |= self._content(content)
        known.remember(message)
        return self._submit("message", message)

    def edit(self, chat_id: int, message_id: int, changes: Mapping[str, Any]) -> Delivery:
        """Edit a message; the update carries the whole new version and ``edit_date``. UnknownError.

        ``changes`` replace members: ``{"text": …}``, ``{"caption": …}``, ``{"location": …}``.
        """
        message = self._bot.message(chat_id, message_id)
        edited = {**message, "edit_date": int(time.time()), **self._content(changes)}
        if "text" in changes and "entities" not in changes:
            edited.pop("entities", None)
        self._bot.chat(chat_id).remember(edited)
        return self._submit("edited_message", edited)

    def press(
        self, chat_id: int, message_id: int, data: str, *, sender: Mapping[str, Any] | None = None
    ) -> Delivery:
        """Press an inline button. A message that is gone is reported as inaccessible. StandinError."""
        if not 1 <= len(data.encode()) <= 64:
            raise StandinError("callback data has 1-64 bytes")
        chat = self._bot.chat(chat_id)
        person = self._person(chat, sender)
        query_id = str(next(self._query_ids))
        inaccessible = {"chat": chat.fields, "message_id": message_id, "date": 0}
        query = {
            "id": query_id,
            "from": person,
            "chat_instance": self._chat_instance,
            "data": data,
            "message": chat.messages.get(message_id, inaccessible),
        }
        expires_at = time.monotonic() + CALLBACK_LIFETIME_S / self._sender.speed_up
        self._bot.remember_callback(query_id, expires_at)
        return self._submit("callback_query", query)

    def react(
        self, chat_id: int, message_id: int, emoji: list[str], *, sender: Mapping[str, Any] | None = None
    ) -> Delivery:
        """Set one's reactions to a message; an empty list takes them back. StandinError."""
        self._bot.message(chat_id, message_id)
        chat = self._bot.chat(chat_id)
        person = self._person(chat, sender)
        new = [{"type": "emoji", "emoji": one} for one in emoji]
        old = self._bot.change_reaction(chat_id, message_id, int(person["id"]), new)
        reaction = {
            "chat": chat.fields,
            "message_id": message_id,
            "user": person,
            "date": int(time.time()),
            "old_reaction": old,
            "new_reaction": new,
        }
        return self._submit("message_reaction", reaction)

    def set_membership(
        self, chat_id: int, status: str, *, sender: Mapping[str, Any] | None = None
    ) -> Delivery:
        """Block (``kicked``), unblock (``member``), remove (``left``, ``kicked``) or promote the bot.

        From then on the Bot API refuses or accepts messages to the chat accordingly.
        """
        chat = self._bot.add_chat({"id": chat_id})
        before = "member" if not chat.gone else "left" if "not a member" in chat.gone else "kicked"
        chat.member_status(status)
        change = {
            "chat": chat.fields,
            "from": self._person(chat, sender),
            "date": int(time.time()),
            "old_chat_member": {"user": self._bot.user, "status": before},
            "new_chat_member": {"user": self._bot.user, "status": status},
        }
        return self._submit("my_chat_member", change)

    def migrate(self, chat_id: int, new_chat_id: int, *, sender: Mapping[str, Any]) -> list[Delivery]:
        """Upgrade a group to a supergroup: a service message in the old chat and one in the new.

        Sending to the old id is refused from then on, with ``migrate_to_chat_id``. StandinError.
        """
        old = self._bot.chat(chat_id)
        if old.type != "group":
            raise StandinError("only a group can become a supergroup")
        new = self._bot.add_chat({**old.fields, "id": new_chat_id, "type": "supergroup"})
        old.migrated_to = new_chat_id
        farewell = {**self._envelope(old, sender, None), "migrate_to_chat_id": new_chat_id}
        welcome = {**self._envelope(new, sender, None), "migrate_from_chat_id": chat_id}
        return [self._submit("message", farewell), self._submit("message", welcome)]

    def send_update(self, update: Mapping[str, Any], *, queue: str | None = None) -> Delivery:
        """Deliver any update, known to Telegram or not, whatever the webhook subscribed to.

        ``update`` without ``update_id``; its chat and callback query become known. StandinError.
        """
        kind = next((name for name in update if name != "update_id"), "")
        content = update.get(kind)
        members: Mapping[str, Any] = content if isinstance(content, dict) else {}
        inner = members.get("message")
        chat = members.get("chat") or (inner.get("chat") if isinstance(inner, dict) else None)
        chat_id = chat.get("id") if isinstance(chat, dict) else None
        if isinstance(chat, dict) and isinstance(chat_id, int):
            self._bot.add_chat(chat)
        if kind == "callback_query":
            expires_at = time.monotonic() + CALLBACK_LIFETIME_S / self._sender.speed_up
            self._bot.remember_callback(str(members.get("id")), expires_at)
        person = members.get("from")
        user_id = person.get("id") if isinstance(person, dict) else None
        return self._sender.submit(
            kind,
            {name: value for name, value in update.items() if name != "update_id"},
            queue=queue or queue_of(kind, chat_id, user_id),
            lifetime_s=lifetime_s(kind),
            chat_id=chat_id,
            message_id=members.get("message_id"),
            subscribed=True,
        )

    def _submit(self, kind: str, content: JsonObject) -> Delivery:
        envelope = content["message"] if kind == "callback_query" else content
        chat_id, user_id = int(envelope["chat"]["id"]), content.get("from", {}).get("id")
        age = 0.0 if kind == "callback_query" else time.time() - content["date"]
        return self._sender.submit(
            kind,
            {kind: content},
            queue=queue_of(kind, chat_id, user_id),
            lifetime_s=lifetime_s(kind, min(DAY_S, max(0.0, age))),
            chat_id=chat_id,
            message_id=envelope.get("message_id"),
        )

    def _envelope(self, chat: Chat, sender: Mapping[str, Any] | None, thread_id: int | None) -> JsonObject:
        message: JsonObject = {
            "message_id": chat.take_message_id(),
            "from": self._person(chat, sender),
            "chat": chat.fields,
            "date": int(time.time()),
        }
        if thread_id is not None:
            chat.topics.add(thread_id)
            message |= {"message_thread_id": thread_id, "is_topic_message": True}
        return message

    def _person(self, chat: Chat, given: Mapping[str, Any] | None) -> JsonObject:
        if given is None and chat.type != "private":
            raise StandinError("who writes in a group? give from")
        person = {
            "id": chat.id,
            "is_bot": False,
            "first_name": chat.fields.get("first_name", "Visitor"),
            **(given or {}),
        }
        if not isinstance(person["id"], int):
            raise StandinError("from.id must be a whole number")
        if chat.type == "private" and "first_name" not in chat.fields:
            names = ("first_name", "last_name", "username")
            chat.fields |= {name: person[name] for name in names if name in person}
        return person

    def _content(self, content: Mapping[str, Any]) -> JsonObject:
        members: JsonObject = {}
        for name, value in content.items():
            if name in FILE_KINDS and isinstance(value, dict) and "file_id" not in value:
                members |= self._file(name, value)
            elif name == "venue" and isinstance(value, dict):
                members |= {"venue": value, "location": value.get("location")}
            elif value is not None:
                members[name] = value
        return members

    def _file(self, kind: str, given: Mapping[str, Any]) -> JsonObject:
        described = dict(given)
        encoded = described.pop("content_base64", None)
        size = described.pop("file_size", None)
        try:
            content = (
                f"{kind} of the stand-in".encode()
                if encoded is None
                else base64.b64decode(str(encoded), validate=True)
            )
        except binascii.Error as error:
            raise StandinError("content_base64 is not base64") from error
        name = str(described.get("file_name", ""))
        return media_object(kind, self._bot.files.put(kind, content, file_name=name, size=size), described)
