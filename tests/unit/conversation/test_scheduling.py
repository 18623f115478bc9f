"""Replies that are written now and sent later, once."""

from datetime import timedelta
from typing import Any

import pytest

from libs.contracts.base import SYSTEM, Actor
from libs.contracts.conversation import Person, RegisterPerson
from libs.contracts.errors import DomainError
from libs.contracts.scheduling import (
    CancelScheduledReply,
    ListScheduledReplies,
    ScheduledReply,
    ScheduledReplyPage,
    ScheduledState,
    ScheduleReply,
    SendScheduledReply,
)
from libs.contracts.vocabulary import ActorKind, DeliveryState, Role, Status
from services.conversation.domain import scheduling
from services.conversation.domain.erasing import erase
from services.conversation.domain.timers import Timer, TimerKind
from services.conversation.use_cases.cancel_scheduled_reply import cancel_scheduled_reply
from services.conversation.use_cases.list_scheduled_replies import ListScheduledForPerson
from services.conversation.use_cases.register_person import register_person
from services.conversation.use_cases.schedule_reply import ScheduleForLater
from services.conversation.use_cases.send_scheduled_reply import SendScheduled
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import CONTACT, agent, call, id_of_thread, moment, person

ANA, BEN = agent("ana", "IT"), agent("ben", "IT")


@pytest.fixture
async def asked(world: World) -> World:
    await world.says("hello", 1)
    return world


async def schedule(
    world: World, content: str = "All well?", actor: Actor = ANA, **parts: Any
) -> ScheduledReply:
    parts.setdefault("send_at", moment(60))
    command = ScheduleReply(actor=actor, conversation_id=world.conversation().id, content=content, **parts)
    made: ScheduledReply = await world.do(ScheduleForLater(world.new_id), command, 5)
    return made


async def falls_due(world: World, scheduled_id: str) -> None:
    command = SendScheduledReply(
        actor=SYSTEM, conversation_id=world.conversation().id, scheduled_id=scheduled_id
    )
    await world.do(SendScheduled(world.new_id), command, 100)


async def cancel(world: World, scheduled_id: str, actor: Actor = ANA) -> Any:
    command = CancelScheduledReply(
        actor=actor, conversation_id=world.conversation().id, scheduled_id=scheduled_id
    )
    return await world.do(cancel_scheduled_reply, command, 6)


async def read(world: World, who: Person | None = None, **parts: Any) -> ScheduledReplyPage:
    case = ListScheduledForPerson(world.store.conversations, world.store.organising)
    parts.setdefault("conversation_id", world.conversation().id)
    return await case(ListScheduledReplies(person=who or person("ana", "IT"), **parts), call())


async def refusal(attempt: Any) -> str:
    with pytest.raises(DomainError) as refused:
        await attempt
    return refused.value.code


def sent_messages(world: World) -> list[Any]:
    return [one.view for one in world.store.records.messages.values() if one.view.sender.id == "ana"]


async def test_it_waits_and_is_sent_once_at_its_time(asked: World) -> None:
    made = await schedule(asked)
    assert (made.state, made.author.name, made.send_at) == (
        ScheduledState.WAITING,
        "Ana Agent",
        moment(60),
    )
    timers = asked.store.records.organising.timers
    assert list(timers.values()) == [Timer(TimerKind.SEND, made.conversation_id, moment(60), made.id)]
    assert asked.conversation().scheduled_count == 1
    assert "All well?" not in str(asked.store.records.events)
    assert sent_messages(asked) == []

    await falls_due(asked, made.id)
    await falls_due(asked, made.id)
    (message,) = sent_messages(asked)
    assert (message.content, message.delivery) == ("All well?", DeliveryState.QUEUED)
    (kept,) = (await read(asked)).items
    assert (kept.state, kept.message_id, kept.settled_at) == (
        ScheduledState.SENT,
        message.id,
        moment(100),
    )
    conversation = asked.conversation()
    # The AI answers by itself here, so its author takes over, as by hand.
    assert (conversation.status, conversation.assignee_id) == (Status.HANDED_OFF, "ana")
    assert conversation.scheduled_count == 0


