"""The status table, cell by cell, against the rule itself."""

import pytest

from libs.contracts.base import SYSTEM, Actor
from libs.contracts.conversation import (
    ConversationArchived,
    ConversationClosed,
    ConversationHandedOff,
    ConversationReopened,
    ConversationResolved,
    ConversationReturnedToAI,
    ConversationUnarchived,
    HandoffEnded,
    MessageRecorded,
)
from libs.contracts.errors import DomainError
from libs.contracts.vocabulary import ActorKind, HandoffReason, MessageKind, Role, Status
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.status_machine import StatusCommand
from tests.unit.conversation.making import ADMIN, CONTACT, agent, conversation, draft, moment

HO, RA, RS, CL, RO, AR, UN = StatusCommand
ANA = agent()

#: Each row: what HandOff, ReturnToAI, Resolve, Close, Reopen, Archive and Unarchive make of a status.
TABLE = {
    Status.ACTIVE: ["handed_off", "same", "resolved", "closed", "-", "archived", "-"],
    Status.HANDED_OFF: ["same", "active", "resolved", "closed", "-", "archived", "-"],
    Status.RESOLVED: ["handed_off", "active", "same", "closed", "active", "archived", "-"],
    Status.CLOSED: ["-", "-", "-", "same", "active", "archived", "-"],
    Status.ARCHIVED: ["-", "-", "-", "-", "-", "same", "active"],
}
CELLS = [
    (status, command, outcome)
    for status, row in TABLE.items()
    for command, outcome in zip(StatusCommand, row, strict=True)
]


def at_status(status: Status) -> Conversation:
    way = {
        Status.ACTIVE: [],
        Status.HANDED_OFF: [HO],
        Status.RESOLVED: [RS],
        Status.CLOSED: [CL],
        Status.ARCHIVED: [AR],
    }[status]
    made = conversation()
    for command in way:
        made.change_status(command, ANA, moment(1))
    made.pending.events.clear()
    made.pending.transitions.clear()
    return made


@pytest.mark.parametrize(("status", "command", "outcome"), CELLS)
def test_each_cell_of_the_table_holds(status: Status, command: StatusCommand, outcome: str) -> None:
    one = at_status(status)
    before = (one.version, one.sequence)
    if outcome == "-":
        with pytest.raises(DomainError) as refused:
            one.change_status(command, ANA, moment(2))
        assert refused.value.code == "invalid_transition"
        assert not one.would_change(command, ANA)
    else:
        changes = outcome != "same"
        assert one.would_change(command, ANA) is changes
        assert one.change_status(command, ANA, moment(2)) is changes
    if outcome in {"-", "same"}:
        assert one.status is status
        assert (one.version, one.sequence) == before
        assert not one.pending.events
        assert not one.pending.transitions
    else:
        assert one.status == outcome
        assert one.version == before[0] + 1
        assert [number for number, _ in one.pending.events] == list(range(before[1] + 1, one.sequence + 1))


@pytest.mark.parametrize(
    ("status", "command", "kinds"),
    [
        (Status.ACTIVE, HO, [ConversationHandedOff]),
        (Status.HANDED_OFF, RA, [ConversationReturnedToAI, HandoffEnded]),
        (Status.RESOLVED, RA, [ConversationReturnedToAI, HandoffEnded]),
        (Status.ACTIVE, RS, [ConversationResolved]),
        (Status.HANDED_OFF, CL, [ConversationClosed]),
        (Status.CLOSED, RO, [ConversationReopened, HandoffEnded]),
        (Status.RESOLVED, RO, [ConversationReopened, HandoffEnded]),
        (Status.HANDED_OFF, AR, [ConversationArchived]),
        (Status.ARCHIVED, UN, [ConversationUnarchived]),
    ],
)
def test_each_change_tells_what_happened(status: Status, command: StatusCommand, kinds: list[type]) -> None:
    one = at_status(status)
    one.change_status(command, ANA, moment(2))
    assert [type(event) for _, event in one.pending.events] == kinds
    for _, event in one.pending.events:
        assert event.conversation.status is one.status
        assert event.actor == ANA
        assert event.occurred_at == moment(2)


