from typing import Any

import pytest

from libs.contracts.base import SYSTEM
from libs.contracts.conversation import InboundContact, RecordInboundMessage
from libs.contracts.inbound import MoveThread, TakeOverThread
from libs.contracts.topology import conversation_id, thread_crc
from libs.contracts.vocabulary import Channel, MessageKind, Status
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.erasing import erase
from services.conversation.use_cases.move_thread import FollowMove
from services.conversation.use_cases.take_over_thread import take_over_thread
from services.conversation.use_cases.threads import message_here
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import CONNECTION, moment


async def arrives(world: World, content: str, **parts: Any) -> Any:
    """A message comes, and is carried on to wherever it is sent."""
    before = len(world.store.records.sent)
    recorded = await world.says(content, **parts)
    for sent in world.store.records.sent[before:]:
        if isinstance(sent.command, RecordInboundMessage):
            assert recorded is None
            recorded = await world.do(world.record, sent.command)
    return recorded


MAIL = {
    "channel": Channel.EMAIL,
    "kind": MessageKind.EMAIL,
    "session_id": "email:j1@sample.test",
    "target": "jo@sample.test",
    "contact": InboundContact(alias="jo@sample.test", name="Jo"),
    "subject": "Kettle",
    "other_ids": ("j1@sample.test",),
}


async def test_a_mail_names_its_subject_and_is_known_by_its_message_id(world: World) -> None:
    await arrives(world, "one", **MAIL)
    one = world.conversation()
    assert one.subject == "Kettle"
    again = MAIL | {"session_id": "email:lost@x.test", "references": ("nobody@x.test", "j1@sample.test")}
    recorded = await arrives(world, "two", **again | {"other_ids": ("j2@sample.test",)})
    assert recorded.conversation_id == one.id
    assert world.conversation().message_count == 2


async def test_a_mail_that_answers_nothing_we_know_begins_a_thread(world: World) -> None:
    await arrives(world, "one", **MAIL)
    await arrives(world, "two", **MAIL | {"session_id": "email:x@x.test", "references": ("x@x.test",)})
    assert len(world.store.records.conversations) == 2


async def test_a_token_leads_to_its_conversation(world: World) -> None:
    await arrives(world, "one", **MAIL)
    named = {"session_id": "email:x@x.test", "conversation_id": world.conversation().id}
    recorded = await arrives(world, "two", **MAIL | named)
    assert recorded.conversation_id == world.conversation().id


async def test_somebody_else_who_writes_into_a_mails_thread_changes_neither_contact_nor_address(
    world: World,
) -> None:
    await arrives(world, "one", **MAIL)
    other = {"target": "eve@x.test", "contact": InboundContact(alias="eve@x.test", name="Eve")}
    await arrives(world, "two", **MAIL | other)
    one = world.conversation()
    assert (one.contact.name, one.target) == ("Jo", "jo@sample.test")
    assert one.last_message is not None
    assert one.last_message.sender.name == "Eve"


@pytest.mark.parametrize("gone", ["unknown", "another line", "erased"])
async def test_a_token_of_a_conversation_that_is_not_there_begins_anew(world: World, gone: str) -> None:
    await arrives(world, "one", **MAIL)
    one = world.conversation()
    named = one.id
    if gone == "unknown":
        named = conversation_id("f" * 32, 7)
    elif gone == "another line":
        world.change(connection_id="other")
    else:
        erase(one, SYSTEM, moment(5), "erasure")
    recorded = await arrives(
        world, "two", **MAIL | {"session_id": "email:new@x.test", "conversation_id": named, "other_ids": ()}
    )
    assert recorded.conversation_id != one.id
    assert int(recorded.conversation_id[-4:], 16) == thread_crc(CONNECTION, "email:new@x.test")


async def test_what_a_machine_wrote_reopens_nothing(world: World) -> None:
    await arrives(world, "one", **MAIL)
    world.change(status=Status.RESOLVED)
    await arrives(world, "I am away", **MAIL, automatic=True, expects_answer=False)
    one = world.conversation()
    assert (one.status, one.unread, one.message_count) == (Status.RESOLVED, 2, 2)


ZED = {
    "channel": Channel.WHATSAPP,
    "session_id": "wa:GB.1",
    "target": "GB.1",
    "contact": InboundContact(alias="GB.1", name="Zed"),
    "references": ("wa:GB.1",),
}
NUMBER = {
    "session_id": "wa:44",
    "target": "44",
    "contact": InboundContact(alias="44", name="Zed", aliases=("GB.1",)),
    "references": ("wa:44", "wa:GB.1"),
}


async def test_a_person_known_by_user_id_is_the_same_when_the_number_appears(world: World) -> None:
    await arrives(world, "one", **ZED)
    first = world.conversation()
    recorded = await arrives(world, "two", **ZED | NUMBER)
    assert recorded.conversation_id == first.id
    assert world.conversation().target == "44"
    assert len(world.store.records.contacts) == 1


