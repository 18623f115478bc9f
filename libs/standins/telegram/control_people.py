"""The Telegram stand-in's control API: what people do. Each answer tells the update and what became of it."""

from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from libs.standins.control import json_object, only, take, wait_seconds
from libs.standins.errors import StandinError
from libs.standins.telegram.bot import TelegramBot
from libs.standins.telegram.delivery import Delivery

DEFAULT_WAIT_S = 10.0
MAX_BATCH = 1_000

Action = Callable[[TelegramBot, Request], Awaitable[Response]]

CHAT_TYPES = ("private", "group", "supergroup", "channel")
_WAIT = ("wait", "wait_seconds")
_MEMBER_STATUSES = ("creator", "administrator", "member", "restricted", "left", "kicked")


async def _answer(delivery: Delivery, body: Mapping[str, Any]) -> Response:
    if take(body, "wait", bool, default=False):
        await delivery.wait(wait_seconds(take(body, "wait_seconds", int, float, default=DEFAULT_WAIT_S)))
    return JSONResponse(delivery.as_json(), status_code=201)


async def add_chat(bot: TelegramBot, request: Request) -> Response:
    """``{id, type?, title?, …, topics?}``: make a chat known without a message."""
    body = await json_object(request)
    topics = take(body, "topics", list, default=[])
    if not all(isinstance(topic, int) for topic in topics):
        raise StandinError("topics must be whole numbers")
    if take(body, "type", str, default="private") not in CHAT_TYPES:
        raise StandinError(f"type must be one of {', '.join(CHAT_TYPES)}")
    fields = {name: value for name, value in body.items() if name != "topics" and value is not None}
    chat = bot.state.add_chat({**fields, "id": take(body, "id", int)})
    chat.topics.update(topics)
    return JSONResponse(chat.fields, status_code=201)


async def write(bot: TelegramBot, request: Request) -> Response:
    """``{chat_id, text? | content, from?, chat?, thread_id?, reply_to?, wait?, wait_seconds?}``."""
    body = await json_object(request)
    return await _answer(_write(bot, body), body)


async def write_batch(bot: TelegramBot, request: Request) -> Response:
    """``{messages: [up to 1000 of what ``messages`` takes, without wait]}``: queued at once."""
    body = await json_object(request)
    only(body, "messages")
    messages = take(body, "messages", list)
    if len(messages) > MAX_BATCH or not all(isinstance(message, dict) for message in messages):
        raise StandinError(f"messages must be up to {MAX_BATCH} objects")
    deliveries = [_write(bot, message) for message in messages]
    shown = [
        {"update_id": delivery.update_id, "chat_id": delivery.chat_id, "message_id": delivery.message_id}
        for delivery in deliveries
    ]
    return JSONResponse({"updates": shown}, status_code=201)


def _write(bot: TelegramBot, body: Mapping[str, Any]) -> Delivery:
    ours = {"chat_id", "text", "from", "chat", "thread_id", "reply_to", *_WAIT}
    return bot.people.write(
        take(body, "chat_id", int),
        take(body, "text", str, default=None),
        sender=take(body, "from", dict, default=None),
        chat=take(body, "chat", dict, default=None),
        thread_id=take(body, "thread_id", int, default=None),
        reply_to=take(body, "reply_to", int, default=None),
        content={name: value for name, value in body.items() if name not in ours},
    )


async def edit(bot: TelegramBot, request: Request) -> Response:
    """``{chat_id, message_id, text? | content}``: edit what was written."""
    body = await json_object(request)
    ours = {"chat_id", "message_id", *_WAIT}
    changes = {name: value for name, value in body.items() if name not in ours}
    delivery = bot.people.edit(take(body, "chat_id", int), take(body, "message_id", int), changes)
    return await _answer(delivery, body)


