"""Conversations that are put aside, and what wakes them."""

from datetime import datetime, timedelta, timezone
from typing import Any

import pytest

from libs.contracts.base import SYSTEM, Actor
from libs.contracts.errors import DomainError
from libs.contracts.snoozing import SnoozeConversation, UnsnoozeConversation, WakeConversation
from libs.contracts.vocabulary import MessageKind, Status
from libs.contracts.workflow import ArchiveConversation, CloseConversation, ResolveConversation
from services.conversation.domain.status_machine import StatusCommand
from services.conversation.domain.timers import Timer, TimerKind
from services.conversation.use_cases.move_conversation import Move
from services.conversation.use_cases.snooze_conversation import snooze_conversation
from services.conversation.use_cases.wake_conversation import unsnooze_conversation, wake_conversation
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import AI, CONTACT, agent, moment

ANA = agent("ana", "IT")
WEST = timezone(timedelta(hours=-12))


@pytest.fixture
async def asked(world: World) -> World:
    await world.says("hello", 1)
    return world


async def snooze(world: World, until: datetime, actor: Actor = ANA, seconds: float = 5) -> Any:
    command = SnoozeConversation(actor=actor, conversation_id=world.conversation().id, until=until)
    return await world.do(snooze_conversation, command, seconds)


async def falls_due(world: World, until: datetime) -> None:
    command = WakeConversation(actor=SYSTEM, conversation_id=world.conversation().id, until=until)
    await world.do(wake_conversation, command, 100)


def timers(world: World) -> list[Timer]:
    return list(world.store.records.organising.timers.values())


def reasons(world: World) -> list[str]:
    events = [event for event in world.store.records.events if event.type == "conversation.woken.v1"]
    return [event.data["reason"] for event in events]


async def test_it_is_put_aside_and_wakes_in_time(asked: World) -> None:
    before = asked.conversation()
    view = await snooze(asked, moment(60))
    assert (view.snoozed_until, view.status, view.updated_at) == (
        moment(60),
        before.status,
        before.updated_at,
    )
    assert {"snooze", "unsnooze"} <= set(view.available_actions)
    assert timers(asked) == [Timer(TimerKind.WAKE, before.id, moment(60))]
    await falls_due(asked, moment(60))
    after = asked.conversation()
    assert (after.snoozed_until, after.updated_at) == (None, moment(100))
    assert (reasons(asked), timers(asked)) == (["due"], [])


async def test_put_off_further_it_sleeps_on_when_the_first_moment_comes(asked: World) -> None:
    await snooze(asked, moment(60))
    await snooze(asked, moment(90))
    await falls_due(asked, moment(60))
    assert asked.conversation().snoozed_until == moment(90)
    assert [timer.due_at for timer in timers(asked)] == [moment(90)]
    await falls_due(asked, moment(90))
    await falls_due(asked, moment(90))
    assert reasons(asked) == ["due"]


async def test_the_same_moment_changes_nothing(asked: World) -> None:
    await snooze(asked, moment(60))
    events = asked.event_types()
    elsewhere = moment(60).astimezone(timezone(timedelta(hours=5)))
    view = await snooze(asked, elsewhere + timedelta(microseconds=400))
    assert (view.snoozed_until, asked.event_types()) == (moment(60), events)


async def test_its_contact_wakes_it_but_no_reaction_does(asked: World) -> None:
    await snooze(asked, moment(60))
    await asked.says("👍", 10, kind=MessageKind.REACTION)
    assert asked.conversation().snoozed_until == moment(60)
    await asked.says("still there?", 11)
    assert (asked.conversation().snoozed_until, timers(asked)) == (None, [])
    assert reasons(asked) == ["contact"]
    await falls_due(asked, moment(60))
    assert reasons(asked) == ["contact"]


async def test_a_person_wakes_it_once(asked: World) -> None:
    await snooze(asked, moment(60))
    command = UnsnoozeConversation(actor=ANA, conversation_id=asked.conversation().id)
    for _ in range(2):
        view = await asked.do(unsnooze_conversation, command, 6)
        assert view.snoozed_until is None
    assert reasons(asked) == ["person"]
    assert "unsnooze" not in view.available_actions


@pytest.mark.parametrize(
    ("command", "kind", "status"),
    [
        (StatusCommand.RESOLVE, ResolveConversation, Status.RESOLVED),
        (StatusCommand.CLOSE, CloseConversation, Status.CLOSED),
        (StatusCommand.ARCHIVE, ArchiveConversation, Status.ARCHIVED),
    ],
)
async def test_its_end_wakes_it_and_nothing_settled_is_put_aside(
    asked: World, command: StatusCommand, kind: Any, status: Status
) -> None:
    await snooze(asked, moment(60))
    view = await asked.do(Move(command), kind(actor=ANA, conversation_id=asked.conversation().id), 7)
    assert (view.status, view.snoozed_until, timers(asked)) == (status, None, [])
    assert reasons(asked) == ["settled"]
    assert "snooze" not in view.available_actions
    with pytest.raises(DomainError) as refused:
        await snooze(asked, moment(60))
    assert refused.value.code == "invalid_transition"


@pytest.mark.parametrize(
    "until",
    [
        moment(5),
        moment(4),
        moment(5) + timedelta(days=367),
        datetime.max.replace(tzinfo=WEST),
    ],
)
async def test_the_moment_has_to_be_ahead_by_a_year_at_most(asked: World, until: datetime) -> None:
    with pytest.raises(DomainError) as refused:
        await snooze(asked, until)
    assert refused.value.code == "invalid"


@pytest.mark.parametrize(
    ("actor", "code"), [(CONTACT, "forbidden"), (AI, "forbidden"), (agent("eve", "HR"), "not_found")]
)
async def test_it_is_for_agents_who_may_see_it(asked: World, actor: Actor, code: str) -> None:
    asked.change(department="IT")
    with pytest.raises(DomainError) as refused:
        await snooze(asked, moment(60), actor)
    assert refused.value.code == code
