"""What becomes of a conversation here is told to a platform that has a status for it, in its line."""

from typing import Any

import pytest

from libs.contracts.base import SYSTEM, Actor
from libs.contracts.conversation import (
    ConversationClosed,
    ConversationEvent,
    ConversationHandedOff,
    ConversationReopened,
    ConversationResolved,
    ConversationReturnedToAI,
)
from libs.contracts.envelope import Envelope, wrap
from libs.contracts.errors import PermanentError
from libs.contracts.platform_console import PLATFORM
from libs.contracts.vocabulary import ActorKind, Channel, Status
from services.delivery.domain.reply import ReplyState
from tests.unit.delivery.build import START, connection, new_conversation, new_id, recorded
from tests.unit.delivery.fakes import ScriptedChannel
from tests.unit.delivery.stage import Stage

CONTACT = Actor(kind=ActorKind.CONTACT, id="contact-1")


def became(
    conversation: str,
    kind: type[ConversationEvent],
    status: Status,
    *,
    channel: Channel = Channel.CHATWOOT,
    actor: Actor = SYSTEM,
    **fields: Any,
) -> tuple[ConversationEvent, Envelope]:
    message, _ = recorded(conversation, channel=channel, target="3/77")
    event = kind(
        actor=actor,
        occurred_at=START,
        conversation=message.conversation.model_copy(update={"status": status}),
        **fields,
    )
    envelope = wrap(
        event, id=new_id(), source="/test", time=START, accountid="acc-1", subject=conversation, sequence=4
    )
    return event, envelope


def staged() -> Stage:
    channel = ScriptedChannel()
    stage = Stage(connections=(connection(channel=Channel.CHATWOOT),), channels={Channel.CHATWOOT: channel})
    stage.channel = channel
    return stage


@pytest.mark.parametrize(
    ("kind", "status", "fields", "there"),
    [
        (ConversationHandedOff, Status.HANDED_OFF, {"reason": "rule"}, "open"),
        (ConversationReturnedToAI, Status.ACTIVE, {}, "pending"),
        (ConversationResolved, Status.RESOLVED, {}, "resolved"),
        (ConversationClosed, Status.CLOSED, {}, "resolved"),
        (ConversationReopened, Status.ACTIVE, {}, "pending"),
        (ConversationReopened, Status.HANDED_OFF, {"actor": CONTACT}, "open"),
    ],
)
async def test_each_change_sets_its_status(kind: Any, status: Status, fields: dict[str, Any], there: str):
    stage = staged()
    event, envelope = became(new_conversation(), kind, status, **fields)
    for _ in range(2):
        await stage.take.status(event, envelope)
    assert await stage.look_after(1) == 1
    (asked,) = stage.channel.sent
    assert (asked.status_there, asked.target, asked.message_id) == (there, "3/77", envelope.id)
    assert stage.state(envelope.id) is ReplyState.SENT
    assert stage.event_types() == []  # nobody waits to hear of it


async def test_it_is_set_after_what_was_written_before():
    stage, conversation = staged(), new_conversation()
    await stage.record(
        conversation, channel=Channel.CHATWOOT, target="3/77", content="A colleague will come."
    )
    await stage.take.status(
        *became(conversation, ConversationHandedOff, Status.HANDED_OFF, reason="asked_for_human")
    )
    await stage.settle()
    await stage.look_after(1)
    assert [one.status_there for one in stage.channel.sent] == [None, "open"]


@pytest.mark.parametrize(
    ("kind", "status", "fields"),
    [
        (ConversationHandedOff, Status.HANDED_OFF, {"reason": "rule", "channel": Channel.TELEGRAM}),
        # The platform itself told us.
        (ConversationHandedOff, Status.HANDED_OFF, {"reason": "rule", "actor": PLATFORM}),
        (ConversationReopened, Status.ACTIVE, {"actor": CONTACT}),
        (ConversationReopened, Status.ARCHIVED, {}),
    ],
)
async def test_what_nobody_has_to_be_told_is_not(kind: Any, status: Status, fields: dict[str, Any]):
    stage = staged()
    await stage.take.status(*became(new_conversation(), kind, status, **fields))
    assert stage.ledger.rows == {}


async def test_a_channel_that_is_not_served_is_not_told():
    stage = Stage()
    await stage.take.status(*became(new_conversation(), ConversationClosed, Status.CLOSED))
    assert stage.ledger.rows == {}


async def test_a_conversation_whose_id_is_none_is_refused():
    with pytest.raises(PermanentError):
        await staged().take.status(*became("nonsense", ConversationClosed, Status.CLOSED))
