"""Platforms that will fall ill: one of each kind, apart from those that the rest of the stack uses."""

import random
from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from typing import Any

from deploy.local.demo.seed import Seeder
from libs.contracts.vocabulary import Channel
from libs.standins.party_client import PartyClient
from libs.standins.telegram.client import TelegramBotClient
from tests.e2e.parley import Parley

JsonObject = dict[str, Any]
QUESTION = "How long does delivery take?"
SECRET = "sick-provider-secret"
_system = random.SystemRandom()


class Sick(ABC):
    """One connection of ours with the stand-in behind it."""

    channel: Channel
    #: The operation by which the platform is asked to show a message.
    method: str

    @abstractmethod
    async def write(self, name: str) -> str:
        """Somebody new, of this name, asks :data:`QUESTION`; who that is to the platform."""

    @abstractmethod
    async def shown(self, recipient: str) -> list[JsonObject]:
        """What that person sees, in order: `text` and `monotonic`."""

    @abstractmethod
    async def calls(self, recipient: str) -> list[JsonObject]:
        """Every attempt to show them something: `fault`, `monotonic`."""

    @abstractmethod
    async def fall_ill(self, fault: Mapping[str, Any], recipient: str) -> None:
        """From now on sending to this person goes wrong."""


class SickBot(Sick):
    """Telegram."""

    channel = Channel.TELEGRAM
    method = "sendMessage"

    def __init__(self, bot: TelegramBotClient) -> None:
        self._bot = bot

    async def write(self, name: str) -> str:
        chat = _system.randrange(10_000_000, 1 << 50)
        await self._bot.write(chat, QUESTION, from_={"id": chat, "is_bot": False, "first_name": name})
        return str(chat)

    async def shown(self, recipient: str) -> list[JsonObject]:
        return await self._bot.messages(int(recipient))

    async def calls(self, recipient: str) -> list[JsonObject]:
        return await self._bot.attempts(int(recipient))

    async def fall_ill(self, fault: Mapping[str, Any], recipient: str) -> None:
        await self._bot.add_fault(**fault, methods=[self.method], recipients=[recipient])


class SickParty(Sick):
    """Any other platform."""

    def __init__(self, party: PartyClient, channel: Channel, method: str) -> None:
        self._party = party
        self.channel = channel
        self.method = method

    async def write(self, name: str) -> str:
        mark = _system.randrange(10_000_000, 99_999_999)
        number, address = f"3519{mark}", f"jo{mark}@sample.test"
        mail = {"to": "help@sick.test", "subject": "Kettle", "message_id": f"<{mark}@sample.test>"}
        more: dict[Channel, JsonObject] = {
            Channel.WHATSAPP: {"from": number},
            Channel.EMAIL: {"from": address, **mail},
            Channel.CHATWOOT: {"email": address},
        }
        action = "mails" if self.channel is Channel.EMAIL else "messages"
        written = await self._party.act(action, text=QUESTION, name=name, **more[self.channel])
        if self.channel is Channel.CHATWOOT:
            return str(written["conversation_id"])
        return number if self.channel is Channel.WHATSAPP else address

    async def shown(self, recipient: str) -> list[JsonObject]:
        return await self._party.sent(recipient)

    async def calls(self, recipient: str) -> list[JsonObject]:
        return [one for one in await self._party.calls(recipient) if one["operation"] == self.method]

    async def fall_ill(self, fault: Mapping[str, Any], recipient: str) -> None:
        await self._party.add_fault(**fault, methods=[self.method], recipients=[recipient])


_PARTIES: Mapping[Channel, tuple[str, str, JsonObject, JsonObject, JsonObject]] = {
    Channel.WHATSAPP: (
        "whatsapp",
        "messages",
        {"phone_number_id": "79001", "token": "EAAG-sick", "app_secret": SECRET},
        {"token": "EAAG-sick", "app_secret": SECRET},
        {"phone_number_id": "79001"},
    ),
    Channel.EMAIL: (
        "postmark",
        "email",
        {"server_id": 79, "token": "postmark-sick", "senders": ["sick.test"]},
        {"token": "postmark-sick", "webhook_secret": SECRET},
        {"from_email": "help@sick.test"},
    ),
    Channel.CHATWOOT: (
        "chatwoot",
        "send_message",
        {"account_id": 79, "token": "chatwoot-sick", "secret": SECRET},
        {"token": "chatwoot-sick", "webhook_secret": SECRET},
        {"account_id": "79", "inbox_id": "12"},
    ),
}
"""Channel to the stand-in's platform and operation, its settings, our credentials and our settings."""
_BASES = {"whatsapp": "/graph", "postmark": "/postmark", "chatwoot": "/chatwoot"}
_BOT_TOKEN = "990079:sick-demo-token-of-the-stand-in-only"


@asynccontextmanager
async def sick_platforms(parley: Parley) -> AsyncIterator[list[Sick]]:
    """One of each kind, connected to the demo's chatbot. Disconnected at the end: conversations that agents
    start later go out over the demo's own.
    """
    seeder = Seeder(parley.stack.rabbitmq_url, parley.stack.secrets.key_bytes)
    try:
        platforms = [await _bot(parley, seeder), *[await _party(parley, seeder, one) for one in _PARTIES]]
    finally:
        await seeder.close()
    try:
        yield platforms
    finally:
        async with parley.console() as admin:
            for one in platforms:
                await admin.request("DELETE", f"/api/v1/connections/conn-sick-{one.channel}")


async def _bot(parley: Parley, seeder: Seeder) -> Sick:
    bot = await parley.standin.register_telegram_bot(_BOT_TOKEN, username="sick_helper_bot")
    hook = f"{parley.gateways[0]}/webhooks/telegram/conn-sick-telegram"
    settings = {"api_base_url": parley.stack.standins_url, "webhook_url": hook, "rate_per_second": 1000}
    credentials = {"token": _BOT_TOKEN, "webhook_secret": SECRET}
    await seeder.connect("conn-sick-telegram", Channel.TELEGRAM, "Sick", settings, credentials)
    return SickBot(bot)


async def _party(parley: Parley, seeder: Seeder, channel: Channel) -> Sick:
    platform, method, registered, credentials, settings = _PARTIES[channel]
    hook = f"{parley.gateways[0]}/webhooks/{channel}/conn-sick-{channel}"
    hooks = {"webhook_url": hook}
    if channel is Channel.EMAIL:
        with_user = hook.replace("http://", f"http://parley:{SECRET}@")
        hooks = {"inbound_url": with_user, "tracking_url": with_user}
    party = await parley.standin.register(platform, **registered, **hooks)
    settings = {**settings, "api_base_url": f"{parley.stack.standins_url}{_BASES[platform]}"}
    settings["rate_per_second"] = 1000
    await seeder.connect(f"conn-sick-{channel}", channel, "Sick", settings, credentials)
    return SickParty(party, channel, method)
