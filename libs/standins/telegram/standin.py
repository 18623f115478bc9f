"""The Telegram stand-in: its bots, its Bot API, its control API, in this process or served on a port."""

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any, Self

from starlette.routing import BaseRoute
from starlette.types import Receive, Scope, Send

from libs.standins.app import StandinApp
from libs.standins.errors import StandinError, UnknownError
from libs.standins.journal import DEFAULT_KEEP
from libs.standins.server import serving
from libs.standins.telegram.bot import TelegramBot
from libs.standins.telegram.bot_api import TOKEN, BotApi
from libs.standins.telegram.control import control_routes
from libs.standins.telegram.errors import ApiError
from libs.standins.telegram.methods_other import set_webhook
from libs.standins.telegram.state import Webhook

MAX_BOTS = 100
_USERNAME = re.compile(r"[A-Za-z][A-Za-z0-9_]{4,31}")


class TelegramStandin:
    """Telegram for bots, as far as a customer-service platform meets it.

    ``speed_up`` divides the pauses and lifetimes of redelivery (not ``time_limit_s``, what one webhook post
    may take); ``keep`` bounds what each bot's journals remember. :attr:`base_url` is set while it is served.
    """

    name = "telegram"
    prefixes = ("/bot", "/file/bot")

    def __init__(
        self, *, speed_up: float = 1.0, time_limit_s: float = 60.0, keep: int = DEFAULT_KEEP
    ) -> None:
        self.base_url = ""
        self.bots: dict[int, TelegramBot] = {}
        self._by_token: dict[str, TelegramBot] = {}
        self._speed_up = speed_up
        self._time_limit_s = time_limit_s
        self._keep = keep
        self._closing = asyncio.Event()
        self.bot_api = BotApi(self._by_token.get, self._closing)

    @classmethod
    @contextlib.asynccontextmanager
    async def running(
        cls, *, host: str = "127.0.0.1", port: int = 0, speed_up: float = 1.0, time_limit_s: float = 60.0
    ) -> AsyncIterator[Self]:
        """Serve a stand-in from this event loop while the block runs. OSError when the port is taken."""
        standin = cls(speed_up=speed_up, time_limit_s=time_limit_s)
        app = StandinApp([standin])
        async with serving(app, host=host, port=port) as base_url:
            standin.base_url = base_url
            try:
                yield standin
            finally:
                await app.close()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request to the Bot API."""
        await self.bot_api(scope, receive, send)

    def control_routes(self) -> list[BaseRoute]:
        """Return the control API below ``/_control/telegram``."""
        return control_routes(self)

    def add_bot(
        self,
        token: str,
        *,
        secret: str | None = None,
        webhook_url: str | None = None,
        username: str | None = None,
        first_name: str | None = None,
        speed_up: float | None = None,
        time_limit_s: float | None = None,
        max_connections: int | None = None,
        allowed_updates: Sequence[str] | None = None,
    ) -> TelegramBot:
        """Register a bot, or bring a registered one up to date: what is not given stays.

        ``webhook_url``, ``secret``, ``max_connections`` and ``allowed_updates`` are what the bot would tell
        ``setWebhook`` itself. StandinError for a malformed token and for what ``setWebhook`` would refuse.
        """
        if not TOKEN.fullmatch(token):
            raise StandinError("a token is digits, a colon and 20-64 letters, digits, _ or -")
        if username is not None and not _USERNAME.fullmatch(username):
            raise StandinError("a username is 5-32 letters, digits or _, a letter first")
        bot = self._bot_for(token)
        if username is not None:
            bot.state.user["username"] = username
        if first_name is not None:
            bot.state.user["first_name"] = first_name
        bot.sender.speed_up = speed_up or bot.sender.speed_up
        bot.sender.time_limit_s = time_limit_s or bot.sender.time_limit_s
        told = {
            "url": webhook_url,
            "secret_token": secret,
            "max_connections": max_connections,
            "allowed_updates": None if allowed_updates is None else list(allowed_updates),
        }
        if any(value is not None for value in told.values()):
            _tell_webhook(bot, told)
        return bot

    def bot(self, bot_id: int) -> TelegramBot:
        """Return a registered bot. UnknownError when there is none."""
        try:
            return self.bots[bot_id]
        except KeyError:
            raise UnknownError(f"bot {bot_id} is not registered") from None

    async def remove_bot(self, bot_id: int) -> None:
        """Forget a bot and all it has; calls with its token are 401 from then on. StandinError."""
        bot = self.bot(bot_id)
        del self.bots[bot_id]
        del self._by_token[bot.state.token]
        await bot.close()

    async def reset(self) -> None:
        """Forget everything: bots, chats, messages, faults, journals."""
        for bot_id in list(self.bots):
            await self.remove_bot(bot_id)
        self.bot_api.strangers.clear()

    async def close(self) -> None:
        """End every deliberate delay, every wait and every delivery."""
        self._closing.set()
        await self.reset()

    def _bot_for(self, token: str) -> TelegramBot:
        bot_id = int(token.partition(":")[0])
        bot = self.bots.get(bot_id)
        if bot is None:
            if len(self.bots) >= MAX_BOTS:
                raise StandinError(f"there are already {MAX_BOTS} bots", 409)
            user = {
                "id": bot_id,
                "is_bot": True,
                "first_name": "Stand-in bot",
                "username": f"standin_{bot_id}_bot"[:32],
            }
            bot = TelegramBot(
                token, user, speed_up=self._speed_up, time_limit_s=self._time_limit_s, keep=self._keep
            )
            self.bots[bot_id] = bot
        elif bot.state.token != token:
            # A bot whose token was revoked keeps its chats; the old token is unknown from now on.
            del self._by_token[bot.state.token]
            bot.state.token = token
        self._by_token[token] = bot
        return bot


def _tell_webhook(bot: TelegramBot, told: Mapping[str, Any]) -> None:
    before = bot.sender.webhook or Webhook(url="")
    params = {
        "url": before.url,
        "secret_token": before.secret_token,
        "max_connections": before.max_connections,
        **{name: value for name, value in told.items() if value is not None},
    }
    if not params["url"]:
        raise StandinError("webhook settings need webhook_url")
    try:
        set_webhook(bot.sender, params)
    except ApiError as error:
        raise StandinError(error.description) from error
