"""Telegram as a channel: a secret in a header, one update a post.

Source: Bot API 10.2, "setWebhook". The body is not covered by the secret.
"""

import hmac
from collections.abc import Mapping

from libs.contracts.delivery import ConnectionSecrets
from services.gateway.domain.inbound import Reading
from services.gateway.domain.json_fields import parsed
from services.gateway.domain.telegram_address import Bot
from services.gateway.domain.telegram_updates import read_moved, read_update
from services.gateway.domain.webhooks import UNSET, Post

HEADER = "x-telegram-bot-api-secret-token"


class Telegram:
    """Bots."""

    covers_body = False
    body_bytes = None

    def refusal(self, post: Post, connection: ConnectionSecrets) -> str | None:
        """By the secret of `setWebhook`."""
        secret = connection.webhook_secret
        if not secret:
            return UNSET
        given = post.headers.get(HEADER)
        same = hmac.compare_digest((given or "").encode(), secret.encode())
        if given is None:
            return "the header X-Telegram-Bot-Api-Secret-Token is missing"
        return None if same else "the header X-Telegram-Bot-Api-Secret-Token is not the secret"

    def read(self, post: Post, connection: ConnectionSecrets) -> Reading:
        """One update."""
        update = parsed(post.body)
        return Reading(messages=tuple(read_update(update, bot_of(connection))), moved=read_moved(update))

    def challenge(self, asked: Mapping[str, str], connection: ConnectionSecrets) -> str | None:  # noqa: ARG002 - the interface
        """There is no handshake."""
        return None


def bot_of(connection: ConnectionSecrets) -> Bot:
    """The bot, as far as the connection's settings know it."""
    username = connection.settings.get("bot_username")
    bot_id = connection.settings.get("bot_id")
    return Bot(
        username=username.removeprefix("@") if isinstance(username, str) else None,
        id=int(bot_id) if isinstance(bot_id, int | str) and str(bot_id).isdecimal() else None,
    )
