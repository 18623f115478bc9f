"""A change that was meant for another version of the conversation."""

import pytest

from libs.contracts.base import SYSTEM
from libs.contracts.conversation import PostReply
from libs.contracts.delivery import ReplySent
from libs.contracts.errors import DomainError
from libs.contracts.read_marks import MarkRead
from libs.contracts.vocabulary import DeliveryState, Status
from libs.contracts.workflow import CloseConversation
from services.conversation.domain.policy import Action
from services.conversation.domain.status_machine import StatusCommand
from services.conversation.domain.versions import check_unchanged
from services.conversation.use_cases.mark_read import mark_conversation_read
from services.conversation.use_cases.move_conversation import Move
from services.conversation.use_cases.post_reply import PostReplyToContact
from services.conversation.use_cases.record_delivery import record_delivery
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import agent, conversation, moment

CLOSE = Move(StatusCommand.CLOSE, Action.CHANGE_STATUS)


def close(world: World, *departments: str) -> CloseConversation:
    return CloseConversation(actor=agent("ana", *departments), conversation_id=world.conversation().id)


async def test_a_change_of_what_somebody_else_changed_is_a_conflict_and_changes_nothing(world: World) -> None:
    await world.says("hello", 1)
    world.store.records.if_version = world.conversation().version
    await world.says("are you there?", 2)
    with pytest.raises(DomainError) as refused:
        await world.do(CLOSE, close(world), 3)
    assert refused.value.code == "conflict"
    assert world.conversation().status is Status.ACTIVE


async def test_a_change_of_what_was_seen_is_carried_out(world: World) -> None:
    await world.says("hello", 1)
    world.store.records.if_version = world.conversation().version
    await world.do(CLOSE, close(world), 3)
    assert world.conversation().status is Status.CLOSED


async def test_who_may_not_see_it_learns_nothing_of_its_version(world: World) -> None:
    await world.says("hello", 1)
    world.change(department="IT")
    world.store.records.if_version = 99
    with pytest.raises(DomainError) as refused:
        await world.do(CLOSE, close(world, "HR"), 3)
    assert refused.value.code == "not_found"


async def test_read_marks_and_receipts_are_no_change_that_anybody_decides_by(world: World) -> None:
    await world.says("hello", 1)
    world.change(status=Status.HANDED_OFF)
    about = world.conversation().id
    reply = PostReply(actor=agent("ana"), conversation_id=about, content="hi")
    message = await world.do(PostReplyToContact(world.new_id), reply, 2)
    await world.says("and", 3)
    world.store.records.if_version = seen = world.conversation().version
    await world.do(mark_conversation_read, MarkRead(actor=agent("ben"), conversation_id=about), 4)
    sent = ReplySent(
        actor=SYSTEM,
        conversation_id=about,
        message_id=message.id,
        attempts=1,
        occurred_at=moment(5),
        external_ids=("9",),
    )
    await world.do(record_delivery, sent, 5)
    assert world.conversation().version == seen + 2
    await world.do(CLOSE, close(world), 6)
    assert world.conversation().status is Status.CLOSED


async def test_a_message_that_failed_is_one(world: World) -> None:
    one = conversation()
    seen = one.version
    one.record_delivery("m1", DeliveryState.SENT, None, SYSTEM, moment(1))
    check_unchanged(one, seen)
    one.record_delivery("m1", DeliveryState.FAILED, "refused", SYSTEM, moment(2))
    with pytest.raises(DomainError, match="meanwhile"):
        check_unchanged(one, seen)
    check_unchanged(one, one.version)
    with pytest.raises(DomainError, match="meanwhile"):
        check_unchanged(one, one.version + 1)
