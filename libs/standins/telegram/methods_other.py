"""The remaining Bot API methods: places, contacts, typing, buttons, the bot itself, its webhook."""

import re
import time
from typing import Any

from libs.standins.bodies import Params
from libs.standins.poster import parse_target
from libs.standins.telegram.checks import envelope, writable_chat
from libs.standins.telegram.errors import bad_request
from libs.standins.telegram.outcome import Outcome, post_message, sent
from libs.standins.telegram.params import bool_of, float_of, int_of, json_of, text_of
from libs.standins.telegram.sender import UpdateSender
from libs.standins.telegram.state import BotState, JsonObject, Webhook

MAX_CALLBACK_TEXT = 200

_CHAT_ACTIONS = frozenset(
    {
        "typing",
        "upload_photo",
        "record_video",
        "upload_video",
        "record_voice",
        "upload_voice",
        "upload_document",
        "choose_sticker",
        "find_location",
        "record_video_note",
        "upload_video_note",
    }
)
_SECRET = re.compile(r"[A-Za-z0-9_-]{1,256}")


def send_location(bot: BotState, params: Params) -> Outcome:
    """``sendLocation``: a point on earth."""
    chat = writable_chat(bot, params)
    members = envelope(bot, chat, params)
    latitude = float_of(params, "latitude", "latitude")
    longitude = float_of(params, "longitude", "longitude")
    if not (-90 <= latitude <= 90 and -180 <= longitude <= 180):
        raise bad_request("invalid location specified")
    location = {"latitude": latitude, "longitude": longitude}
    return sent(post_message(bot, chat, members, {"location": location}))


def send_contact(bot: BotState, params: Params) -> Outcome:
    """``sendContact``: a phone number with a name."""
    chat = writable_chat(bot, params)
    members = envelope(bot, chat, params)
    contact: JsonObject = {}
    for name in ("phone_number", "first_name", "last_name", "vcard"):
        if value := text_of(params, name):
            contact[name] = value
        elif name in {"phone_number", "first_name"}:
            raise bad_request(f"{name.replace('_', ' ')} must be non-empty")
    return sent(post_message(bot, chat, members, {"contact": contact}))


def send_chat_action(bot: BotState, params: Params) -> Outcome:
    """``sendChatAction``: typing and its siblings."""
    writable_chat(bot, params)
    if text_of(params, "action").lower() not in _CHAT_ACTIONS:
        raise bad_request("wrong parameter action in request")
    return Outcome(result=True)


def answer_callback_query(bot: BotState, params: Params) -> Outcome:
    """``answerCallbackQuery``: once a button was pressed, and soon enough after it."""
    query_id = text_of(params, "callback_query_id")
    if len(text_of(params, "text")) > MAX_CALLBACK_TEXT:
        raise bad_request("MESSAGE_TOO_LONG")
    if bot.callbacks.get(query_id, 0.0) < time.monotonic():
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    return Outcome(result=True)


def get_me(bot: BotState, params: Params) -> Outcome:  # noqa: ARG001 - every method has this signature
    """``getMe``: the bot's own user."""
    return Outcome(
        {
            **bot.user,
            "can_join_groups": True,
            "can_read_all_group_messages": False,
            "supports_inline_queries": False,
        }
    )


def set_webhook(sender: UpdateSender, params: Params) -> Outcome:
    """``setWebhook``. As a self-hosted server in local mode: any port, and http as well as https."""
    url = text_of(params, "url")
    if not url:
        return delete_webhook(sender, params)
    try:
        parse_target(url)
    except ValueError as error:
        raise bad_request(f"bad webhook: {error}") from error
    secret = text_of(params, "secret_token")
    if len(secret) > 256:
        raise bad_request("secret token is too long")
    if secret and not _SECRET.fullmatch(secret):
        raise bad_request("secret token contains unallowed characters")
    webhook = Webhook(
        url=url,
        secret_token=secret,
        max_connections=min(100, max(1, int_of(params, "max_connections") or 40)),
        allowed_updates=_allowed_updates(params, sender.webhook),
    )
    if bool_of(params, "drop_pending_updates"):
        sender.drop_pending()
    if webhook == sender.webhook:
        return Outcome(result=True, description="Webhook is already set")
    sender.set_webhook(webhook)
    return Outcome(result=True, description="Webhook was set")


def delete_webhook(sender: UpdateSender, params: Params) -> Outcome:
    """``deleteWebhook``: updates wait, for a day at most, until there is one again."""
    if bool_of(params, "drop_pending_updates"):
        sender.drop_pending()
    if sender.webhook is None:
        return Outcome(result=True, description="Webhook is already deleted")
    sender.set_webhook(None)
    return Outcome(result=True, description="Webhook was deleted")


def get_webhook_info(sender: UpdateSender) -> Outcome:
    """``getWebhookInfo``: where updates go, how many wait, what went wrong last."""
    webhook = sender.webhook
    info: JsonObject = {
        "url": webhook.url if webhook else "",
        "has_custom_certificate": False,
        "pending_update_count": sender.pending_count,
    }
    if webhook is not None:
        info["max_connections"] = webhook.max_connections
        if webhook.allowed_updates is not None:
            info["allowed_updates"] = sorted(webhook.allowed_updates)
        if sender.last_error is not None:
            info["last_error_date"], info["last_error_message"] = sender.last_error
    return Outcome(info)


def _allowed_updates(params: Params, before: Webhook | None) -> frozenset[str] | None:
    given: Any = json_of(params, "allowed_updates", "allowed updates")
    if given is None:
        return before.allowed_updates if before else None
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        raise bad_request("can't parse allowed updates: Array of String expected")
    return frozenset(given) or None
