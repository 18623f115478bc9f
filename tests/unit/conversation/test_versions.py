"""A change that was meant for another version of the conversation."""

import pytest

from libs.contracts.errors import DomainError
from libs.contracts.vocabulary import Status
from libs.contracts.workflow import CloseConversation
from services.conversation.domain.policy import Action
from services.conversation.domain.status_machine import StatusCommand
from services.conversation.use_cases.move_conversation import Move
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import agent

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
