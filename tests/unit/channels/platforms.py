"""Each platform as a stand-in on a socket, our real adapter, and all of delivery between them."""

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any

from libs.contracts.delivery import ConnectionSecrets
from libs.contracts.vocabulary import Channel
from libs.runtime.clock import now
from libs.runtime.http_client import http_client
from libs.standins.chatwoot import ChatwootStandin
from libs.standins.journal import Journal
from libs.standins.postmark import PostmarkStandin
from libs.standins.telegram import TelegramStandin
from libs.standins.whatsapp import WhatsAppStandin
from services.delivery.adapters.chatwoot_api import ChatwootApi
from services.delivery.adapters.chatwoot_channel import ChatwootChannel
from services.delivery.adapters.email_channel import EmailChannel
from services.delivery.adapters.http_caller import HttpCaller
from services.delivery.adapters.telegram_api import TelegramApi
from services.delivery.adapters.telegram_channel import TelegramChannel
from services.delivery.adapters.whatsapp_channel import WhatsAppChannel
from services.delivery.domain.connection import Connection
from services.delivery.domain.reply import Reply
from services.delivery.use_cases.ports import Channel as ChannelPort
from services.gateway.domain.channels import CHANNELS
from services.gateway.domain.inbound import Receipt
from services.gateway.domain.webhooks import Post, judge
from tests.unit.delivery.build import START, TOKEN, connection, new_conversation
from tests.unit.delivery.channel_stage import HeldBlobs, files_of
from tests.unit.delivery.fakes import OPEN
from tests.unit.delivery.stage import Stage
from tests.unit.standins.hooks import Hook, Hooks

SECRET = "hush"
GROUP, SUPERGROUP = -40055, -1002200330077


@dataclass
class Platform:
    """One of them. `shown` is what people see, `add_fault` makes something go wrong, `hook` is where it posts
    what became of a message.
    """

    stage: Stage
    connection: Connection
    target: str
    add_fault: Callable[..., int]
    shown: Journal[Any]
    hook: Hook

    async def send(self, **options: Any) -> Reply:
        """Record one message and let time pass until it has come to its end; the row as it is then."""
        channel = self.connection.channel
        options = {"channel": channel, "target": self.target, **options}
        message_id = await self.stage.record(new_conversation(), **options)
        await self._settled()
        while (row := self.stage.ledger.rows[message_id]).state in OPEN:
            gap = (row.next_attempt_at - self.stage.clock.moment).total_seconds()
            gate = await self.stage.dispatcher.gate_of(self.connection.id)
            self.stage.clock.pass_(max(gap, gate.paused_until - self.stage.clock.seconds, 0.0))
            await self.stage.dispatcher.look()
            await self._settled()
        return row

    async def _settled(self) -> None:
        while self.stage.dispatcher._sending:
            await asyncio.wait(set(self.stage.dispatcher._sending))
            await asyncio.sleep(0)

    def receipts(self) -> list[Receipt]:
        """What the gateway reads in what the platform has posted so far."""
        secrets = ConnectionSecrets(
            connection_id=self.connection.id,
            account_id=self.connection.account_id,
            chatbot_id=self.connection.chatbot_id,
            channel=self.connection.channel,
            webhook_secret=SECRET,
            status="connected",
            settings=dict(self.connection.settings),
        )
        found: list[Receipt] = []
        for post in self.hook.posts:
            verdict = judge(
                CHANNELS[self.connection.channel], Post(now(), post.headers, "", post.body), secrets
            )
            assert verdict.accepted, verdict.reason
            found += verdict.reading.receipts
        return found


