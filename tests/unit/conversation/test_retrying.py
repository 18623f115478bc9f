"""Messages that are sent once more, by hand."""

import pytest

from libs.contracts.base import SYSTEM
from libs.contracts.conversation import MessageView
from libs.contracts.delivery import ReplyFailed, ReplySent, ReplyUnknown
from libs.contracts.errors import DomainError
from libs.contracts.messages import RetryMessage, WriteToContact
from libs.contracts.suggestions import SuggestionStatus
from libs.contracts.vocabulary import DeliveryState, Status
from services.conversation.use_cases.approve_suggestion import ApproveAsReply
from services.conversation.use_cases.record_delivery import record_delivery
from services.conversation.use_cases.retry_message import retry_message
from services.conversation.use_cases.write_to_contact import WriteAsPerson
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import ACCOUNT, agent, moment
from tests.unit.conversation.test_suggestions import approve, bot, proposes

ANA, EVE = agent("ana", "IT"), agent("eve", "HR")
FAILED = {"code": "blocked"}


async def written(world: World) -> MessageView:
    await world.says("hello", 1)
    command = WriteToContact(actor=ANA, conversation_id=world.conversation().id, content="Hi, Ana here.")
    view = await world.do(WriteAsPerson(world.new_id), command, 2)
    assert isinstance(view, MessageView)
    return view


async def becomes(
    world: World, message_id: str, kind: type[ReplyFailed | ReplyUnknown | ReplySent], **more: str
) -> None:
    event = kind.model_validate(
        {
            "actor": SYSTEM,
            "occurred_at": moment(3),
            "conversation_id": world.conversation().id,
            "message_id": message_id,
            "attempts": 1,
            **more,
        }
    )
    await world.do(record_delivery, event, 3)


def retry(world: World, message_id: str) -> RetryMessage:
    return RetryMessage(actor=ANA, conversation_id=world.conversation().id, message_id=message_id)


def kept(world: World, message_id: str) -> MessageView:
    return world.store.records.messages[ACCOUNT, message_id].view


async def refused(world: World, command: RetryMessage) -> str:
    before = world.event_types()
    with pytest.raises(DomainError) as error:
        await world.do(retry_message, command, 9)
    assert world.event_types() == before
    return error.value.code


async def test_a_failed_message_is_queued_again_and_can_then_be_sent(world: World) -> None:
    view = await written(world)
    await becomes(world, view.id, ReplyFailed, **FAILED)
    again = await world.do(retry_message, retry(world, view.id), 4)
    assert (again.delivery, again.delivery_error) == (DeliveryState.QUEUED, None)
    assert kept(world, view.id) == again
    last = world.conversation().last_message
    assert last is not None
    assert (last.id, last.delivery, last.delivery_error) == (view.id, DeliveryState.QUEUED, None)
    assert world.event_types()[-1] == "message_retried"
    await becomes(world, view.id, ReplySent)
    assert kept(world, view.id).delivery is DeliveryState.SENT


async def test_an_unknown_one_that_others_followed_is_queued_again(world: World) -> None:
    view = await written(world)
    await becomes(world, view.id, ReplyUnknown)
    await world.says("are you there?", 4)
    await world.do(retry_message, retry(world, view.id), 5)
    assert kept(world, view.id).delivery is DeliveryState.QUEUED
    last = world.conversation().last_message
    assert last is not None
    assert last.content == "are you there?"


async def test_what_waits_or_arrived_is_not_sent_once_more(world: World) -> None:
    view = await written(world)
    assert await refused(world, retry(world, view.id)) == "invalid_transition"
    await becomes(world, view.id, ReplySent)
    assert await refused(world, retry(world, view.id)) == "invalid_transition"
    assert await refused(world, retry(world, "ghost")) == "not_found"


async def test_nobody_else_sends_it_and_nobody_where_it_is_settled(world: World) -> None:
    view = await written(world)
    await becomes(world, view.id, ReplyFailed, **FAILED)
    world.change(department="IT")
    hers = retry(world, view.id).model_copy(update={"actor": EVE})
    assert await refused(world, hers) == "not_found"
    world.change(status=Status.CLOSED)
    assert await refused(world, retry(world, view.id)) == "not_handed_off"


async def test_a_suggestion_that_came_back_is_used_again_and_comes_back_again(world: World) -> None:
    await bot(world, "suggest")
    await world.says("how long?", 1)
    await proposes(world)
    view = await world.do(ApproveAsReply(world.new_id), approve(world), 2)
    await becomes(world, view.id, ReplyFailed, **FAILED)
    back = world.conversation().suggestion
    assert back is not None
    assert back.returned_from == view.id
    await world.do(retry_message, retry(world, view.id), 4)
    assert world.conversation().suggestion is None
    used = world.store.records.suggestions[ACCOUNT, back.id]
    assert (used.status, used.sent_as) == (SuggestionStatus.APPROVED, view.id)
    await becomes(world, view.id, ReplyFailed, **FAILED)
    assert world.conversation().suggestion == back


async def test_another_suggestion_is_left_alone(world: World) -> None:
    await bot(world, "suggest")
    await world.says("how long?", 1)
    await proposes(world)
    view = await world.do(ApproveAsReply(world.new_id), approve(world), 2)
    await world.says("and to Norway?", 3)
    newer = await proposes(world, "Five days.")
    await becomes(world, view.id, ReplyFailed, **FAILED)
    await world.do(retry_message, retry(world, view.id), 4)
    assert world.conversation().suggestion == newer