async def test_whoever_is_new_under_all_their_names_is_new(world: World) -> None:
    await arrives(world, "one", **ZED | NUMBER)
    assert world.conversation().contact_alias == "44"


def moved(session_id: str = "tg:-40", to: str = "tg:-10040") -> MoveThread:
    return MoveThread(
        actor=SYSTEM,
        connection_id=CONNECTION,
        session_id=session_id,
        to_session_id=to,
        to_target=to.removeprefix("tg:"),
    )


GROUP = {"session_id": "tg:-40", "target": "-40"}
SUPERGROUP = {"session_id": "tg:-10040", "target": "-10040", "references": ("tg:-10040",)}


async def test_a_group_that_became_a_supergroup_keeps_its_conversation(world: World) -> None:
    await arrives(world, "one", **GROUP)
    await world.do(FollowMove(world.new_id), moved())
    one: Conversation = world.conversation()
    assert (one.target, one.further_sessions) == ("-10040", ("tg:-10040",))
    version = one.version
    await world.do(FollowMove(world.new_id), moved())
    assert world.conversation().version == version
    await arrives(world, "two", **SUPERGROUP)
    assert world.conversation().message_count == 2


async def test_a_thread_that_moves_back_is_written_to_there(world: World) -> None:
    await arrives(world, "one", **GROUP)
    await world.do(FollowMove(world.new_id), moved())
    await world.do(FollowMove(world.new_id), moved(to="tg:-40"))
    one = world.conversation()
    assert (one.target, one.further_sessions) == ("-40", ("tg:-10040",))


async def test_a_person_with_a_new_number_is_the_same_person(world: World) -> None:
    await arrives(world, "one", **ZED)
    first = world.conversation()
    moving = moved("wa:GB.1", "wa:45").model_copy(update={"to_target": "45", "to_alias": "45"})
    await world.do(FollowMove(world.new_id), moving)
    new = {"session_id": "wa:45", "target": "45", "references": ("wa:45",)}
    recorded = await arrives(
        world, "two", **ZED | new | {"contact": InboundContact(alias="45", name="Zed B")}
    )
    one = world.conversation()
    assert recorded.conversation_id == first.id
    assert (one.target, one.contact_alias, one.contact.id) == ("45", "45", first.contact.id)
    assert one.last_message is not None
    assert one.last_message.sender.id == first.contact.id


async def test_a_number_that_is_somebody_elses_stays_theirs(world: World) -> None:
    other = {"session_id": "wa:45", "target": "45", "references": ("wa:45",)}
    other |= {"contact": InboundContact(alias="45", name="Eve")}
    await arrives(world, "one", **ZED)
    await arrives(world, "mine", **ZED | other)
    moving = moved("wa:GB.1", "wa:46").model_copy(update={"to_alias": "45"})
    await world.do(FollowMove(world.new_id), moving)
    contacts = world.store.records.contacts.values()
    assert {one.alias: one.merged_into for one in contacts} == {"GB.1": None, "45": None}


async def test_of_a_person_who_is_gone_no_new_number_is_kept(world: World) -> None:
    await arrives(world, "one", **ZED)
    world.store.records.contacts.clear()
    moving = moved("wa:GB.1", "wa:45").model_copy(update={"to_alias": "45"})
    await world.do(FollowMove(world.new_id), moving)
    assert world.conversation().contact_alias == "GB.1"
    assert "wa:45" in world.conversation().further_sessions


async def test_a_message_of_no_conversation_is_not_found_here(world: World) -> None:
    await arrives(world, "one", **ZED)
    one = world.conversation()
    assert one.last_message is not None
    found: list[Any] = []

    async def look(_command: Any, _call: Any, tx: Any) -> None:
        found.append(await message_here(one, one.last_message.id, tx))  # type: ignore[union-attr]
        found.append(await message_here(one, "nobody", tx))

    await world.do(look, moved())
    assert [message and message.content for message in found] == ["one", None]


async def test_a_thread_without_a_conversation_has_nothing_to_move(world: World) -> None:
    await world.do(FollowMove(world.new_id), moved())
    assert not world.store.records.conversations


def taken(by: str = "Ana") -> TakeOverThread:
    return TakeOverThread(actor=SYSTEM, connection_id=CONNECTION, session_id="tg:77", by=by)


@pytest.mark.parametrize("by", ["Ana", ""])
async def test_who_answers_elsewhere_has_taken_over(world: World, by: str) -> None:
    await world.says()
    await world.do(take_over_thread, taken(by), 5)
    one = world.conversation()
    assert (one.status, one.handoff_reason, one.question) == (Status.HANDED_OFF, "agent_took_over", None)
    version = one.version
    await world.do(take_over_thread, taken(by), 6)
    assert world.conversation().version == version


async def test_nobody_takes_over_what_is_not_there(world: World) -> None:
    await world.do(take_over_thread, taken())
    assert not world.store.records.conversations
