"""Two contacts turn out to be one person."""

from typing import Any

import pytest

from libs.contracts.base import Actor
from libs.contracts.contacts import ContactDetail, MergeContacts, MoveToContact, UpdateContact
from libs.contracts.conversation import InboundContact
from libs.contracts.errors import DomainError
from services.conversation.domain.contact import MOST_ATTRIBUTES, Contact
from services.conversation.use_cases.merge_contacts import merge_contacts, move_to_contact
from services.conversation.use_cases.update_contact import update_contact
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import ADMIN, agent, id_of_thread, moment


async def meet(world: World, alias: str, name: str) -> str:
    """A contact with a conversation."""
    await world.says(contact=InboundContact(alias=alias, name=name), session_id=f"tg:{alias}")
    return next(one.id for one in world.store.records.contacts.values() if one.alias == alias)


async def merge(world: World, source: str, into: str, who: Actor = ADMIN) -> ContactDetail:
    command = MergeContacts(actor=who, contact_id=source, into=into)
    found: ContactDetail = await world.do(merge_contacts, command, 20)
    return found


async def carry_on(world: World) -> None:
    for sent in list(world.store.records.sent):
        if isinstance(sent.command, MoveToContact):
            await world.do(move_to_contact, sent.command, 21)


def contacts_of_conversations(world: World) -> list[tuple[str, str]]:
    return [(one.contact.id, one.contact.name) for one in world.store.records.conversations.values()]


async def update(world: World, contact_id: str, **parts: Any) -> None:
    await world.do(update_contact, UpdateContact(actor=ADMIN, contact_id=contact_id, **parts), 10)


async def test_aliases_conversations_and_what_is_known_move(world: World) -> None:
    mira, jo = await meet(world, "77", "Mira"), await meet(world, "88", "Jo")
    await update(world, mira, value=5, attributes={"plan": "pro"})
    await update(world, jo, value=9, phone="+1", attributes={"plan": "free", "town": "Ulm"})
    merged = await merge(world, jo, mira)
    assert (merged.id, merged.name, merged.value, merged.phone) == (mira, "Mira", 5, "+1")
    assert merged.attributes == {"plan": "pro", "town": "Ulm"}
    assert [alias.alias for alias in merged.aliases] == ["77", "88"]
    await carry_on(world)
    assert contacts_of_conversations(world) == [(mira, "Mira")] * 2


async def test_later_messages_of_the_old_alias_reach_the_other(world: World) -> None:
    mira, jo = await meet(world, "77", "Mira"), await meet(world, "88", "Jo")
    await merge(world, jo, mira)
    await carry_on(world)
    for session in ("tg:88", "tg:another"):
        await world.says("later", 30, contact=InboundContact(alias="88", name="Jo"), session_id=session)
    assert {one for one, _ in contacts_of_conversations(world)} == {mira}


async def test_done_again_it_is_the_same(world: World) -> None:
    mira, jo = await meet(world, "77", "Mira"), await meet(world, "88", "Jo")
    first = await merge(world, jo, mira)
    told = len(world.store.records.sent)
    assert await merge(world, jo, mira) == first
    assert len(world.store.records.sent) == told


async def test_what_was_merged_before_goes_along(world: World) -> None:
    ids = [await meet(world, alias, name) for alias, name in (("1", "A"), ("2", "B"), ("3", "C"))]
    await merge(world, ids[0], ids[1])
    merged = await merge(world, ids[1], ids[2])
    await carry_on(world)
    assert [alias.alias for alias in merged.aliases] == ["3", "1", "2"]
    assert {one for one, _ in contacts_of_conversations(world)} == {ids[2]}


async def test_moving_follows_a_merge_that_came_between(world: World) -> None:
    ids = [await meet(world, alias, name) for alias, name in (("1", "A"), ("2", "B"), ("3", "C"))]
    await merge(world, ids[0], ids[1])
    await merge(world, ids[1], ids[2])
    (first, *_) = world.store.records.sent[-2:]
    assert isinstance(first.command, MoveToContact)
    await carry_on(world)
    await carry_on(world)
    assert contacts_of_conversations(world) == [(ids[2], "C")] * 3


async def test_a_nameless_contact_takes_the_name_over(world: World) -> None:
    nameless, jo = await meet(world, "77", ""), await meet(world, "88", "Jo")
    assert (await merge(world, jo, nameless)).name == "Jo"


async def test_nobody_is_merged_with_themselves_or_with_nobody(world: World) -> None:
    mira = await meet(world, "77", "Mira")
    for source, into, code in ((mira, mira, "invalid"), (mira, "x", "not_found"), ("x", mira, "not_found")):
        with pytest.raises(DomainError) as refused:
            await merge(world, source, into)
        assert refused.value.code == code


async def test_an_agent_merges_only_whom_they_see(world: World) -> None:
    mira, jo = await meet(world, "77", "Mira"), await meet(world, "88", "Jo")
    for one in world.store.records.conversations.values():
        one.department = "IT" if one.contact.id == mira else "HR"
    for source, into in ((mira, jo), (jo, mira)):
        with pytest.raises(DomainError) as refused:
            await merge(world, source, into, agent("ana", "IT"))
        assert refused.value.code == "not_found"


async def test_a_conversation_of_somebody_else_does_not_move(world: World) -> None:
    mira, jo = await meet(world, "77", "Mira"), await meet(world, "88", "Jo")
    view = next(one for one in world.store.records.contacts.values() if one.id == jo).view()
    known = [key for _, key in world.store.records.conversations]
    for conversation_id in (*known, id_of_thread("none")):
        command = MoveToContact(
            actor=ADMIN, conversation_id=conversation_id, from_contact_id="else", contact=view
        )
        await world.do(move_to_contact, command)
    assert [one for one, _ in contacts_of_conversations(world)] == [mira, jo]


async def test_of_an_erased_contact_the_name_it_was_moved_with_is_left(world: World) -> None:
    mira, jo = await meet(world, "77", "Mira"), await meet(world, "88", "Jo")
    await merge(world, jo, mira)
    world.store.records.contacts.clear()
    await carry_on(world)
    assert contacts_of_conversations(world)[1][0] == mira


def test_attributes_stay_bounded() -> None:
    def contact(letter: str) -> Contact:
        attributes = {f"{letter}{number}": "x" for number in range(40)}
        return Contact(
            id=letter,
            account_id="a",
            connection_id="c",
            alias=letter,
            attributes=attributes,
            created_at=moment(),
            updated_at=moment(),
        )

    one = contact("a")
    one.take_in(contact("b"), moment(1))
    assert len(one.attributes) == MOST_ATTRIBUTES
