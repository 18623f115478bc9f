"""A person is erased, step by step."""

from typing import Any

import pytest

from libs.contracts.base import SYSTEM, Actor
from libs.contracts.conversation import InboundContact, Person
from libs.contracts.erasure import (
    AcknowledgeErasure,
    EraseContact,
    EraseConversation,
    ErasureView,
    GetErasure,
)
from libs.contracts.errors import DomainError
from libs.contracts.vocabulary import SenderKind, Status
from services.conversation.domain.status_machine import StatusCommand
from services.conversation.use_cases.erase_contact import (
    BeginErasure,
    GetErasureForAdmin,
    acknowledge_erasure,
    erase_conversation,
)
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import ADMIN, agent, call, id_of_thread, moment, person
from tests.unit.conversation.test_start_conversation import start

BOSS = person("ada", role="admin")


async def begin(world: World, contact_id: str, who: Actor = ADMIN) -> ErasureView:
    found: ErasureView = await world.do(
        BeginErasure(world.new_id), EraseContact(actor=who, contact_id=contact_id), 20
    )
    return found


async def carry_on(world: World) -> None:
    """Carry out what was told to conversations."""
    for sent in list(world.store.records.sent):
        if isinstance(sent.command, EraseConversation):
            await world.do(erase_conversation, sent.command, 21)


async def acknowledge(world: World, erasure: ErasureView, service: str, one: str | None = None) -> None:
    command = AcknowledgeErasure(actor=SYSTEM, erasure_id=erasure.id, service=service, conversation_id=one)
    await world.do(acknowledge_erasure, command, 22)


async def look(world: World, erasure_id: str, who: Person = BOSS) -> ErasureView:
    return await GetErasureForAdmin(world.store.contacts)(
        GetErasure(person=who, erasure_id=erasure_id), call()
    )


async def test_every_service_acknowledges_before_it_is_done(world: World) -> None:
    await world.says()
    conversation = world.conversation()
    erasure = await begin(world, conversation.contact.id)
    assert erasure.waiting_for == ("gateway", "conversation", "delivery", "ai", "notify")
    await carry_on(world)
    for service in ("delivery", "notify"):
        await acknowledge(world, erasure, service, conversation.id)
    assert (await look(world, erasure.id)).waiting_for == ("gateway", "ai")
    await acknowledge(world, erasure, "gateway")
    await acknowledge(world, erasure, "gateway")
    assert (await look(world, erasure.id)).status == "running"
    await acknowledge(world, erasure, "ai")
    done = await look(world, erasure.id)
    assert (done.status, done.waiting_for, done.conversations, done.done_at) == ("done", (), 1, moment(22))
    (kept,) = world.store.records.erasures.values()
    assert kept.aliases == ()


async def test_services_are_asked_when_the_conversations_are_done(world: World) -> None:
    await world.says()
    conversation = world.conversation()
    erasure = await begin(world, conversation.contact.id)
    (kept,) = world.store.records.erasures.values()
    assert (kept.open_conversations, kept.open_services) == ([conversation.id], [])
    await carry_on(world)
    for service in ("delivery", "notify"):
        await acknowledge(world, erasure, service, conversation.id)
    (kept,) = world.store.records.erasures.values()
    assert (kept.open_conversations, kept.open_services) == ([], ["ai", "gateway"])


async def test_a_shell_without_words_or_names_stays(world: World) -> None:
    await world.says("my secret")
    await start(world, subject="secret", content="Dear Mira")
    world.change(requester_id="uma", handoff_reason="because of Mira")
    before = world.conversation()
    await begin(world, before.contact.id)
    await carry_on(world)
    shell = world.conversation()
    assert (shell.status, shell.message_count, shell.subject, shell.last_message) == (
        Status.CLOSED,
        2,
        None,
        None,
    )
    assert (shell.contact.id, shell.contact.name, shell.requester_id, shell.handoff_reason) == (
        before.contact.id,
        "",
        None,
        None,
    )
    assert {shell.session_id, shell.target, shell.contact_alias} == {f"erased:{shell.id}"}
    for message in world.store.records.messages.values():
        assert message.view.content == ""
        assert bool(message.view.sender.name) is (message.view.sender.kind is SenderKind.AGENT)
    assert world.store.records.contacts == {}
    assert world.event_types(before.sequence) == ["closed", "erased"]
    told = world.store.records.events[-1].model_dump_json()
    assert "Mira" not in told
    assert "tg:77" not in told


