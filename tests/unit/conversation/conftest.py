"""The use cases over the fakes, with one account, its chatbots and its people."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any, TypeVar

import pytest

from libs.contracts.base import SYSTEM
from libs.contracts.conversation import RegisterAccount, RegisterChatbot, RegisterPerson
from services.conversation.domain.conversation import Conversation
from services.conversation.use_cases.ports import Call, Transaction
from services.conversation.use_cases.record_inbound_message import RecordInbound
from services.conversation.use_cases.register_account import register_account
from services.conversation.use_cases.register_chatbot import register_chatbot
from services.conversation.use_cases.register_person import register_person
from tests.unit.conversation.fakes import InMemoryStore, counting_ids
from tests.unit.conversation.making import ACCOUNT, CHATBOT, call, inbound, person

UseCase = Callable[[Any, Call, Transaction], Awaitable[Any]]


class World:
    """One store, and short ways to act on it."""

    def __init__(self) -> None:
        self.store = InMemoryStore()
        self.new_id = counting_ids()
        self.record = RecordInbound(self.new_id, timedelta(seconds=30))

    async def do(
        self, use_case: UseCase, command: Any, seconds: float = 0.0, account_id: str = ACCOUNT
    ) -> Any:
        """Carry out a command in its own transaction."""
        circumstances = call(seconds, account_id)
        return await self.store.transaction(account_id, lambda tx: use_case(command, circumstances, tx))

    async def says(self, content: str = "hello", seconds: float = 0.0, **parts: Any) -> Any:
        """The contact writes; messages are numbered by what is stored."""
        number = len(self.store.records.messages) + 1
        return await self.do(self.record, inbound(number, content, **parts), seconds)

    def conversation(self) -> Conversation:
        """The one conversation."""
        (found,) = self.store.records.conversations.values()
        return found

    def change(self, **parts: Any) -> None:
        """Arrange the one conversation."""
        for name, value in parts.items():
            setattr(self.conversation(), name, value)

    def event_types(self, after: int = 0) -> list[str]:
        """The types of the events with a higher sequence."""
        return [
            event.type.removeprefix("conversation.").removesuffix(".v1")
            for event in self.store.records.events
            if (event.sequence or 0) > after
        ]


W = TypeVar("W", bound=World)


async def furnished(made: W) -> W:
    """One account, its chatbot, and Ana of its IT."""
    await made.do(
        register_account,
        RegisterAccount(actor=SYSTEM, account_id=ACCOUNT, name="Acme", departments=("IT", "HR")),
    )
    await made.do(register_chatbot, RegisterChatbot(actor=SYSTEM, chatbot_id=CHATBOT, name="Bot"))
    await made.do(register_person, RegisterPerson(actor=SYSTEM, person=person("ana", "IT")))
    return made


@pytest.fixture
async def world() -> World:
    return await furnished(World())
