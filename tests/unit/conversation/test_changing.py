"""Edits, deletions and reactions have their effect on the message they are about."""

from typing import Any

import pytest

from libs.contracts.base import SYSTEM
from libs.contracts.conversation import Attachment, InboundContact, MessageView, Reaction, Sender
from libs.contracts.erasure import without_person
from libs.contracts.frames import frames_of
from libs.contracts.message_changes import MessageChange, MessageChanged
from libs.contracts.vocabulary import MessageKind, SenderKind
from services.conversation.domain.changing import MOST_REACTIONS, after_change
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import ACCOUNT, agent, conversation, draft, moment

MIRA = Sender(kind=SenderKind.CONTACT, id="contact-1", name="Mira")
OLA = Sender(kind=SenderKind.CONTACT, id="contact-2", name="Ola")
FILE = Attachment(kind=MessageKind.IMAGE, reference="r")


def message(content: str = "blue", **parts: Any) -> MessageView:
    one = conversation()
    view = one.receive(draft(content=content, attachments=(FILE,)), agent(), wants_answer=False).view
    return view.model_copy(update=parts)


def test_who_wrote_it_changes_it() -> None:
    edited = after_change(message(payload="p"), MessageKind.EDIT, "green", MIRA, moment(5))
    assert (edited.content, edited.edited_at, edited.attachments) == ("green", moment(5), (FILE,))


def test_who_wrote_it_takes_it_back_and_it_is_gone() -> None:
    before = message(payload="p", body_html="<p>blue</p>")
    gone = after_change(before, MessageKind.DELETE, "", MIRA, moment(5))
    assert (gone.content, gone.body_html, gone.attachments, gone.payload) == ("", None, (), None)
    assert gone.deleted_at == moment(5)
    for kind in (MessageKind.EDIT, MessageKind.DELETE, MessageKind.REACTION):
        assert after_change(gone, kind, "x", MIRA, moment(6)) is gone


@pytest.mark.parametrize("kind", [MessageKind.EDIT, MessageKind.DELETE])
def test_nobody_else_does(kind: MessageKind) -> None:
    before = message()
    assert after_change(before, kind, "green", OLA, moment(5)) is before


def test_the_same_text_again_is_no_change() -> None:
    before = message()
    assert after_change(before, MessageKind.EDIT, "blue", MIRA, moment(5)) is before


def test_each_person_has_one_reaction() -> None:
    view = message()
    for sender, emoji in ((MIRA, "👍"), (OLA, "🔥"), (MIRA, "🎉")):
        view = after_change(view, MessageKind.REACTION, emoji, sender, moment(5))
    assert view.reactions == (
        Reaction(sender_id=OLA.id, emoji="🔥"),
        Reaction(sender_id=MIRA.id, emoji="🎉"),
    )
    view = after_change(view, MessageKind.REACTION_REMOVED, "🎉", MIRA, moment(6))
    assert [one.sender_id for one in view.reactions] == [OLA.id]
    assert after_change(view, MessageKind.REACTION_REMOVED, "🎉", MIRA, moment(6)) is view


def test_reactions_are_bounded() -> None:
    view = message()
    for number in range(MOST_REACTIONS + 3):
        sender = Sender(kind=SenderKind.CONTACT, id=f"c{number}")
        view = after_change(view, MessageKind.REACTION, "👍", sender, moment(5))
    assert len(view.reactions) == MOST_REACTIONS


def stored(world: World, message_id: str) -> MessageView:
    view: MessageView = world.store.records.messages[ACCOUNT, message_id].view
    return view


async def test_an_edit_changes_what_was_written_and_is_told(world: World) -> None:
    said = await world.says("blue")
    before = world.conversation().unread
    await world.says("green", 5, kind=MessageKind.EDIT, reply_to="external-1")
    assert stored(world, said.message_id).content == "green"
    one = world.conversation()
    assert one.last_message is not None
    assert (one.last_message.content, one.unread) == ("green", before)
    event = world.store.records.events[-1]
    assert (event.type, event.data["change"]) == ("conversation.message_changed.v1", "edited")
    assert event.data["actor"]["kind"] == "contact"


