"""A message is sent, and its sender told what became of it."""

from typing import Any

import pytest

from libs.contracts.base import Query
from libs.contracts.conversation import (
    ContactView,
    ConversationRef,
    FindConversation,
    FoundConversation,
    MessageView,
    Sender,
)
from libs.contracts.errors import DomainError
from libs.contracts.messages import WriteToContact
from libs.contracts.vocabulary import Channel, DeliveryState, Direction, MessageKind, SenderKind, Status
from libs.runtime.clock import now
from services.gateway.domain.callers import PersonCaller
from services.gateway.use_cases.run_command import RunCommand
from services.gateway.use_cases.send_and_wait import SendAndWait, SentMessage
from tests.unit.gateway.fakes import ScriptedCommands
from tests.unit.gateway.samples import ACCOUNT, ANA

ONE = "0190f1c27a007c3b9a512f6d1c0b8e11-3fa7"
CALLER = PersonCaller(ANA, now())


def message(state: DeliveryState | None, error: str | None = None) -> MessageView:
    return MessageView(
        id="m1",
        conversation_id=ONE,
        sequence=3,
        direction=Direction.OUTBOUND,
        sender=Sender(kind=SenderKind.AGENT, id=ANA.id),
        kind=MessageKind.TEXT,
        content="Hi",
        delivery=state,
        delivery_error=error,
        created_at=now(),
    )


class Told:
    """The conversation service's answers: the channel, then the message's states one after the other."""

    def __init__(self, channel: Channel | None, *states: MessageView) -> None:
        self._channel = channel
        self._states = list(states)
        self.looks = 0

    async def ask(self, query: Query, *, account_id: str, answer: type[Any]) -> Any:  # noqa: ARG002 - the port's
        assert account_id == ACCOUNT
        if isinstance(query, FindConversation):
            return FoundConversation(conversation=self._reference() if self._channel else None)
        self.looks += 1
        return self._states.pop(0) if len(self._states) > 1 else self._states[0]

    def _reference(self) -> ConversationRef:
        assert self._channel is not None
        return ConversationRef(
            id=ONE,
            account_id=ACCOUNT,
            chatbot_id="bot",
            chatbot_name="Bot",
            connection_id="conn",
            channel=self._channel,
            session_id="tg:1",
            target="1",
            contact=ContactView(id="c"),
            status=Status.HANDED_OFF,
        )


async def send(told: Told, limit: float) -> SentMessage:
    commands = ScriptedCommands()
    commands.result = message(DeliveryState.QUEUED).model_dump(mode="json")
    command = WriteToContact(actor=CALLER.actor(), conversation_id=ONE, content="Hi")
    return await SendAndWait(RunCommand(commands), told)(CALLER, command, ONE, "command-1", limit)


async def test_it_waits_until_the_channel_has_it() -> None:
    told = Told(
        Channel.TELEGRAM,
        message(DeliveryState.QUEUED),
        message(DeliveryState.UNKNOWN),
        message(DeliveryState.SENT),
    )
    sent = await send(told, 5)
    assert (sent.accepted, sent.delivery, told.looks) == (True, DeliveryState.SENT, 3)


async def test_whoever_does_not_wait_is_told_that_it_is_stored() -> None:
    told = Told(Channel.TELEGRAM, message(DeliveryState.SENT))
    sent = await send(told, 0)
    assert (sent.accepted, sent.delivery, told.looks) == (False, DeliveryState.QUEUED, 0)


async def test_past_the_limit_it_is_not_known_yet() -> None:
    sent = await send(Told(None, message(DeliveryState.QUEUED)), 0.01)
    assert (sent.accepted, sent.delivery) == (False, DeliveryState.QUEUED)


async def test_a_widgets_message_is_sent_once_it_is_stored() -> None:
    told = Told(Channel.WIDGET, message(DeliveryState.QUEUED))
    assert (await send(told, 5)).accepted
    assert told.looks == 0


@pytest.mark.parametrize(("error", "said"), [("blocked", "blocked"), (None, "refused")])
async def test_what_the_channel_refused_is_said_with_its_reason(error: str | None, said: str) -> None:
    with pytest.raises(DomainError) as refused:
        await send(Told(Channel.TELEGRAM, message(DeliveryState.FAILED, error)), 5)
    assert refused.value.code == "channel_refused"
    assert said in refused.value.detail