async def press(bot: TelegramBot, request: Request) -> Response:
    """``{chat_id, message_id, data, from?}``: press an inline button."""
    body = await json_object(request)
    only(body, "chat_id", "message_id", "data", "from", *_WAIT)
    delivery = bot.people.press(
        take(body, "chat_id", int),
        take(body, "message_id", int),
        take(body, "data", str),
        sender=take(body, "from", dict, default=None),
    )
    return await _answer(delivery, body)


async def react(bot: TelegramBot, request: Request) -> Response:
    """``{chat_id, message_id, emoji: [], from?}``: set one's reactions; an empty list takes them back."""
    body = await json_object(request)
    only(body, "chat_id", "message_id", "emoji", "from", *_WAIT)
    emoji = take(body, "emoji", list)
    if not all(isinstance(one, str) for one in emoji):
        raise StandinError("emoji must be texts")
    delivery = bot.people.react(
        take(body, "chat_id", int),
        take(body, "message_id", int),
        emoji,
        sender=take(body, "from", dict, default=None),
    )
    return await _answer(delivery, body)


async def set_membership(bot: TelegramBot, request: Request) -> Response:
    """``{chat_id, status, from?}``: block (kicked), unblock (member), remove (left), promote."""
    body = await json_object(request)
    only(body, "chat_id", "status", "from", *_WAIT)
    status = take(body, "status", str)
    if status not in _MEMBER_STATUSES:
        raise StandinError(f"status must be one of {', '.join(_MEMBER_STATUSES)}")
    delivery = bot.people.set_membership(
        take(body, "chat_id", int), status, sender=take(body, "from", dict, default=None)
    )
    return await _answer(delivery, body)


async def migrate(bot: TelegramBot, request: Request) -> Response:
    """``{chat_id, new_chat_id, from}``: upgrade a group to a supergroup."""
    body = await json_object(request)
    only(body, "chat_id", "new_chat_id", "from")
    deliveries = bot.people.migrate(
        take(body, "chat_id", int), take(body, "new_chat_id", int), sender=take(body, "from", dict)
    )
    return JSONResponse({"updates": [delivery.as_json() for delivery in deliveries]}, status_code=201)


async def send_update(bot: TelegramBot, request: Request) -> Response:
    """``{update: {…}, queue?}``: deliver any update, known or not."""
    body = await json_object(request)
    only(body, "update", "queue", *_WAIT)
    delivery = bot.people.send_update(
        take(body, "update", dict), queue=take(body, "queue", str, default=None)
    )
    return await _answer(delivery, body)


async def duplicate(bot: TelegramBot, request: Request) -> Response:
    """``{update_id, count?}``: deliver an update again, up to 1000 times at once."""
    body = await json_object(request)
    only(body, "update_id", "count", *_WAIT)
    count = take(body, "count", int, default=1)
    if not 1 <= count <= MAX_BATCH:
        raise StandinError(f"count must be 1-{MAX_BATCH}")
    copies = [bot.sender.duplicate(take(body, "update_id", int)) for _ in range(count)]
    if take(body, "wait", bool, default=False):
        seconds = wait_seconds(take(body, "wait_seconds", int, float, default=DEFAULT_WAIT_S))
        for copy in copies:
            await copy.wait(seconds)
    return JSONResponse({"updates": [copy.as_json() for copy in copies]}, status_code=201)


async def set_queue(bot: TelegramBot, request: Request) -> Response:
    """``{queue, held}``: let a queue (``chat:5``, ``callback:7``, …) wait while others overtake it."""
    body = await json_object(request)
    only(body, "queue", "held")
    queue, held = take(body, "queue", str), take(body, "held", bool)
    (bot.sender.hold if held else bot.sender.release)(queue)
    return JSONResponse({"queue": queue, "held": held})


ACTIONS: dict[str, Action] = {
    "chats": add_chat,
    "messages": write,
    "messages/batch": write_batch,
    "edits": edit,
    "presses": press,
    "reactions": react,
    "memberships": set_membership,
    "migrations": migrate,
    "updates": send_update,
    "duplicates": duplicate,
    "queues": set_queue,
}
"""Path below the bot to what it does."""