async def test_a_deletion_takes_its_edits_along(world: World) -> None:
    said = await world.says("blue")
    edit = await world.says("green", 5, kind=MessageKind.EDIT, reply_to="external-1")
    await world.says("", 6, kind=MessageKind.DELETE, reply_to="external-1")
    assert stored(world, said.message_id).deleted_at == moment(6)
    assert (stored(world, said.message_id).content, stored(world, edit.message_id).content) == ("", "")


async def test_an_older_message_leaves_the_preview_alone(world: World) -> None:
    await world.says("blue")
    await world.says("Are you there?", 2)
    await world.says("👍", 5, kind=MessageKind.REACTION, reply_to="external-1")
    one = world.conversation()
    assert one.last_message is not None
    assert (one.last_message.content, one.last_message.reactions) == ("Are you there?", ())


@pytest.mark.parametrize("reply_to", [None, "external-unknown"])
async def test_what_is_about_nothing_known_changes_nothing(world: World, reply_to: str | None) -> None:
    await world.says("blue")
    await world.says("green", 5, kind=MessageKind.EDIT, reply_to=reply_to)
    assert "message_changed" not in world.event_types()


async def test_a_repeated_reaction_is_told_once(world: World) -> None:
    await world.says("blue")
    for _ in range(2):
        await world.says("👍", 5, kind=MessageKind.REACTION, reply_to="external-1")
    assert world.event_types().count("message_changed") == 1


async def test_what_a_button_stands_for_and_a_forward_are_kept(world: World) -> None:
    said = await world.says("Yes", payload="order:yes", forwarded=True, sent_at=moment(-3))
    view = stored(world, said.message_id)
    assert (view.payload, view.forwarded, view.sent_at) == ("order:yes", True, moment(-3))


async def test_what_the_channel_tells_of_somebody_is_kept_until_people_say_something_else(
    world: World,
) -> None:
    told = InboundContact(alias="77", name="Mira", phone="+4930", email="mira@x.test")
    await world.says("one", contact=told)
    (known,) = world.store.records.contacts.values()
    assert (known.phone, known.email) == ("+4930", "mira@x.test")
    known.phone = "+49111"
    await world.says("two", contact=told.model_copy(update={"name": "Mira B"}))
    assert known.phone == "+49111"


async def test_a_shared_contact_tells_the_number_of_somebody_known(world: World) -> None:
    await world.says("one")
    told = InboundContact(alias="77", name="Mira", phone="+4930")
    await world.says("two", contact=told)
    (known,) = world.store.records.contacts.values()
    assert known.phone is None  # a known thread costs no look-up
    await world.says("Mira +4930", contact=told, kind=MessageKind.CONTACT)
    (known,) = world.store.records.contacts.values()
    assert known.phone == "+4930"


def test_a_change_is_heard_in_the_thread_and_by_the_team() -> None:
    view = message(edited_at=moment(5), reactions=(Reaction(sender_id="c", emoji="👍"),))
    event = MessageChanged(
        actor=SYSTEM,
        occurred_at=moment(5),
        conversation=conversation().ref(),
        message=view,
        change=MessageChange.EDITED,
    )
    thread, team = frames_of(event, 7)
    assert (thread.type, thread.seq, team.type) == ("message_changed", 7, "conversation:message_changed")
    assert thread.fields["content"] == "blue"
    assert (thread.fields["reactions"], thread.fields["deleted_at"]) == (["👍"], None)
    assert thread.fields["edited_at"].endswith("Z")
    assert team.fields["change"] == "edited"
    gone = event.model_copy(update={"message": view.model_copy(update={"deleted_at": moment(6)})})
    assert frames_of(gone, 8)[0].fields["deleted_at"]


def test_nothing_personal_is_left_of_it_once_erased() -> None:
    view = message(payload="order:yes", reactions=(Reaction(sender_id="c", emoji="👍"),))
    left = without_person(view.model_dump(mode="json"))
    assert (left["content"], left["payload"], left["reactions"]) == ("erased", "erased", [])
