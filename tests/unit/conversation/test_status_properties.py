"""The aggregate against a model of the status table that shares no code with it."""

from collections.abc import Callable

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from libs.contracts.base import SYSTEM
from libs.contracts.errors import DomainError
from libs.contracts.vocabulary import DeliveryState, MessageKind, Status
from services.conversation.domain.conversation_state import Question
from services.conversation.domain.status_machine import StatusCommand
from tests.unit.conversation.making import AI, CONTACT, agent, conversation, draft, moment

#: The table as text, read when the model runs: rows are statuses, columns commands.
TABLE = """
             hand_off   return_to_ai resolve  close  reopen   archive  unarchive
active       handed_off same         resolved closed -        archived -
handed_off   same       active       resolved closed -        archived -
resolved     handed_off active       same     closed ASSIGNED archived -
closed       -          -            -        same   active   archived -
archived     -          -            -        -      -        same     BEFORE
"""
HEAD, *ROWS = [line.split() for line in TABLE.strip().splitlines()]
CELL = {(row[0], command): cell for row in ROWS for command, cell in zip(HEAD, row[1:], strict=True)}
SIDE = {"reaction", "reaction_removed", "edit", "delete"}


def refusal(action: Callable[[], object]) -> str | None:
    """The code with which an action is refused, None when it is carried out."""
    try:
        action()
    except DomainError as error:
        return error.code
    return None


class Thread(RuleBasedStateMachine):
    """People, the contact and the AI do whatever they like, in any order."""

    def __init__(self) -> None:
        super().__init__()
        self.real = conversation()
        self.agent = agent()
        self.clock = 0
        self.messages = 0
        self.status, self.before = "active", "active"
        self.assignee: str | None = None
        self.epoch = 0
        self.open_question: str | None = None
        self.last_question = ("none", 0)
        self.versions = [self.real.version]

    def tick(self) -> int:
        self.clock += 1
        return self.clock

    def new_message(self) -> str:
        self.messages += 1
        return f"m{self.messages}"

    def expected(self, command: str) -> str:
        cell = CELL[self.status, command]
        if cell == "ASSIGNED":
            return "handed_off" if self.assignee else "active"
        return self.before if cell == "BEFORE" else cell

    def become(self, status: str) -> None:
        if status == "archived":
            self.before = self.status
        self.status = status
        self.open_question = None

    @rule(command=st.sampled_from(list(StatusCommand)))
    def somebody_changes_the_status(self, command: StatusCommand) -> None:
        expected = self.expected(command.value)
        assert self.real.would_change(command, self.agent) is (expected not in {"-", "same"})
        outcome = refusal(lambda: self.real.change_status(command, self.agent, moment(self.tick())))
        assert outcome == ("invalid_transition" if expected == "-" else None)
        if expected not in {"-", "same"}:
            self.become(expected)
            self.epoch += command is StatusCommand.HAND_OFF
            if command in {StatusCommand.RETURN_TO_AI, StatusCommand.REOPEN} and expected == "active":
                self.assignee = None

    @precondition(lambda self: self.status == "handed_off")
    @rule(name=st.sampled_from(["ana", "ben"]))
    def it_is_assigned(self, name: str) -> None:
        self.real.assignee_id = self.assignee = name

    @rule(kind=st.sampled_from(list(MessageKind)), wants_answer=st.booleans())
    def the_contact_writes(self, kind: MessageKind, wants_answer: bool) -> None:
        message = self.new_message()
        self.real.receive(draft(message, kind=kind, seconds=self.tick()), CONTACT, wants_answer=wants_answer)
        if kind.value in SIDE:
            return
        if self.status in {"resolved", "closed", "archived"}:
            stays = self.status == "resolved" and self.assignee
            self.become("handed_off" if stays else "active")
            self.assignee = self.assignee if stays else None
        if wants_answer and self.status == "active":
            self.open_question = message
            self.last_question = (message, self.epoch)

    @rule(stale=st.booleans())
    def the_ai_answers(self, stale: bool) -> None:
        message, epoch = self.last_question
        epoch -= stale
        fits = self.status == "active" and self.open_question == message and epoch == self.epoch
        reply = draft(self.new_message(), seconds=self.tick())
        outcome = refusal(lambda: self.real.answer(reply, AI, Question(message, epoch)))
        assert outcome == (None if fits else "stale_answer")
        if fits:
            self.open_question = None

    @rule()
    def an_agent_replies(self) -> None:
        reply = draft(self.new_message(), seconds=self.tick())
        outcome = refusal(lambda: self.real.reply(reply, self.agent))
        assert outcome == (None if self.status == "handed_off" else "not_handed_off")

    @rule(state=st.sampled_from(list(DeliveryState)))
    def a_receipt_comes(self, state: DeliveryState) -> None:
        self.real.record_delivery(f"m{self.messages}", state, None, SYSTEM, moment(self.tick()))

    @invariant()
    def it_has_the_one_status_of_the_model(self) -> None:
        assert self.real.status is Status(self.status)
        assert self.real.assignee_id == self.assignee
        assert (self.real.question.message_id if self.real.question else None) == self.open_question
        assert self.real.can_reply is (self.status == "handed_off")

    @invariant()
    def sequences_have_no_gap(self) -> None:
        numbers = [number for number, _ in self.real.pending.events]
        assert numbers == list(range(1, self.real.sequence + 1))

    @invariant()
    def epochs_and_versions_never_fall(self) -> None:
        epochs = [event.conversation.handoff_epoch for _, event in self.real.pending.events]
        assert epochs == sorted(epochs)
        assert self.real.handoff_epoch == self.epoch
        assert self.real.version - self.versions[-1] in {0, 1}
        self.versions.append(self.real.version)

    @invariant()
    def transitions_are_one_chain(self) -> None:
        reached = Status.ACTIVE
        for transition in self.real.pending.transitions:
            assert transition.source is reached
            assert transition.target is not reached
            reached = transition.target
        assert reached is self.real.status


Thread.TestCase.settings = settings(max_examples=60, stateful_step_count=40, deadline=None)
TestThread = Thread.TestCase