def test_a_change_records_who_when_from_to_and_why() -> None:
    one = at_status(Status.ACTIVE)
    one.hand_off(ANA, moment(5), reason=HandoffReason.RULE)
    (transition,) = one.pending.transitions
    assert transition.model_dump() == {
        "at": moment(5),
        "actor_kind": "agent",
        "actor_id": "ana",
        "actor_name": "Ana Agent",
        "source": Status.ACTIVE,
        "target": Status.HANDED_OFF,
        "reason": "rule",
    }
    (_, event) = one.pending.events[0]
    assert isinstance(event, ConversationHandedOff)
    assert event.reason == "rule"
    assert one.handoff_reason == "rule"


def test_each_status_has_its_time() -> None:
    one = conversation()
    one.change_status(HO, ANA, moment(1))
    one.change_status(RS, ANA, moment(2))
    one.change_status(CL, ANA, moment(3))
    one.change_status(AR, ANA, moment(4), reason="old")
    assert (one.handed_off_at, one.resolved_at, one.closed_at, one.archived_at) == (
        moment(1),
        moment(2),
        moment(3),
        moment(4),
    )
    assert one.pending.transitions[-1].reason == "old"
    one.change_status(UN, ANA, moment(5))
    assert one.status is Status.CLOSED
    assert one.closed_at == moment(3)


def test_unarchiving_returns_to_where_it_was_and_only_once() -> None:
    one = at_status(Status.HANDED_OFF)
    one.change_status(AR, ANA, moment(1))
    one.change_status(UN, ANA, moment(2))
    assert one.status is Status.HANDED_OFF
    assert not one.would_change(UN, ANA)


def test_reopening_a_resolved_one_leads_to_its_assignee() -> None:
    one = at_status(Status.HANDED_OFF)
    one.assignee_id = "ana"
    one.change_status(RS, ANA, moment(1))
    one.pending.events.clear()
    one.change_status(RO, ANA, moment(2))
    assert one.status is Status.HANDED_OFF
    assert one.assignee_id == "ana"
    assert [type(event) for _, event in one.pending.events] == [ConversationReopened]


@pytest.mark.parametrize("way", [[RA], [CL, RO]])
def test_the_way_back_to_the_ai_clears_the_assignee(way: list[StatusCommand]) -> None:
    one = at_status(Status.HANDED_OFF)
    one.assignee_id = "ana"
    for command in way:
        one.change_status(command, ANA, moment(1))
    assert one.status is Status.ACTIVE
    assert one.assignee_id is None
    assert one.handoff_reason is None
    assert one.pending.events[-1][1].conversation.assignee_id is None


def test_closing_keeps_the_assignee_for_the_record() -> None:
    one = at_status(Status.HANDED_OFF)
    one.assignee_id = "ana"
    one.change_status(CL, ANA, moment(1))
    assert one.assignee_id == "ana"


def test_each_handoff_starts_an_epoch_and_nothing_else_does() -> None:
    one = conversation()
    seen = []
    for command in [HO, HO, RS, HO, AR, UN, CL, RO, HO]:
        one.change_status(command, ANA, moment(1))
        seen.append(one.handoff_epoch)
    assert seen == [1, 1, 1, 2, 2, 2, 2, 2, 3]


