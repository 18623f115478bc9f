from typing import Any

import pytest

from libs.contracts.ai import AnswerContact
from libs.contracts.base import SYSTEM
from libs.contracts.conversation import Attachment, InboundContact, RegisterChatbot
from libs.contracts.errors import PermanentError, TransientError
from libs.contracts.topology import conversation_crc, thread_crc
from libs.contracts.vocabulary import HandoffReason, MessageKind, Status
from services.conversation.domain.status_machine import StatusCommand
from services.conversation.use_cases.ports import AlreadyRecordedError, AnswerDeadline
from services.conversation.use_cases.register_chatbot import register_chatbot
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import (
    ACCOUNT,
    CHATBOT,
    CONNECTION,
    SESSION,
    agent,
    inbound,
    moment,
)


def asked_of_ai(world: World) -> list[AnswerContact]:
    return [sent.command for sent in world.store.records.sent if isinstance(sent.command, AnswerContact)]


async def test_the_first_message_starts_the_conversation(world: World) -> None:
    recorded = await world.says("hello", 1)
    one = world.conversation()
    assert recorded.conversation_id == one.id
    assert conversation_crc(one.id) == thread_crc(CONNECTION, SESSION)
    assert world.event_types() == ["started", "message_recorded"]
    assert (one.status, one.unread, one.updated_at) == (Status.ACTIVE, 1, moment(1))
    stored = world.store.records.messages[ACCOUNT, recorded.message_id]
    assert (stored.view.content, stored.external_ids) == ("hello", ("external-1",))
    assert stored.view.sender.name == "Mira"


async def test_further_messages_join_it(world: World) -> None:
    first = await world.says("one", 1)
    second = await world.says("two", 2)
    assert first.conversation_id == second.conversation_id
    assert world.conversation().message_count == 2


async def test_another_connection_of_the_same_session_is_another_conversation(world: World) -> None:
    await world.says("one")
    await world.says("one", connection_id="other-line")
    assert len(world.store.records.conversations) == 2


async def test_the_ai_is_asked_once_the_message_is_stored(world: World) -> None:
    recorded = await world.says("hello", 1)
    (sent,) = world.store.records.sent
    assert (sent.exchange, sent.subject) == ("ai.cmd", recorded.conversation_id)
    assert sent.expires_at == moment(31)
    (asked,) = asked_of_ai(world)
    assert (asked.message_id, asked.handoff_epoch, asked.answer_by) == (
        recorded.message_id,
        0,
        moment(31),
    )
    assert [(turn.role, turn.text) for turn in asked.turns] == [("contact", "hello")]
    assert asked.chatbot.id == CHATBOT
    assert not asked.has_attachment
    deadline = await world.store.deadline(ACCOUNT, recorded.conversation_id)
    assert deadline == AnswerDeadline(recorded.conversation_id, recorded.message_id, 0, moment(31))


async def test_the_ai_gets_the_last_twenty_turns_and_the_newest_deadline(world: World) -> None:
    for number in range(25):
        recorded = await world.says(f"part {number}", number)
    turns = asked_of_ai(world)[-1].turns
    assert [turn.text for turn in turns] == [f"part {number}" for number in range(5, 25)]
    assert turns[-1].message_id == recorded.message_id
    deadline = await world.store.deadline(ACCOUNT, recorded.conversation_id)
    assert deadline is not None
    assert (deadline.message_id, deadline.due_at) == (recorded.message_id, moment(54))


async def test_turns_begin_after_the_last_handoff(world: World) -> None:
    await world.says("old", 1)
    one = world.conversation()
    one.hand_off(agent(), moment(2), reason=HandoffReason.RULE)
    one.change_status(StatusCommand.RETURN_TO_AI, agent(), moment(3))
    world.change(stored_version=one.version)
    await world.says("new", 4)
    asked = asked_of_ai(world)[-1]
    assert [turn.text for turn in asked.turns] == ["new"]
    assert asked.handoff_epoch == 1


