"""Parley as the tests see it: from outside, over HTTP, WebSocket and at the stand-in platform."""

import asyncio
import itertools
import random
from collections.abc import Awaitable, Callable
from time import monotonic
from typing import Any, TypeVar

import httpx

from deploy.local.demo import account
from deploy.local.demo.console import AgentConsole, JsonObject
from deploy.local.demo.load import BOT_ID, BOT_SECRET
from deploy.local.stack import LocalStack
from libs.standins.client import StandinClient
from libs.standins.telegram.client import TelegramBotClient
from tests.patience import PATIENCE

T = TypeVar("T")
_system = random.SystemRandom()
_updates = itertools.count(_system.randrange(1, 1 << 30))

#: The admin sees every conversation of the account.
ADMIN = account.PEOPLE[3]


async def eventually(look: Callable[[], Awaitable[T]], what: str, limit: float = 20.0) -> T:
    """Ask until the answer is truthy; AssertionError after `limit` seconds of a quiet machine."""
    deadline = monotonic() + limit * PATIENCE
    while True:
        found = await look()
        if found:
            return found
        if monotonic() > deadline:
            raise AssertionError(f"not within {limit * PATIENCE:g} s: {what}")
        await asyncio.sleep(0.05)


def new_chat() -> int:
    """A Telegram user nobody has used."""
    return _system.randrange(10_000_000, 1 << 50)


def text_update(chat: int, text: str, message_id: int, update_id: int | None = None) -> JsonObject:
    """A Telegram update with a text message of a private chat."""
    person = {"id": chat, "is_bot": False, "first_name": "Mira"}
    return {
        "update_id": update_id or next(_updates),
        "message": {
            "message_id": message_id,
            "from": person,
            "chat": {"id": chat, "first_name": "Mira", "type": "private"},
            "date": 1_786_000_000 + message_id,
            "text": text,
        },
    }


class Parley:
    """One running stack with the demo account."""

    def __init__(self, stack: LocalStack, standin: StandinClient, http: httpx.AsyncClient) -> None:
        self.stack = stack
        self.http = http
        self.standin = standin
        self.bot: TelegramBotClient = standin.telegram_bot(BOT_ID)

    @property
    def gateways(self) -> list[str]:
        """The addresses of all gateway replicas."""
        return [
            f"http://127.0.0.1:{port}"
            for name, port in self.stack.replica_ports.items()
            if name.startswith("gateway")
        ]

    def console(self, person: account.DemoPerson = ADMIN, gateway: int = 0) -> AgentConsole:
        """An agent at work, on one of the gateways."""
        return AgentConsole(self.gateways[gateway], person)

    async def webhook(
        self, body: JsonObject | bytes, *, secret: str | None = BOT_SECRET, gateway: int = 0
    ) -> httpx.Response:
        """Post a Telegram webhook ourselves, rather than through the stand-in's sender."""
        headers = {"Content-Type": "application/json"}
        if secret is not None:
            headers["X-Telegram-Bot-Api-Secret-Token"] = secret
        address = f"{self.gateways[gateway]}/webhooks/telegram/{account.TELEGRAM_CONNECTION}"
        if isinstance(body, bytes):
            return await self.http.post(address, content=body, headers=headers)
        return await self.http.post(address, json=body, headers=headers)

    async def known_chat(self, chat: int) -> None:
        """Make the stand-in accept messages to a chat whose webhooks we post ourselves."""
        await self.bot.add_chat(chat, type="private", first_name="Mira")

    async def conversation_of(self, console: AgentConsole, chat: int) -> JsonObject | None:
        """The row of a chat in the agents' list."""
        cursor = ""
        while True:
            page = await console.request("GET", f"/api/v1/conversations?page_size=100{cursor}")
            for row in page["items"]:
                if row["session_id"] == f"tg:{chat}":
                    return dict(row)
            if not page["next_cursor"]:
                return None
            cursor = f"&cursor={page['next_cursor']}"

    async def thread(self, console: AgentConsole, conversation_id: str) -> JsonObject:
        """A conversation with its messages."""
        return await console.request("GET", f"/api/v1/conversations/{conversation_id}")

    async def sent_to(self, chat: int) -> list[Any]:
        """What Telegram accepted for a chat, in order."""
        return await self.bot.messages(chat, limit=1000)
