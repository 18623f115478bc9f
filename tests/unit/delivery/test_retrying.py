from typing import Any

import pytest

from libs.contracts.conversation import MessageRecorded
from libs.contracts.envelope import Envelope
from libs.contracts.errors import PermanentError
from libs.contracts.messages import MessageRetried
from libs.contracts.vocabulary import Channel
from services.delivery.domain.outcomes import Refused, Sent
from services.delivery.domain.reply import ReplyState
from tests.unit.delivery.build import new_conversation, recorded
from tests.unit.delivery.stage import Stage


def retried(conversation: str, message_id: str, **parts: Any) -> tuple[MessageRetried, Envelope]:
    event, envelope = recorded(conversation, message_id=message_id, sequence=7, **parts)
    assert isinstance(event, MessageRecorded)
    fields = {"actor": event.actor, "occurred_at": event.occurred_at, "conversation": event.conversation}
    return MessageRetried(**fields, message=event.message), envelope


async def test_a_failed_message_is_sent_once_more_and_once_only():
    stage, conversation = Stage(Refused("blocked"), Sent(("1",))), new_conversation()
    message_id = await stage.record(conversation)
    await stage.dispatcher.drain()
    assert stage.state(message_id) is ReplyState.FAILED
    again = Stage(Sent(("1",)), ledger=stage.ledger, clock=stage.clock)
    event, envelope = retried(conversation, message_id)
    for _ in range(2):
        await again.take.again(event, envelope)
    await again.dispatcher.look()
    await again.dispatcher.drain()
    assert again.state(message_id) is ReplyState.SENT
    await again.take.again(event, envelope)
    assert again.state(message_id) is ReplyState.SENT


async def test_what_is_not_sent_here_is_not_sent_here_again_either():
    stage = Stage()
    event, envelope = retried(new_conversation(), "m", channel=Channel.WIDGET)
    await stage.take.again(event, envelope)
    assert stage.ledger.rows == {}


async def test_a_conversation_whose_id_is_none_is_refused():
    stage = Stage()
    event, envelope = retried("nonsense", "m")
    with pytest.raises(PermanentError):
        await stage.take.again(event, envelope)
