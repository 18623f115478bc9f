"""Loads the demo account through the same commands that an administrator's API sends.

Everything is "create or bring up to date", so that loading it twice changes nothing.
"""

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from argon2 import PasswordHasher

from deploy.local.demo import account
from libs.contracts import topology
from libs.contracts.ai import AddDocument
from libs.contracts.base import SYSTEM, Command
from libs.contracts.conversation import Person, RegisterAccount, RegisterChatbot, RegisterPerson
from libs.contracts.delivery import ConnectChannel
from libs.contracts.directory import UpdateDepartment
from libs.contracts.gateway import SetCredentials
from libs.contracts.vocabulary import Channel
from libs.runtime.crypto import SealedBox
from libs.runtime.ids import new_id
from libs.runtime.rpc import RpcClient

#: Seconds a single command may take; indexing the first document includes starting the engine.
_LIMIT = 30.0


@dataclass(frozen=True)
class TelegramBot:
    """The demo's bot: where its platform is, and where that platform posts to."""

    token: str
    secret: str
    api: str
    webhook: str


class Seeder:
    """Sends the commands and waits for each to be done."""

    def __init__(self, rabbitmq_url: str, secret_key: bytes) -> None:
        self._rpc = RpcClient(rabbitmq_url, "seed")
        self._box = SealedBox(secret_key)

    async def load(self, bot: TelegramBot, *, rate_per_second: float | None = None) -> int:
        """Load everything; the number of documents."""
        await self._people()
        await self._connections(bot, rate_per_second)
        return await self._knowledge()

    async def _people(self) -> None:
        conversation = topology.CONVERSATION_COMMANDS
        partition = topology.account_command_partition(account.ACCOUNT_ID)
        commands: list[Command] = [
            RegisterAccount(
                actor=SYSTEM,
                account_id=account.ACCOUNT_ID,
                name=account.ACCOUNT_NAME,
                departments=account.DEPARTMENTS,
            ),
            RegisterChatbot(
                actor=SYSTEM,
                chatbot_id=account.CHATBOT_ID,
                name=account.CHATBOT_NAME,
                mode="answer",
                instructions="Friendly, brief, and only what the articles say.",
                handoff_keywords=("legal action", "press inquiry"),
            ),
            # Named, so that tickets go there also when the account has further chatbots.
            *(
                UpdateDepartment(actor=SYSTEM, department_id=one, default_chatbot_id=account.CHATBOT_ID)
                for one in account.DEPARTMENTS
            ),
        ]
        hasher = PasswordHasher()
        for one in account.PEOPLE:
            person = Person(
                id=one.id,
                account_id=account.ACCOUNT_ID,
                email=one.email,
                name=one.name,
                role=one.role,
                departments=one.departments,
            )
            commands.append(RegisterPerson(actor=SYSTEM, person=person))
            password_hash = await asyncio.to_thread(hasher.hash, one.password)
            await self._send(
                SetCredentials(actor=SYSTEM, person_id=one.id, email=one.email, password_hash=password_hash),
                topology.GATEWAY_COMMANDS,
            )
        for command in commands:
            await self._send(command, conversation, partition)

    async def _connections(self, bot: TelegramBot, rate_per_second: float | None) -> None:
        settings: dict[str, Any] = {"api_base_url": bot.api, "webhook_url": bot.webhook}
        if rate_per_second is not None:
            settings["rate_per_second"] = rate_per_second
        await self.connect(
            account.TELEGRAM_CONNECTION,
            Channel.TELEGRAM,
            "Kettle on Telegram",
            settings,
            {"token": bot.token, "webhook_secret": bot.secret},
        )
        await self.connect(account.WIDGET_CONNECTION, Channel.WIDGET, "Kettle's website")

    async def connect(
        self,
        connection_id: str,
        channel: Channel,
        name: str,
        settings: Mapping[str, Any] | None = None,
        credentials: Mapping[str, str] | None = None,
    ) -> None:
        """Connect a channel of the demo's chatbot."""
        sealed = None
        if credentials is not None:
            plain = json.dumps(dict(credentials)).encode()
            sealed = self._box.seal(plain, context=f"connect:{connection_id}")
        await self._send(
            ConnectChannel(
                actor=SYSTEM,
                connection_id=connection_id,
                chatbot_id=account.CHATBOT_ID,
                channel=channel,
                name=name,
                settings=dict(settings or {}),
                sealed_credentials=sealed,
            ),
            topology.DELIVERY_COMMANDS,
        )

    async def _knowledge(self) -> int:
        files = sorted(account.KNOWLEDGE.glob("*.md"))
        for file in files:
            text = file.read_text(encoding="utf-8")
            await self._send(
                AddDocument(
                    actor=SYSTEM,
                    document_id=f"doc-{file.stem}",
                    chatbot_id=account.CHATBOT_ID,
                    text=text,
                ),
                topology.AI_COMMANDS,
            )
        return len(files)

    async def _send(self, command: Command, exchange: str, partition: str | None = None) -> None:
        routing_key = f"{partition}.{command.type}" if partition else command.type
        await self._rpc.command(
            command,
            exchange=exchange,
            routing_key=routing_key,
            account_id=account.ACCOUNT_ID,
            id=new_id(),
            time_limit=_LIMIT,
        )

    async def close(self) -> None:
        """Close the connection."""
        await self._rpc.close()