@dataclass
class World:
    """The stand-ins, served once for many tests, and a place that takes their posts."""

    hooks: Hooks
    telegram: TelegramStandin
    whatsapp: WhatsAppStandin
    postmark: PostmarkStandin
    chatwoot: ChatwootStandin

    @classmethod
    @asynccontextmanager
    async def running(cls) -> AsyncIterator["World"]:
        """Serve them while the block runs."""
        async with (
            Hooks.open() as hooks,
            TelegramStandin.running() as telegram,
            WhatsAppStandin.running() as whatsapp,
            PostmarkStandin.running() as postmark,
            ChatwootStandin.running() as chatwoot,
        ):
            yield cls(hooks, telegram, whatsapp, postmark, chatwoot)

    @asynccontextmanager
    async def platform(self, kind: Channel, limit: float = 5.0) -> AsyncIterator[Platform]:
        """One with somebody to write to, that has `limit` seconds to answer; forgotten afterwards."""
        standin: Any = self.postmark if kind is Channel.EMAIL else getattr(self, kind.value)
        try:
            async with http_client(timeout=limit) as client:
                yield _PLATFORMS[kind](standin, self.hooks.new(), HttpCaller(client, limit=limit))
        finally:
            await standin.reset()


def _made(channel: ChannelPort, hook: Hook, target: str, to: Connection, **parts: Any) -> Platform:
    stage = Stage(connections=(to,), channels={to.channel: channel})
    return Platform(stage=stage, connection=to, target=target, hook=hook, **parts)


def _connection(kind: Channel, **settings: Any) -> Connection:
    return connection(
        channel=kind,
        name="Desk",
        credentials={"token": "t", "webhook_secret": SECRET},
        settings={"rate_per_second": 10_000, **settings},
    )


def _telegram(standin: TelegramStandin, hook: Hook, caller: HttpCaller) -> Platform:
    bot = standin.add_bot(TOKEN)
    for chat in (550011, GROUP, SUPERGROUP):
        bot.state.add_chat({"id": chat, "type": "private" if chat > 0 else "supergroup"})
    channel = TelegramChannel(TelegramApi(caller), files_of(HeldBlobs()), default_base=standin.base_url)
    return _made(channel, hook, "550011", connection(), add_fault=bot.add_fault, shown=bot.messages)


def _whatsapp(standin: WhatsAppStandin, hook: Hook, caller: HttpCaller) -> Platform:
    number = standin.register(
        {"phone_number_id": "70001", "token": "t", "app_secret": SECRET, "webhook_url": hook.url}
    )
    number.people.set_window({"recipient": "351910000001", "open": True})
    channel = WhatsAppChannel(caller, files_of(HeldBlobs()), lambda: START, default_base=standin.base_url)
    to = _connection(Channel.WHATSAPP, phone_number_id="70001")
    return _made(channel, hook, "351910000001", to, add_fault=number.add_fault, shown=number.sent)


def _email(standin: PostmarkStandin, hook: Hook, caller: HttpCaller) -> Platform:
    tracking = hook.url.replace("://", f"://parley:{SECRET}@")
    server = standin.register(
        {"server_id": 77, "token": "t", "senders": ["desk.test"], "tracking_url": tracking}
    )
    channel = EmailChannel(caller, files_of(HeldBlobs()), default_base=standin.base_url)
    to = _connection(Channel.EMAIL, from_email="help@desk.test")
    return _made(channel, hook, "jo@sample.test", to, add_fault=server.add_fault, shown=server.sent)


def _chatwoot(standin: ChatwootStandin, hook: Hook, caller: HttpCaller) -> Platform:
    account = standin.register({"account_id": 3, "token": "t", "secret": SECRET, "webhook_url": hook.url})
    contact = account.state.add_contact(name="Jo", email="jo@sample.test")
    conversation = account.state.add_conversation(contact, 12, "pending").id
    channel = ChatwootChannel(ChatwootApi(caller), files_of(HeldBlobs()), lambda _: None)
    to = _connection(Channel.CHATWOOT, api_base_url=standin.base_url, account_id=3, inbox_id=12)
    return _made(channel, hook, f"3/{conversation}", to, add_fault=account.add_fault, shown=account.sent)


_PLATFORMS: Mapping[Channel, Callable[[Any, Hook, HttpCaller], Platform]] = {
    Channel.TELEGRAM: _telegram,
    Channel.WHATSAPP: _whatsapp,
    Channel.EMAIL: _email,
    Channel.CHATWOOT: _chatwoot,
}