async def test_what_is_cancelled_is_not_sent(asked: World) -> None:
    made = await schedule(asked)
    cancelled = await cancel(asked, made.id, BEN)
    assert (cancelled.state, cancelled.settled_at) == (ScheduledState.CANCELLED, moment(6))
    assert await cancel(asked, made.id) == cancelled
    assert asked.store.records.organising.timers == {}
    await falls_due(asked, made.id)
    assert (sent_messages(asked), asked.conversation().scheduled_count) == ([], 0)
    assert asked.event_types().count("scheduled_reply_changed") == 2


async def test_what_was_sent_is_not_cancelled(asked: World) -> None:
    made = await schedule(asked)
    await falls_due(asked, made.id)
    assert await refusal(cancel(asked, made.id)) == "invalid_transition"
    assert await refusal(cancel(asked, "nothing")) == "not_found"


async def changed_author(world: World, **parts: Any) -> None:
    changed = person("ana", "IT").model_copy(update=parts)
    await world.do(register_person, RegisterPerson(actor=SYSTEM, person=changed))


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ("settled", "not_handed_off"),
        ("department", "not_found"),
        ("role", "not_found"),
        ("gone", "forbidden"),
    ],
)
async def test_what_its_author_could_not_send_by_hand_fails_and_is_told(
    asked: World, change: str, code: str
) -> None:
    made = await schedule(asked)
    match change:
        case "settled":
            asked.change(status=Status.RESOLVED)
        case "department":
            asked.change(department="HR")
        case "role":
            await changed_author(asked, role="user")
        case _:
            asked.store.records.people.clear()
    before = asked.conversation()
    await falls_due(asked, made.id)
    (kept,) = (await read(asked, person("ada", role="admin"))).items
    assert (kept.state, kept.error, kept.message_id) == (ScheduledState.FAILED, code, None)
    told = asked.store.records.events[-1]
    assert (told.type, told.data["error"]) == ("conversation.scheduled_reply_changed.v1", code)
    after = asked.conversation()
    assert (after.status, after.assignee_id, sent_messages(asked)) == (before.status, before.assignee_id, [])
    assert after.scheduled_count == 0


async def test_what_does_not_fit_is_refused(asked: World, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scheduling, "MOST_SCHEDULED", 1)
    assert await refusal(schedule(asked, " ")) == "invalid"
    assert await refusal(schedule(asked, send_at=moment(5))) == "invalid"
    assert await refusal(schedule(asked, send_at=moment(5) + timedelta(days=400))) == "invalid"
    await schedule(asked)
    assert await refusal(schedule(asked)) == "invalid"
    asked.change(status=Status.CLOSED)
    assert await refusal(schedule(asked)) == "not_handed_off"
    assert len((await read(asked)).items) == 1


async def test_pages_lead_from_the_newest_to_the_oldest(asked: World) -> None:
    made = [await schedule(asked, f"reply {number}") for number in range(3)]
    first = await read(asked, limit=2)
    assert (first.items, first.next_before) == ((made[2], made[1]), made[1].id)
    last = await read(asked, limit=2, before=first.next_before)
    assert (last.items, last.next_before) == ((made[0],), None)


async def test_others_neither_schedule_nor_cancel_nor_read(asked: World) -> None:
    made = await schedule(asked)
    asked.change(department="IT", requester_id="una")
    una = Actor(kind=ActorKind.USER, id="una", role=Role.USER)
    for actor, code in [(CONTACT, "forbidden"), (una, "forbidden"), (agent("eve", "HR"), "not_found")]:
        assert await refusal(schedule(asked, actor=actor)) == code
        assert await refusal(cancel(asked, made.id, actor)) == code
    assert await refusal(read(asked, person("una", role="user"))) == "forbidden"
    assert await refusal(read(asked, conversation_id=id_of_thread("9999"))) == "not_found"


async def test_an_erased_conversation_counts_none(asked: World) -> None:
    await schedule(asked)
    shell = asked.conversation()
    erase(shell, SYSTEM, moment(9), "erasure")
    assert shell.scheduled_count == 0


async def test_an_api_key_schedules_in_its_own_name(asked: World) -> None:
    key = Actor(kind=ActorKind.API_KEY, id="key-1", name="Shop")
    made = await schedule(asked, actor=key)
    await falls_due(asked, made.id)
    (kept,) = (await read(asked)).items
    assert kept.state is ScheduledState.SENT
    (message,) = [one.view for one in asked.store.records.messages.values() if one.view.id == kept.message_id]
    assert (message.sender.id, message.sender.name) == ("key-1", "Shop")