@pytest.mark.parametrize("command", [StatusCommand.CLOSE, StatusCommand.ARCHIVE])
async def test_what_is_over_stays_as_it_is(world: World, command: StatusCommand) -> None:
    await world.says()
    conversation = world.conversation()
    conversation.change_status(command, ADMIN, moment(3))
    conversation.stored_version = conversation.version
    await begin(world, conversation.contact.id)
    await carry_on(world)
    assert world.conversation().status is conversation.status


async def test_done_again_it_tells_the_others_once_more(world: World) -> None:
    await world.says()
    await begin(world, world.conversation().contact.id)
    await carry_on(world)
    await carry_on(world)
    assert world.event_types()[-2:] == ["erased", "erased"]


async def test_asked_again_it_is_the_same_erasure(world: World) -> None:
    await world.says()
    contact = world.conversation().contact.id
    first = await begin(world, contact)
    assert (await begin(world, contact)).id == first.id


async def test_who_writes_later_is_somebody_new(world: World) -> None:
    await world.says()
    old = world.conversation()
    await begin(world, old.contact.id)
    await carry_on(world)
    await world.says("again", 30)
    new = next(one for (_, key), one in world.store.records.conversations.items() if key != old.id)
    assert (new.session_id, new.message_count) == (old.session_id, 1)
    assert new.contact.id != old.contact.id


async def test_who_writes_meanwhile_is_erased_with_it(world: World) -> None:
    await world.says()
    await begin(world, world.conversation().contact.id)
    await world.says("meanwhile", 20, contact=InboundContact(alias="77", name="Mira Sand"))
    await carry_on(world)
    assert world.store.records.contacts == {}
    assert all(not one.view.content for one in world.store.records.messages.values())


async def test_merged_contacts_go_together(world: World) -> None:
    await world.says()
    target = world.conversation().contact.id
    await world.says(contact=InboundContact(alias="88", name="Jo"), session_id="tg:88")
    other = next(one for one in world.store.records.contacts.values() if one.alias == "88")
    other.merged_into = target
    erasure = await begin(world, other.id)
    assert (erasure.contact_id, erasure.conversations) == (target, 2)
    assert world.store.records.contacts == {}


@pytest.mark.parametrize(
    ("who", "code"), [(agent("ana", "IT"), "forbidden"), (ADMIN, "not_found")], ids=["agent", "admin"]
)
async def test_it_is_for_admins_and_for_contacts_that_exist(world: World, who: Actor, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        await begin(world, "nobody", who)
    assert refused.value.code == code


@pytest.mark.parametrize(("who", "code"), [(person("ana", "IT"), "forbidden"), (BOSS, "not_found")])
async def test_only_admins_follow_one_that_exists(world: World, who: Person, code: str) -> None:
    with pytest.raises(DomainError) as refused:
        await look(world, "nothing", who)
    assert refused.value.code == code


async def test_what_no_erasure_is_about_stays(world: World) -> None:
    await world.says()
    before = world.conversation()
    await world.says(contact=InboundContact(alias="88", name="Jo"), session_id="tg:88")
    jo = next(one for one in world.store.records.contacts.values() if one.alias == "88")
    erasure = await begin(world, jo.id)
    attempts: list[Any] = [
        {"erasure_id": erasure.id, "conversation_id": before.id},
        {"erasure_id": "unknown", "conversation_id": before.id},
        {"erasure_id": erasure.id, "conversation_id": id_of_thread("none")},
    ]
    for attempt in attempts:
        await world.do(erase_conversation, EraseConversation(actor=SYSTEM, **attempt), 21)
    await world.do(
        acknowledge_erasure, AcknowledgeErasure(actor=SYSTEM, erasure_id="unknown", service="ai"), 22
    )
    assert world.store.records.conversations[before.account_id, before.id] == before


async def test_why_it_was_handed_over_stays_for_the_counts(world: World) -> None:
    await start(world)
    await begin(world, world.conversation().contact.id)
    await carry_on(world)
    assert world.conversation().handoff_reason == "agent_took_over"
