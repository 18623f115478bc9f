"""Automatic assignment: the oldest first, to whoever has the least, and never past a limit."""

from contextlib import suppress
from typing import Any

import pytest
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from libs.contracts.assignment import AssignWaiting
from libs.contracts.base import SYSTEM
from libs.contracts.conversation import HandOffConversation, InboundContact, RegisterPerson
from libs.contracts.directory import Department, UpdateAccount, UpdateDepartment
from libs.contracts.errors import DomainError, TransientError
from libs.contracts.presence import Presence, ReportPresence
from libs.contracts.vocabulary import HandoffReason, Status
from libs.contracts.workflow import (
    AssignConversation,
    CloseConversation,
    ConversationAssigned,
    ResolveConversation,
    TransferConversation,
)
from services.conversation.domain.assigning import Place, Worker, choose, places_of, works_at
from services.conversation.domain.directory import Account
from services.conversation.domain.policy import Action
from services.conversation.domain.status_machine import StatusCommand
from services.conversation.domain.work import NO_WORK, Work, calls_for_assigning, work_of
from services.conversation.use_cases.assign_conversation import assign_conversation
from services.conversation.use_cases.assign_waiting import MOST, assign_waiting
from services.conversation.use_cases.hand_off_conversation import HandOff
from services.conversation.use_cases.move_conversation import Move
from services.conversation.use_cases.register_person import register_person
from services.conversation.use_cases.report_presence import report_presence
from services.conversation.use_cases.transfer_conversation import transfer_conversation
from services.conversation.use_cases.update_account import update_account
from services.conversation.use_cases.update_department import update_department
from tests.unit.conversation.conftest import World, furnished
from tests.unit.conversation.making import ACCOUNT, ADMIN, agent, person

RESOLVE = Move(StatusCommand.RESOLVE, Action.RESOLVE)
CLOSE = Move(StatusCommand.CLOSE)
ASSIGN = AssignWaiting(actor=SYSTEM)


def worker(name: str, load: int, *departments: str, role: str = "agent") -> Worker:
    return Worker(person(name, *departments, role=role), load)


class TestChoosing:
    def test_the_least_loaded_of_the_department_who_has_room(self) -> None:
        workers = (worker("a", 2, "IT"), worker("b", 1, "IT"), worker("c", 0, "HR"), worker("d", 1, "IT"))
        assert choose(Place("IT", 3), workers) == workers[1]
        assert choose(Place("IT", 1), workers) is None
        assert choose(Place("IT", None), workers[:1]) == workers[0]
        assert choose(Place(None, 1), workers) == workers[2]

    def test_administrators_get_work_of_their_departments_alone_and_requesters_none(self) -> None:
        assert works_at(person("ada", "IT", role="admin"), Place("IT", None))
        assert not works_at(person("ada", "IT", role="admin"), Place(None, None))
        assert not works_at(person("una", "IT", role="user"), Place("IT", None))
        gone = person("ana", "IT").model_copy(update={"active": False})
        assert not works_at(gone, Place("IT", None))

    def test_places_are_where_the_account_says_so(self) -> None:
        departments = (Department(id="IT", auto_assign=True, agent_limit=2), Department(id="HR"))
        account = Account("a", "A", departments, auto_assign=True, agent_limit=4)
        assert places_of(account) == (Place(None, 4), Place("IT", 2))
        assert places_of(Account("a", "A", departments)) == (Place("IT", 2),)

    def test_what_calls_for_it(self) -> None:
        waiting, mine = Work(None, True, "IT"), Work("ana")
        assert work_of(Status.HANDED_OFF, "IT", None) == waiting
        assert work_of(Status.ACTIVE, "IT", "ana") == mine
        assert work_of(Status.RESOLVED, "IT", "ana") == work_of(Status.ACTIVE, "IT", None) == NO_WORK
        assert calls_for_assigning(NO_WORK, waiting)
        assert calls_for_assigning(waiting, Work(None, True, "HR"))
        assert calls_for_assigning(mine, NO_WORK)
        assert calls_for_assigning(mine, Work("ben"))
        assert not calls_for_assigning(waiting, waiting)
        assert not calls_for_assigning(waiting, mine)
        assert not calls_for_assigning(NO_WORK, NO_WORK)


