"""Conversations that an agent starts."""

from typing import Any

import pytest

from libs.contracts.base import SYSTEM, Actor
from libs.contracts.conversation import ChangeStatus, RegisterChatbot
from libs.contracts.errors import DomainError
from libs.contracts.starting import StartConversation, StartedConversation
from libs.contracts.topology import conversation_crc, thread_crc
from libs.contracts.vocabulary import ActorKind, BotMode, Channel, DeliveryState, Status
from services.conversation.domain.status_machine import StatusCommand
from services.conversation.domain.taking_over import take_over
from services.conversation.use_cases.change_status import change_status
from services.conversation.use_cases.register_chatbot import register_chatbot
from services.conversation.use_cases.start_conversation import StartByAgent
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import ADMIN, CHATBOT, CONNECTION, SESSION, agent, moment

ANA, EVE = agent("ana", "IT"), agent("eve", "HR")


async def start(world: World, who: Actor = ANA, seconds: float = 5, **parts: Any) -> StartedConversation:
    given: dict[str, Any] = {
        "actor": who,
        "chatbot_id": CHATBOT,
        "connection_id": CONNECTION,
        "channel": Channel.TELEGRAM,
        "session_id": SESSION,
        "target": "77",
        "alias": "77",
        "name": "Mira",
        "content": "Your kettle is ready",
    }
    found: StartedConversation = await world.do(
        StartByAgent(world.new_id), StartConversation(**given | parts), seconds
    )
    return found


async def set_mode(world: World, mode: str, department: str | None = None) -> None:
    command = RegisterChatbot(actor=SYSTEM, chatbot_id=CHATBOT, name="Bot", mode=mode, department=department)
    await world.do(register_chatbot, command)


async def refused(world: World, **parts: Any) -> str:
    with pytest.raises(DomainError) as found:
        await start(world, **parts)
    return found.value.code


async def test_a_new_thread_starts_with_its_agent(world: World) -> None:
    started = await start(world, subject="Repair")
    shown = started.conversation
    assert (shown.status, shown.assignee_id, shown.handoff_reason, shown.subject, shown.contact.name) == (
        Status.HANDED_OFF,
        "ana",
        "agent_took_over",
        "Repair",
        "Mira",
    )
    assert conversation_crc(shown.id) == thread_crc(CONNECTION, SESSION)
    assert (started.message.content, started.message.delivery) == (
        "Your kettle is ready",
        DeliveryState.QUEUED,
    )
    assert world.event_types() == ["started", "handed_off", "message_recorded"]


async def test_the_answer_meets_the_same_thread_and_contact(world: World) -> None:
    started = await start(world)
    await world.says("thanks", 6)
    conversation = world.conversation()
    assert (conversation.id, conversation.contact.id) == (
        started.conversation.id,
        started.conversation.contact.id,
    )
    assert conversation.message_count == 2


@pytest.mark.parametrize("mode", [BotMode.SUGGEST, BotMode.OFF])
async def test_where_people_send_it_stays_active(world: World, mode: BotMode) -> None:
    await set_mode(world, mode)
    shown = (await start(world)).conversation
    assert (shown.status, shown.assignee_id) == (Status.ACTIVE, "ana")


async def test_a_thread_of_the_ai_is_taken_over(world: World) -> None:
    await world.says()
    shown = (await start(world)).conversation
    assert (shown.status, shown.assignee_id, shown.handoff_reason) == (
        Status.HANDED_OFF,
        "ana",
        "agent_took_over",
    )
    assert world.conversation().question is None


async def test_one_that_people_have_stays_as_it_is(world: World) -> None:
    await start(world)
    again = (await start(world, agent("ben", "IT"), 7)).conversation
    assert (again.assignee_id, again.handoff_epoch, again.message_count) == ("ana", 1, 2)


@pytest.mark.parametrize("command", [StatusCommand.RESOLVE, StatusCommand.CLOSE, StatusCommand.ARCHIVE])
@pytest.mark.parametrize("mode", ["answer", "off"])
async def test_what_was_settled_is_taken_up_again(world: World, command: StatusCommand, mode: str) -> None:
    await set_mode(world, mode)
    await world.says()
    conversation = world.conversation()
    conversation.change_status(command, ADMIN, moment(3))
    conversation.stored_version = conversation.version
    shown = (await start(world)).conversation
    assert shown.status is (Status.HANDED_OFF if mode == "answer" else Status.ACTIVE)


async def test_a_closed_one_in_the_archive_is_taken_up_again(world: World) -> None:
    started = await start(world)
    await world.do(
        change_status,
        ChangeStatus(actor=ANA, conversation_id=started.conversation.id, status="closed"),
        6,
    )
    conversation = world.conversation()
    conversation.change_status(StatusCommand.ARCHIVE, ADMIN, moment(7))
    conversation.stored_version = conversation.version
    assert (await start(world, seconds=8)).conversation.status is Status.HANDED_OFF


async def test_what_cannot_be_started(world: World) -> None:
    assert await refused(world, content=" ") == "invalid"
    assert await refused(world, chatbot_id="another") == "not_found"
    assert await refused(world, channel=Channel.WIDGET, session_id="web:v") == "invalid"
    assert world.store.records.conversations == {}


async def test_another_departments_chatbot_and_threads_do_not_exist_for_an_agent(world: World) -> None:
    await set_mode(world, "answer", "IT")
    assert await refused(world, who=EVE) == "not_found"
    await world.says()
    assert await refused(world, who=EVE) == "not_found"
    assert (await start(world)).conversation.department == "IT"


async def test_the_system_assigns_nobody(world: World) -> None:
    await world.says()
    system = Actor(kind=ActorKind.SYSTEM, id="parley")
    assert await refused(world, who=system) == "forbidden"
    taken = world.conversation()
    take_over(taken, system, moment(9), mode=BotMode.ANSWER)
    assert (taken.status, taken.assignee_id) == (Status.HANDED_OFF, None)