@pytest.mark.parametrize(
    ("status", "assignee", "becomes", "kinds"),
    [
        (Status.ACTIVE, None, Status.ACTIVE, [MessageRecorded]),
        (Status.HANDED_OFF, None, Status.HANDED_OFF, [MessageRecorded]),
        (Status.RESOLVED, None, Status.ACTIVE, [ConversationReopened, HandoffEnded, MessageRecorded]),
        (Status.RESOLVED, "ana", Status.HANDED_OFF, [ConversationReopened, MessageRecorded]),
        (Status.CLOSED, "ana", Status.ACTIVE, [ConversationReopened, HandoffEnded, MessageRecorded]),
        (Status.ARCHIVED, "ana", Status.ACTIVE, [ConversationReopened, HandoffEnded, MessageRecorded]),
    ],
)
def test_a_contacts_message_reopens_what_was_settled(
    status: Status, assignee: str | None, becomes: Status, kinds: list[type]
) -> None:
    one = at_status(status)
    one.assignee_id = assignee
    one.receive(draft(seconds=3), CONTACT, wants_answer=False)
    assert one.status is becomes
    assert [type(event) for _, event in one.pending.events] == kinds
    assert one.assignee_id == (assignee if becomes is Status.HANDED_OFF else None)
    assert not one.would_change(UN, ANA)


@pytest.mark.parametrize(
    "kind",
    [MessageKind.REACTION, MessageKind.REACTION_REMOVED, MessageKind.EDIT, MessageKind.DELETE],
)
@pytest.mark.parametrize("status", list(Status))
def test_what_is_only_about_another_message_reopens_nothing(kind: MessageKind, status: Status) -> None:
    one = at_status(status)
    one.receive(draft(kind=kind), CONTACT, wants_answer=True)
    assert one.status is status
    assert one.question is None
    assert one.unread == 0
    assert one.last_message is None
    assert one.message_count == 1


@pytest.mark.parametrize(
    ("status", "buttons", "can_reply"),
    [
        (Status.ACTIVE, (), False),
        (Status.HANDED_OFF, ("return_to_ai", "close"), True),
        (Status.RESOLVED, (), False),
        (Status.CLOSED, ("reopen",), False),
        (Status.ARCHIVED, (), False),
    ],
)
def test_the_console_is_told_its_buttons(status: Status, buttons: tuple[str, ...], can_reply: bool) -> None:
    one = at_status(status)
    assert one.status_buttons == buttons
    assert one.can_reply is can_reply


class TestTickets:
    requester = Actor(kind=ActorKind.USER, id="uma", name="Uma", role=Role.USER)

    def ticket(self) -> Conversation:
        one = conversation(requester_id="uma")
        one.hand_off(SYSTEM, moment(1), reason=HandoffReason.RULE)
        one.assignee_id = "ana"
        return one

    def code_of(self, one: Conversation, command: StatusCommand, actor: Actor) -> str:
        before = (one.status, one.version, one.sequence)
        with pytest.raises(DomainError) as refused:
            one.change_status(command, actor, moment(2))
        assert (one.status, one.version, one.sequence) == before
        return refused.value.code

    def test_only_the_requester_resolves_it(self) -> None:
        one = self.ticket()
        assert self.code_of(one, RS, ANA) == "forbidden"
        assert self.code_of(one, RS, ADMIN) == "forbidden"
        assert one.change_status(RS, self.requester, moment(2))

    def test_only_its_assigned_agent_or_an_admin_closes_it_once_resolved(self) -> None:
        one = self.ticket()
        assert self.code_of(one, CL, ANA) == "invalid_transition"
        one.change_status(RS, self.requester, moment(2))
        assert self.code_of(one, CL, agent("ben")) == "forbidden"
        assert self.code_of(one, CL, self.requester) == "forbidden"
        assert one.change_status(CL, ANA, moment(3))
        assert not one.change_status(CL, agent("ben"), moment(4))

    def test_an_unassigned_one_is_closed_by_an_admin_alone(self) -> None:
        one = self.ticket()
        one.assignee_id = None
        one.change_status(RS, self.requester, moment(2))
        assert self.code_of(one, CL, ANA) == "forbidden"
        assert one.change_status(CL, ADMIN, moment(3))

    def test_everything_else_follows_the_table(self) -> None:
        one = self.ticket()
        assert one.change_status(RA, ANA, moment(2))
        assert one.change_status(AR, ANA, moment(3))