class Desk(World):
    """Carries out what the service tells itself, as the broker would."""

    def __init__(self) -> None:
        super().__init__()
        self.carried_out = 0
        #: Whether the commands wait, so that others come in between.
        self.late = False

    @classmethod
    async def opened(cls, *, limit: int | None = 2) -> "Desk":
        desk = await furnished(cls())
        for name in ("ben", "cem"):
            await desk.do(register_person, RegisterPerson(actor=SYSTEM, person=person(name, "IT")))
        change = UpdateDepartment(actor=ADMIN, department_id="IT", auto_assign=True, agent_limit=limit)
        await desk.do(update_department, change)
        return desk

    async def settle(self) -> None:
        """Handle the AssignWaiting commands that were sent."""
        while self.told():
            self.carried_out += 1
            await self.do(assign_waiting, ASSIGN, 1_000)

    def told(self) -> bool:
        sent = [one for one in self.store.records.sent if isinstance(one.command, AssignWaiting)]
        return len(sent) > self.carried_out

    async def comes(self, name: str, state: Presence = Presence.ONLINE) -> None:
        report = ReportPresence(actor=agent(name, "IT"), lease_id="g", state=state, seconds=600)
        await self.do(report_presence, report, 1_000)

    async def hands_off(self, number: int, department: str | None = "IT", seconds: float = 0.0) -> str:
        """A new contact writes, and is handed over."""
        parts: dict[str, Any] = {
            "session_id": f"tg:{number}",
            "contact": InboundContact(alias=str(number), name="Mira"),
        }
        recorded = await self.says("help", seconds, **parts)
        command = HandOffConversation(
            actor=SYSTEM,
            conversation_id=recorded.conversation_id,
            reason=HandoffReason.RULE,
            department=department,
        )
        await self.do(HandOff(self.new_id), command, seconds)
        return str(recorded.conversation_id)

    def assignee(self, conversation_id: str) -> str | None:
        return self.store.records.conversations[ACCOUNT, conversation_id].assignee_id


@pytest.fixture
async def desk() -> Desk:
    return await Desk.opened()


async def test_what_is_handed_off_goes_to_whoever_is_there_with_the_least(desk: Desk) -> None:
    await desk.comes("ana")
    await desk.comes("ben")
    await desk.comes("cem", Presence.AWAY)
    made = [await desk.hands_off(number, seconds=number) for number in range(5)]
    await desk.settle()
    assert [desk.assignee(one) for one in made] == ["ana", "ben", "ana", "ben", None]
    event = desk.store.records.events[-1].message()
    assert isinstance(event, ConversationAssigned)
    assert event.actor == SYSTEM


async def test_who_comes_gets_what_waits_longest(desk: Desk) -> None:
    made = [await desk.hands_off(number, seconds=10 - number) for number in range(3)]
    await desk.settle()
    assert {desk.assignee(one) for one in made} == {None}
    await desk.comes("ana")
    await desk.settle()
    assert [desk.assignee(one) for one in made] == [None, "ana", "ana"]


@pytest.mark.parametrize("way", ["resolve", "close", "unassign", "transfer", "give"])
async def test_who_is_free_again_gets_what_waits(desk: Desk, way: str) -> None:
    await desk.comes("ana")
    made = [await desk.hands_off(number, seconds=number) for number in range(3)]
    await desk.settle()
    about: dict[str, Any] = {"actor": ADMIN, "conversation_id": made[0]}
    use_case, command = {
        "resolve": (RESOLVE, ResolveConversation(**about)),
        "close": (CLOSE, CloseConversation(**about)),
        "unassign": (assign_conversation, AssignConversation(**about, agent_id=None)),
        "transfer": (transfer_conversation, TransferConversation(**about, department="HR")),
        "give": (assign_conversation, AssignConversation(**about, agent_id="ben")),
    }[way]
    await desk.do(use_case, command, 20)
    await desk.settle()
    # What was taken from her is older than what waits: she gets it back.
    assert desk.assignee(made[2]) == (None if way == "unassign" else "ana")
    assert desk.assignee(made[0]) == {"unassign": "ana", "transfer": None, "give": "ben"}.get(way, "ana")


async def test_by_hand_one_may_go_past_the_limit_and_nothing_is_added(desk: Desk) -> None:
    await desk.comes("ana")
    made = [await desk.hands_off(number, seconds=number) for number in range(4)]
    await desk.settle()
    by_hand = AssignConversation(actor=ADMIN, conversation_id=made[3], agent_id="ana")
    await desk.do(assign_conversation, by_hand, 20)
    await desk.do(RESOLVE, ResolveConversation(actor=ADMIN, conversation_id=made[0]), 21)
    await desk.settle()
    assert [desk.assignee(one) for one in made[1:]] == ["ana", None, "ana"]


async def test_many_are_given_out_in_several_goes() -> None:
    desk = await Desk.opened(limit=None)
    for number in range(MOST + 2):
        await desk.hands_off(number, seconds=number)
    await desk.settle()
    before = desk.carried_out
    await desk.comes("ana")
    await desk.settle()
    assert desk.store.records.loads[ACCOUNT, "ana"] == MOST + 2
    assert desk.carried_out == before + 2


async def test_where_nothing_is_assigned_by_itself_nothing_is_looked_at(desk: Desk) -> None:
    other = await desk.hands_off(1, "HR")
    off = UpdateDepartment(actor=ADMIN, department_id="IT", auto_assign=False)
    await desk.settle()
    await desk.do(update_department, off)
    await desk.comes("ana")
    mine = await desk.hands_off(2)
    assert not desk.told()
    await desk.do(assign_waiting, ASSIGN, 1_000)
    assert (desk.assignee(other), desk.assignee(mine)) == (None, None)


async def test_what_has_no_department_has_the_accounts_settings(desk: Desk) -> None:
    one = await desk.hands_off(1, None)
    await desk.comes("ben")
    await desk.settle()
    assert desk.assignee(one) is None
    await desk.do(update_account, UpdateAccount(actor=ADMIN, auto_assign=True, agent_limit=1))
    await desk.settle()
    assert desk.assignee(one) == "ben"


