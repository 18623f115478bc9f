"""Status by people, and whose a conversation is: the rules through their use cases."""

from typing import Any

import pytest

from libs.contracts.base import SYSTEM, Actor
from libs.contracts.conversation import ConversationView, HandOffConversation, RegisterPerson
from libs.contracts.errors import DomainError
from libs.contracts.vocabulary import ActorKind, HandoffReason, Role, Status
from libs.contracts.workflow import (
    ArchiveConversation,
    AssignConversation,
    ConversationTransferred,
    ResolveConversation,
    TransferConversation,
    UnarchiveConversation,
)
from services.conversation.domain.policy import Action
from services.conversation.domain.status_machine import StatusCommand
from services.conversation.use_cases.assign_conversation import assign_conversation
from services.conversation.use_cases.hand_off_conversation import HandOff
from services.conversation.use_cases.move_conversation import Move
from services.conversation.use_cases.register_person import register_person
from services.conversation.use_cases.transfer_conversation import transfer_conversation
from tests.unit.conversation.conftest import World
from tests.unit.conversation.making import ACCOUNT, ADMIN, CONTACT, agent, moment, person

ANA, HANA = agent("ana", "IT"), agent("hana", "HR")
ARCHIVE = Move(StatusCommand.ARCHIVE)
UNARCHIVE = Move(StatusCommand.UNARCHIVE)
RESOLVE = Move(StatusCommand.RESOLVE, Action.RESOLVE)


@pytest.fixture
async def staffed(world: World) -> World:
    """A conversation, and people of two departments and of none."""
    await world.says("hello", 1)
    people = [person("hana", "HR"), person("ada", role="admin"), person("una", role="user")]
    for one in people:
        await world.do(register_person, RegisterPerson(actor=SYSTEM, person=one))
    return world


async def refused(world: World, use_case: Any, command: Any, account_id: str = ACCOUNT) -> str:
    before = world.event_types()
    with pytest.raises(DomainError) as said:
        await world.do(use_case, command, 9, account_id)
    assert world.event_types() == before
    return said.value.code


def assign(world: World, agent_id: str | None, actor: Actor = ANA) -> AssignConversation:
    return AssignConversation(actor=actor, conversation_id=world.conversation().id, agent_id=agent_id)


def transfer(world: World, department: str, actor: Actor = ANA, **parts: Any) -> TransferConversation:
    return TransferConversation(
        actor=actor, conversation_id=world.conversation().id, department=department, **parts
    )


class TestMove:
    async def test_archive_keeps_the_reason_and_its_undo_brings_the_status_back(self, staffed: World) -> None:
        identity = {"actor": ANA, "conversation_id": staffed.conversation().id}
        view = await staffed.do(ARCHIVE, ArchiveConversation(**identity, reason=" old "), 2)
        assert isinstance(view, ConversationView)
        assert (view.status, view.archived_at) == (Status.ARCHIVED, moment(2))
        (timeline,) = staffed.store.records.transitions.values()
        assert (timeline[-1].reason, timeline[-1].actor_name) == ("old", "Ana Agent")
        view = await staffed.do(UNARCHIVE, UnarchiveConversation(**identity), 3)
        assert view.status is Status.ACTIVE

    async def test_done_already_is_answered_as_done_without_an_event(self, staffed: World) -> None:
        command = ArchiveConversation(actor=ANA, conversation_id=staffed.conversation().id)
        await staffed.do(ARCHIVE, command, 2)
        before = staffed.event_types()
        await staffed.do(ARCHIVE, command, 3)
        assert staffed.event_types() == before

    async def test_a_ticket_is_resolved_by_its_requester_alone(self, staffed: World) -> None:
        staffed.change(requester_id="una")
        identity = {"conversation_id": staffed.conversation().id}
        assert await refused(staffed, RESOLVE, ResolveConversation(actor=ANA, **identity)) == "forbidden"
        una = Actor(kind=ActorKind.USER, id="una", name="Una", role=Role.USER)
        view = await staffed.do(RESOLVE, ResolveConversation(actor=una, **identity), 2)
        assert (view.status, view.resolved_at) == (Status.RESOLVED, moment(2))

    async def test_the_contact_moves_nothing(self, staffed: World) -> None:
        command = ArchiveConversation(actor=CONTACT, conversation_id=staffed.conversation().id)
        assert await refused(staffed, ARCHIVE, command) == "forbidden"


