"""What Telegram can be asked and told about a bot's webhook. Source: Bot API, "getMe", "getWebhookInfo"."""

from collections.abc import Mapping
from typing import Any

from services.delivery.adapters.telegram_api import Answer, TelegramApi
from services.delivery.adapters.telegram_errors import meaning
from services.delivery.domain.connection import Connection
from services.delivery.domain.outcomes import Refused, Retry


class TelegramRegistrar:
    """The port Registrar. `default_base` is used where a connection's settings name no `api_base_url`."""

    def __init__(self, api: TelegramApi, *, default_base: str) -> None:
        self._api = api
        self._default_base = default_base

    async def check(self, connection: Connection) -> Refused | Retry | None:
        """Whether the token counts, and the webhook leads here where it should."""
        found = await self._asked(connection, "getMe")
        expected = connection.settings.get("webhook_url")
        if isinstance(found, Refused | Retry) or not isinstance(expected, str):
            return found if isinstance(found, Refused | Retry) else None
        webhook = await self._asked(connection, "getWebhookInfo")
        if isinstance(webhook, Refused | Retry):
            return webhook
        return None if webhook.get("url") == expected else Refused("webhook_elsewhere", disconnects=True)

    async def disconnect(self, connection: Connection) -> Refused | Retry | None:
        """Take the webhook away."""
        found = await self._asked(connection, "deleteWebhook")
        return found if isinstance(found, Refused | Retry) else None

    async def _asked(self, connection: Connection, method: str) -> Mapping[str, Any] | Refused | Retry:
        base = connection.settings.get("api_base_url")
        answer = await self._api.call(
            base if isinstance(base, str) and base else self._default_base,
            connection.credentials.get("token", ""),
            method,
            {},
        )
        if isinstance(answer, Answer) and answer.result is not None:
            return answer.result
        outcome = meaning(answer) if isinstance(answer, Answer) else answer
        if isinstance(outcome, Refused | Retry):
            return outcome
        return Retry("unreachable")