async def test_an_attachment_is_told(world: World) -> None:
    await world.says(
        "", kind=MessageKind.IMAGE, attachments=(Attachment(kind=MessageKind.IMAGE, reference="f1"),)
    )
    assert asked_of_ai(world)[0].has_attachment


@pytest.mark.parametrize(
    "parts",
    [
        {"expects_answer": False},
        {"kind": MessageKind.REACTION},
        {"kind": MessageKind.EDIT},
    ],
)
async def test_what_asks_for_nothing_is_stored_and_not_answered(world: World, parts: dict[str, Any]) -> None:
    recorded = await world.says("hm", **parts)
    assert not asked_of_ai(world)
    assert await world.store.deadline(ACCOUNT, recorded.conversation_id) is None


@pytest.mark.parametrize("mode", ["suggest", "off"])
async def test_a_chatbot_that_does_not_answer_is_not_asked(world: World, mode: str) -> None:
    await world.do(register_chatbot, RegisterChatbot(actor=SYSTEM, chatbot_id=CHATBOT, name="Bot", mode=mode))
    await world.says()
    assert not asked_of_ai(world)


async def test_people_answer_while_it_is_handed_off(world: World) -> None:
    await world.says("one", 1)
    world.change(status=Status.HANDED_OFF)
    await world.says("two", 2)
    assert len(asked_of_ai(world)) == 1


async def test_a_message_to_a_closed_one_reopens_it_for_the_ai(world: World) -> None:
    await world.says("one", 1)
    world.change(status=Status.CLOSED, question=None)
    before = world.conversation().sequence
    await world.says("two", 2)
    assert world.event_types(before) == ["reopened", "handoff_ended", "message_recorded"]
    assert len(asked_of_ai(world)) == 2


async def test_the_same_delivery_is_stored_once_and_answered_alike(world: World) -> None:
    first = await world.do(world.record, inbound(1), 1)
    with pytest.raises(AlreadyRecordedError):
        await world.do(world.record, inbound(1), 2)
    assert await world.do(world.record.again, inbound(1), 3) == first
    assert len(world.store.records.messages) == 1
    assert world.event_types() == ["started", "message_recorded"]


async def test_a_delivery_that_is_not_there_yet_is_tried_again(world: World) -> None:
    with pytest.raises(TransientError):
        await world.do(world.record.again, inbound(1))


async def test_a_chatbot_nobody_registered_sends_the_message_to_the_dead_letters(world: World) -> None:
    with pytest.raises(PermanentError):
        await world.says(chatbot_id="unknown")
    assert not world.store.records.conversations


async def test_a_new_name_is_taken_over_and_a_blank_one_is_not(world: World) -> None:
    await world.says("one", 1)
    await world.says("two", 2, contact=InboundContact(alias="77", name="Mira K."), target="77/5")
    assert world.conversation().contact.name == "Mira K."
    assert world.conversation().target == "77/5"
    await world.says("three", 3, contact=InboundContact(alias="77"))
    assert world.conversation().contact.name == "Mira K."
    assert len(world.store.records.contacts) == 1


async def test_others_in_a_group_are_senders_and_not_the_contact(world: World) -> None:
    await world.says("one", 1)
    recorded = await world.says("two", 2, contact=InboundContact(alias="88", name="Ola"))
    view = world.store.records.messages[ACCOUNT, recorded.message_id].view
    assert view.sender.name == "Ola"
    assert world.conversation().contact.name == "Mira"
    assert view.sender.id != world.conversation().contact.id


async def test_an_answer_to_a_message_names_it(world: World) -> None:
    first = await world.says("one", 1)
    second = await world.says("two", 2, reply_to="external-1")
    third = await world.says("three", 3, reply_to="unknown")
    views = {key[1]: message.view for key, message in world.store.records.messages.items()}
    assert views[second.message_id].reply_to == first.message_id
    assert views[third.message_id].reply_to is None


async def test_conversations_belong_to_their_chatbots_department(world: World) -> None:
    await world.do(
        register_chatbot, RegisterChatbot(actor=SYSTEM, chatbot_id=CHATBOT, name="Bot", department="IT")
    )
    await world.says()
    assert world.conversation().department == "IT"
