"""Contacts: who may read them, how they change, and how their conversations hear of a new name."""

from typing import Any

import pytest

from libs.contracts.base import Actor
from libs.contracts.contacts import (
    ContactDetail,
    ContactPage,
    GetContact,
    ListContacts,
    RenameContact,
    UpdateContact,
)
from libs.contracts.conversation import ContactView, InboundContact, Person
from libs.contracts.errors import DomainError
from libs.contracts.topology import CONVERSATION_COMMANDS
from services.conversation.domain.contact import MOST_WORDS, name_keys
from services.conversation.use_cases.read_contacts import GetContactForPerson, ListContactsForPerson
from services.conversation.use_cases.update_contact import rename_contact, update_contact
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import ADMIN, CONTACT, agent, call, id_of_thread, person

BOSS = person("ada", role="admin")
ANA, EVE = person("ana", "IT"), person("eve", "HR")


async def listed(world: World, who: Person = BOSS, **parts: Any) -> ContactPage:
    return await ListContactsForPerson(world.store.contacts)(ListContacts(person=who, **parts), call())


async def read(world: World, contact_id: str, who: Person = BOSS) -> ContactDetail:
    return await GetContactForPerson(world.store.contacts)(
        GetContact(person=who, contact_id=contact_id), call()
    )


async def update(world: World, who: Actor = ADMIN, **parts: Any) -> ContactDetail:
    parts = parts if "contact_id" in parts else parts | {"contact_id": world.conversation().contact.id}
    found: ContactDetail = await world.do(update_contact, UpdateContact(actor=who, **parts), 9)
    return found


async def tell(world: World) -> None:
    """Carry out what was told to conversations."""
    for sent in list(world.store.records.sent):
        if isinstance(sent.command, RenameContact):
            await world.do(rename_contact, sent.command, 10)


async def test_a_contact_comes_with_the_first_message(world: World) -> None:
    await world.says()
    (one,) = (await listed(world)).items
    assert (one.name, [(alias.connection_id, alias.alias) for alias in one.aliases]) == (
        "Mira",
        [("line", "77")],
    )
    assert await read(world, one.id) == one


@pytest.mark.parametrize("search", ["mir", "MIRA s", "sand", "77", "mira@", "+49"])
async def test_a_search_finds_words_of_the_name_address_and_alias(world: World, search: str) -> None:
    await world.says(contact=InboundContact(alias="77", name="Mira Sand"))
    await world.says(contact=InboundContact(alias="88", name="Jo"), session_id="tg:88")
    mira = next(one for one in (await listed(world)).items if one.name == "Mira Sand")
    await update(world, contact_id=mira.id, email="Mira@acme.test", phone="+49 30 1")
    assert [one.id for one in (await listed(world, search=search)).items] == [mira.id]
    assert (await listed(world, search="ira")).items == ()


async def test_a_list_goes_on_behind_its_cursor(world: World) -> None:
    for number in range(3):
        await world.says(contact=InboundContact(alias=f"a{number}"), session_id=f"tg:{number}")
    first = await listed(world, page_size=2)
    second = await listed(world, page_size=2, cursor=first.next_cursor)
    assert [len(first.items), len(second.items), second.next_cursor] == [2, 1, None]
    assert len({one.id for one in (*first.items, *second.items)}) == 3


@pytest.mark.parametrize("cursor", ["a", "_w=="])
async def test_what_is_no_cursor_is_invalid(world: World, cursor: str) -> None:
    with pytest.raises(DomainError) as refused:
        await listed(world, cursor=cursor)
    assert refused.value.code == "invalid"


async def test_an_agent_sees_the_contacts_of_the_conversations_they_see(world: World) -> None:
    await world.says()
    world.change(department="IT")
    contact = world.conversation().contact.id
    assert [one.id for one in (await listed(world, ANA)).items] == [contact]
    assert (await listed(world, EVE)).items == ()
    with pytest.raises(DomainError) as refused:
        await read(world, contact, EVE)
    assert refused.value.code == "not_found"
    with pytest.raises(DomainError) as changed:
        await update(world, agent("eve", "HR"), value=1.0)
    assert changed.value.code == "not_found"
    assert (await update(world, agent("ana", "IT"), value=1.0)).value == 1.0


async def test_a_requester_works_with_no_contacts(world: World) -> None:
    with pytest.raises(DomainError) as refused:
        await listed(world, person("uma", role="user"))
    assert refused.value.code == "forbidden"


@pytest.mark.parametrize("contact_id", ["unknown"])
async def test_an_unknown_contact_is_not_found(world: World, contact_id: str) -> None:
    for work in (read(world, contact_id), update(world, contact_id=contact_id)):
        with pytest.raises(DomainError) as refused:
            await work
        assert refused.value.code == "not_found"


async def test_what_is_not_given_stays_and_what_is_cleared_goes(world: World) -> None:
    await world.says()
    changed = await update(world, value=12.5, attributes={"plan": "pro"}, email="m@acme.test")
    assert (changed.value, changed.attributes, changed.email) == (12.5, {"plan": "pro"}, "m@acme.test")
    changed = await update(world, phone="+1", cleared=("value", "attributes"))
    assert (changed.value, changed.attributes, changed.email) == (None, {}, "m@acme.test")
    with pytest.raises(DomainError) as refused:
        await update(world, cleared=("alias",))
    assert refused.value.code == "invalid"


async def test_a_new_name_reaches_the_conversations_and_outlasts_the_channels(world: World) -> None:
    await world.says()
    before = world.conversation()
    await update(world, name="Mira Sand")
    (sent,) = (one for one in world.store.records.sent if isinstance(one.command, RenameContact))
    assert (sent.exchange, sent.subject) == (CONVERSATION_COMMANDS, before.id)
    await tell(world)
    after = world.conversation()
    assert (after.contact.name, after.version, after.updated_at) == (
        "Mira Sand",
        before.version + 1,
        before.updated_at,
    )
    await tell(world)
    assert world.conversation().version == after.version
    await world.says("again", 20)
    assert world.conversation().contact.name == "Mira Sand"
    await update(world, cleared=("name",))
    assert (await read(world, after.contact.id)).name == "Mira"


async def test_other_changes_tell_no_conversation(world: World) -> None:
    await world.says()
    await update(world, value=3)
    assert not [one for one in world.store.records.sent if isinstance(one.command, RenameContact)]


async def test_a_name_for_a_conversation_of_somebody_else_changes_nothing(world: World) -> None:
    await world.says()
    version = world.conversation().version
    stranger = ContactView(id="stranger", name="Else")
    for conversation_id in (world.conversation().id, id_of_thread("none")):
        command = RenameContact(actor=CONTACT, conversation_id=conversation_id, contact=stranger)
        await world.do(rename_contact, command)
    assert (world.conversation().contact.name, world.conversation().version) == ("Mira", version)


def test_long_names_are_found_by_their_first_words_only() -> None:
    assert len(name_keys("a " * 50)) == MOST_WORDS


async def test_who_asks_for_a_merged_contact_gets_the_one_it_is_part_of(world: World) -> None:
    await world.says()
    target = world.conversation().contact.id
    await world.says(contact=InboundContact(alias="88", name="Jo"), session_id="tg:88")
    other = next(one for one in world.store.records.contacts.values() if one.alias == "88")
    other.merged_into = target
    assert (await read(world, other.id)).id == target
    changed = await update(world, contact_id=other.id, value=2)
    assert (changed.id, [alias.alias for alias in changed.aliases]) == (target, ["77", "88"])