class TestHandOff:
    async def test_a_person_says_why_and_to_which_department(self, staffed: World) -> None:
        command = HandOffConversation(
            actor=ANA,
            conversation_id=staffed.conversation().id,
            reason=HandoffReason.REQUESTED_BY_AGENT,
            comment="needs a technician",
            department="HR",
        )
        await staffed.do(HandOff(staffed.new_id), command, 2)
        conversation = staffed.conversation()
        assert (conversation.department, conversation.handoff_reason) == ("HR", "needs a technician")

    async def test_the_department_must_exist(self, staffed: World) -> None:
        command = HandOffConversation(
            actor=ANA,
            conversation_id=staffed.conversation().id,
            reason=HandoffReason.REQUESTED_BY_AGENT,
            department="Space",
        )
        assert await refused(staffed, HandOff(staffed.new_id), command) == "invalid"


class TestAssign:
    async def test_it_is_given_to_an_agent_and_to_nobody_again(self, staffed: World) -> None:
        view = await staffed.do(assign_conversation, assign(staffed, "hana"), 2)
        assert view.assignee_id == "hana"
        view = await staffed.do(assign_conversation, assign(staffed, None), 3)
        assert view.assignee_id is None
        assert staffed.event_types()[-2:] == ["assigned", "assigned"]
        before = staffed.event_types()
        await staffed.do(assign_conversation, assign(staffed, None), 4)
        assert staffed.event_types() == before

    @pytest.mark.parametrize("nobody", ["hana", "una", "ghost"])
    async def test_it_is_no_way_around_departments(self, staffed: World, nobody: str) -> None:
        staffed.change(department="IT")
        assert await refused(staffed, assign_conversation, assign(staffed, nobody)) == "invalid_assignee"

    async def test_an_admin_can_be_given_anything(self, staffed: World) -> None:
        staffed.change(department="IT")
        view = await staffed.do(assign_conversation, assign(staffed, "ada"), 2)
        assert view.assignee_id == "ada"

    @pytest.mark.parametrize("status", [Status.CLOSED, Status.ARCHIVED])
    async def test_what_is_over_is_nobodys_work(self, staffed: World, status: Status) -> None:
        staffed.change(status=status)
        assert await refused(staffed, assign_conversation, assign(staffed, "ana")) == "invalid_transition"

    async def test_what_an_agent_cannot_see_they_cannot_give_away(self, staffed: World) -> None:
        staffed.change(department="IT")
        command = assign(staffed, "hana", actor=HANA)
        assert await refused(staffed, assign_conversation, command) == "not_found"
        assert await refused(staffed, assign_conversation, assign(staffed, "ana"), "other") == "not_found"


class TestTransfer:
    async def test_it_moves_with_or_without_an_agent(self, staffed: World) -> None:
        staffed.change(department="IT", assignee_id="ana")
        command = transfer(staffed, "HR", agent_id="hana", reason="leave question")
        view = await staffed.do(transfer_conversation, command, 2)
        assert (view.department, view.assignee_id) == ("HR", "hana")
        event = staffed.store.records.events[-1].message()
        assert isinstance(event, ConversationTransferred)
        assert (event.former_department, event.former_assignee_id) == ("IT", "ana")
        view = await staffed.do(transfer_conversation, transfer(staffed, "IT", actor=ADMIN), 3)
        assert (view.department, view.assignee_id) == ("IT", None)
        before = staffed.event_types()
        await staffed.do(transfer_conversation, transfer(staffed, "IT"), 4)
        assert staffed.event_types() == before

    async def test_the_agent_must_be_of_that_department(self, staffed: World) -> None:
        command = transfer(staffed, "HR", agent_id="ana")
        assert await refused(staffed, transfer_conversation, command) == "invalid_assignee"

    async def test_the_department_must_exist(self, staffed: World) -> None:
        assert await refused(staffed, transfer_conversation, transfer(staffed, "Space")) == "invalid"

    async def test_whoever_gave_it_away_is_told_and_sees_it_no_more(self, staffed: World) -> None:
        staffed.change(department="IT")
        await staffed.do(transfer_conversation, transfer(staffed, "HR"), 2)
        assert await refused(staffed, assign_conversation, assign(staffed, None)) == "not_found"