async def test_a_limit_that_was_reached_meanwhile_is_not_passed(desk: Desk) -> None:
    await desk.comes("ana")
    made = await desk.hands_off(1)

    async def work(tx: Any) -> None:
        found = await tx.conversation(made)
        found.assign(person("ana", "IT"), SYSTEM, found.updated_at)
        await tx.save_assigned(found, 0)

    with pytest.raises(TransientError) as said:
        await desk.store.transaction(ACCOUNT, work)
    assert said.value.code == "conflict"
    assert desk.assignee(made) is None


#: The fake copies everything for each transaction: few conversations are enough.
MOST_HANDED_OFF = 6


class AssigningMachine(RuleBasedStateMachine):
    """Whatever people do, in whatever order the commands come."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = self._run(Desk.opened())
        self.number = 0
        self.seen = len(self.desk.store.records.events)

    @staticmethod
    def _run(work: Any) -> Any:
        """The fakes wait for nothing: one step finishes them."""
        try:
            work.send(None)
        except StopIteration as done:
            return done.value
        raise AssertionError("it waits for something")

    def _try(self, use_case: Any, command: Any) -> None:
        with suppress(DomainError):
            self._run(self.desk.do(use_case, command, 500 + self.number))
        self._check_events()

    def _check_events(self) -> None:
        """What the system assigned is within the limit at that moment."""
        records = self.desk.store.records
        for event in [one.message() for one in records.events[self.seen :]]:
            if isinstance(event, ConversationAssigned) and event.actor == SYSTEM:
                department = event.conversation.department
                kept = {one.id: one for one in records.accounts[ACCOUNT].departments}[str(department)]
                load = records.loads[ACCOUNT, str(event.conversation.assignee_id)]
                assert kept.auto_assign
                assert kept.agent_limit is None or load <= kept.agent_limit
        self.seen = len(records.events)

    @precondition(lambda self: self.number < MOST_HANDED_OFF)
    @rule()
    def hand_off(self) -> None:
        self.number += 1
        self._run(self.desk.hands_off(self.number, seconds=self.number))

    @rule(name=st.sampled_from(["ana", "ben", "cem"]), state=st.sampled_from(list(Presence)))
    def report(self, name: str, state: Presence) -> None:
        self._run(self.desk.comes(name, state))

    @precondition(lambda self: self.number > 0)
    @rule(
        data=st.data(),
        what=st.sampled_from(["resolve", "close", "assign", "unassign", "transfer", "reopen"]),
        name=st.sampled_from(["ana", "ben", "cem"]),
    )
    def act(self, data: Any, what: str, name: str) -> None:
        ids = sorted(key[1] for key in self.desk.store.records.conversations)
        about: dict[str, Any] = {"actor": ADMIN, "conversation_id": data.draw(st.sampled_from(ids))}
        use_case, command = {
            "resolve": (RESOLVE, ResolveConversation(**about)),
            "close": (CLOSE, CloseConversation(**about)),
            "assign": (assign_conversation, AssignConversation(**about, agent_id=name)),
            "unassign": (assign_conversation, AssignConversation(**about, agent_id=None)),
            "transfer": (transfer_conversation, TransferConversation(**about, department="HR")),
            "reopen": (
                HandOff(self.desk.new_id),
                HandOffConversation(**about, reason=HandoffReason.RULE, department="IT"),
            ),
        }[what]
        self._try(use_case, command)

    @rule(limit=st.integers(min_value=1, max_value=3))
    def set_limit(self, limit: int) -> None:
        self._try(update_department, UpdateDepartment(actor=ADMIN, department_id="IT", agent_limit=limit))

    @precondition(lambda self: self.desk.told())
    @rule()
    def assign(self) -> None:
        self.desk.carried_out += 1
        self._run(self.desk.do(assign_waiting, ASSIGN, 600 + self.number))
        self._check_events()

    @invariant()
    def counts_are_true(self) -> None:
        records = self.desk.store.records
        for (_, name), load in records.loads.items():
            true = sum(
                one.assignee_id == name and one.status in {Status.ACTIVE, Status.HANDED_OFF}
                for one in records.conversations.values()
            )
            assert load == true

    @invariant()
    def nobody_waits_while_somebody_has_room(self) -> None:
        if self.desk.told():
            return
        records = self.desk.store.records
        limit = {one.id: one.agent_limit for one in records.accounts[ACCOUNT].departments}["IT"] or 99
        room = [
            key[1]
            for key, lease in records.leases.items()
            if lease.state is Presence.ONLINE and records.loads.get((ACCOUNT, key[1]), 0) < limit
        ]
        waits = [one for one in records.conversations.values() if one.work.waits and one.department == "IT"]
        assert not (room and waits)


TestNoLimitIsEverPassed = AssigningMachine.TestCase
TestNoLimitIsEverPassed.settings = settings(max_examples=25, stateful_step_count=25, deadline=None)
