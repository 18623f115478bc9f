"""Messages, answers and receipts on the aggregate."""

import pytest

from libs.contracts.base import SYSTEM
from libs.contracts.conversation import (
    Citation,
    ContactView,
    ConversationHandedOff,
    ConversationStarted,
    DeliveryRecorded,
    MessageRecorded,
    Sender,
)
from libs.contracts.errors import DomainError
from libs.contracts.vocabulary import (
    Channel,
    DeliveryState,
    Direction,
    HandoffReason,
    MessageKind,
    SenderKind,
    Status,
)
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.conversation_state import PREVIEW, Question
from services.conversation.domain.delivery_states import earlier_than
from services.conversation.domain.message import Draft
from services.conversation.domain.status_machine import StatusCommand
from tests.unit.conversation.making import AI, CONTACT, agent, conversation, draft, moment

BOT = Sender(kind=SenderKind.AI, id="bot", name="Bot")
ANA = agent()


def asked(message_id: str = "m1", seconds: float = 1.0) -> Conversation:
    """A conversation whose message waits for the AI."""
    one = conversation()
    one.receive(draft(message_id, seconds=seconds, external_id="x1"), CONTACT, wants_answer=True)
    return one


def answer(message_id: str = "a1") -> Draft:
    return draft(message_id, "Yes.", 2.0, sender=BOT)


def test_a_new_thread_says_so() -> None:
    one = conversation()
    ((number, event),) = one.pending.events
    assert number == 1
    assert isinstance(event, ConversationStarted)
    assert event.conversation == one.ref()
    assert (one.version, one.stored_version, one.status) == (1, 0, Status.ACTIVE)


def test_an_inbound_message_is_stored_with_its_events_sequence() -> None:
    one = conversation()
    stored = one.receive(
        draft(external_id="x1", delivery_id="d1", reply_to_external="x0"), CONTACT, wants_answer=False
    )
    number, event = one.pending.events[-1]
    assert isinstance(event, MessageRecorded)
    assert event.message == stored.view
    assert event.reply_to_external == "x0"
    assert stored.view.sequence == number == 2
    assert stored.view.direction is Direction.INBOUND
    assert stored.view.delivery is None
    assert stored.external_ids == ("x1",)
    assert stored.delivery_id == "d1"
    assert one.last_message == stored.view
    assert (one.unread, one.message_count, one.question) == (1, 1, None)


def test_lists_get_a_preview_and_readers_the_whole() -> None:
    one = conversation()
    text = "word " * 400
    citation = Citation(document_id="d", chunk_id="c", title="T", quote="Q")
    stored = one.receive(draft(content=text, citations=(citation,)), CONTACT, wants_answer=False)
    assert stored.view.content == text
    assert one.last_message is not None
    assert one.last_message.content == text[:PREVIEW]
    assert one.last_message.citations == ()


def test_a_reply_is_queued_for_delivery_and_changes_no_status() -> None:
    one = asked()
    one.hand_off(ANA, moment(2), reason=HandoffReason.REQUESTED_BY_AGENT)
    stored = one.reply(draft("r1", "Hi", 3, sender=Sender(kind=SenderKind.AGENT, id="ana")), ANA)
    assert stored.view.delivery is DeliveryState.QUEUED
    assert stored.view.direction is Direction.OUTBOUND
    assert not stored.view.is_ai
    assert (one.status, one.unread, one.updated_at) == (Status.HANDED_OFF, 0, moment(3))


@pytest.mark.parametrize("command", [None, StatusCommand.RESOLVE, StatusCommand.CLOSE])
def test_replies_need_a_handoff(command: StatusCommand | None) -> None:
    one = asked()
    if command:
        one.change_status(command, ANA, moment(2))
    before = (one.version, one.sequence)
    with pytest.raises(DomainError) as refused:
        one.reply(draft("r1"), ANA)
    assert refused.value.code == "not_handed_off"
    assert refused.value.detail == "Can only reply to handed-off conversations."
    assert refused.value.conversation_id == one.id
    assert (one.version, one.sequence) == before


class TestAnswers:
    def test_an_answer_settles_the_question(self) -> None:
        one = asked()
        assert one.awaits(Question("m1", 0))
        stored = one.answer(answer(), AI, Question("m1", 0))
        assert stored.view.is_ai
        assert one.question is None
        assert one.pending.question_settled

    def test_a_second_answer_is_refused(self) -> None:
        one = asked()
        one.answer(answer(), AI, Question("m1", 0))
        self.refused(one, Question("m1", 0))

    def test_only_the_newest_message_of_a_burst_is_answered(self) -> None:
        one = asked("m1")
        one.receive(draft("m2", seconds=1.5), CONTACT, wants_answer=True)
        self.refused(one, Question("m1", 0))
        one.answer(answer(), AI, Question("m2", 0))

    def test_a_message_that_needs_no_answer_makes_none_stale(self) -> None:
        one = asked("m1")
        one.receive(draft("m2", kind=MessageKind.REACTION), CONTACT, wants_answer=True)
        one.receive(draft("m3"), CONTACT, wants_answer=False)
        one.record_delivery("a0", DeliveryState.SENT, None, SYSTEM, moment(2))
        one.answer(answer(), AI, Question("m1", 0))

    def test_an_answer_from_before_a_handoff_is_refused_also_after_its_end(self) -> None:
        one = asked()
        one.hand_off(ANA, moment(2), reason=HandoffReason.REQUESTED_BY_AGENT)
        self.refused(one, Question("m1", 0))
        one.change_status(StatusCommand.RETURN_TO_AI, ANA, moment(3))
        self.refused(one, Question("m1", 0))
        one.receive(draft("m2", seconds=4), CONTACT, wants_answer=True)
        self.refused(one, Question("m2", 0))
        one.answer(answer(), AI, Question("m2", 1))

    @pytest.mark.parametrize("command", [StatusCommand.RESOLVE, StatusCommand.CLOSE, StatusCommand.ARCHIVE])
    def test_an_answer_to_what_was_settled_is_refused(self, command: StatusCommand) -> None:
        one = asked()
        one.change_status(command, ANA, moment(2))
        self.refused(one, Question("m1", 0))

    def test_no_question_while_people_answer(self) -> None:
        one = asked()
        one.hand_off(ANA, moment(2), reason=HandoffReason.REQUESTED_BY_AGENT)
        one.receive(draft("m2", seconds=3), CONTACT, wants_answer=True)
        assert one.question is None
        assert one.pending.question_settled

    def test_an_answer_can_be_skipped(self) -> None:
        one = asked()
        before = (one.sequence, one.updated_at)
        one.skip_answer(Question("m1", 0))
        assert (one.sequence, one.updated_at) == before
        assert one.question is None
        with pytest.raises(DomainError):
            one.skip_answer(Question("m1", 0))

    def refused(self, one: Conversation, about: Question) -> None:
        before = (one.version, one.sequence)
        with pytest.raises(DomainError) as refused:
            one.answer(answer(), AI, about)
        assert refused.value.code == "stale_answer"
        assert (one.version, one.sequence) == before


class TestHandoffs:
    def test_the_notice_comes_before_the_handoff(self) -> None:
        one = asked()
        one.pending.events.clear()
        changed, told = one.hand_off(
            AI, moment(2), reason="rule", notice=answer("n1"), about=Question("m1", 0)
        )
        assert changed
        assert [message.view.is_ai for message in told] == [True]
        assert [type(event) for _, event in one.pending.events] == [MessageRecorded, ConversationHandedOff]
        assert one.version == 3

    def test_a_stale_one_is_refused(self) -> None:
        one = asked()
        one.change_status(StatusCommand.CLOSE, ANA, moment(2))
        with pytest.raises(DomainError) as refused:
            one.hand_off(AI, moment(3), reason="rule", notice=answer(), about=Question("m1", 0))
        assert refused.value.code == "stale_answer"

    def test_a_second_one_is_answered_as_done_and_tells_nobody(self) -> None:
        one = asked()
        one.hand_off(ANA, moment(2), reason="rule")
        before = (one.version, one.sequence)
        assert one.hand_off(ANA, moment(3), reason="rule", notice=answer()) == (False, ())
        assert (one.version, one.sequence) == before

    @pytest.mark.parametrize("command", [StatusCommand.RESOLVE, StatusCommand.CLOSE])
    def test_turns_begin_anew_when_a_matter_is_settled(self, command: StatusCommand) -> None:
        one = asked()
        assert one.settled_at_sequence == 0
        one.hand_off(ANA, moment(2), reason="rule", notice=answer())
        assert one.settled_at_sequence == one.sequence
        one.change_status(StatusCommand.RETURN_TO_AI, ANA, moment(3))
        at_handoff = one.settled_at_sequence
        one.change_status(command, ANA, moment(4))
        assert one.settled_at_sequence == one.sequence > at_handoff


def test_a_receipt_is_told_and_moves_nothing_in_the_list() -> None:
    one = asked()
    stored = one.answer(answer(), AI, Question("m1", 0))
    before = one.updated_at
    one.record_delivery(stored.view.id, DeliveryState.FAILED, "gone", SYSTEM, moment(9))
    number, event = one.pending.events[-1]
    assert isinstance(event, DeliveryRecorded)
    assert (number, event.message_id, event.state, event.error) == (
        one.sequence,
        stored.view.id,
        DeliveryState.FAILED,
        "gone",
    )
    assert one.last_message is not None
    assert (one.last_message.delivery, one.last_message.delivery_error) == (DeliveryState.FAILED, "gone")
    assert one.updated_at == before
    one.record_delivery("another", DeliveryState.SENT, None, SYSTEM, moment(9))
    assert one.last_message.delivery is DeliveryState.FAILED


def test_a_contact_is_known_by_the_newest_name_and_address() -> None:
    one = conversation()
    one.know_contact(ContactView(id="contact-1", name="Mira K."), "77/5")
    assert (one.ref().contact.name, one.ref().target) == ("Mira K.", "77/5")


def test_delivery_states_only_advance() -> None:
    order = ["queued", "unknown", "failed", "sent", "delivered", "read"]
    for place, state in enumerate(order):
        assert earlier_than(DeliveryState(state)) == tuple(order[:place])


def test_whatsapp_takes_free_text_for_a_day_after_each_message_of_the_contact():
    one = conversation(channel=Channel.WHATSAPP)
    assert one.can_reply_until == moment()
    one.receive(draft(seconds=60), CONTACT, wants_answer=False)
    assert one.can_reply_until == one.ref().can_reply_until == moment(60 + 24 * 3600)
    one.receive(draft("m2", seconds=90, kind=MessageKind.EDIT), CONTACT, wants_answer=False)
    one.send_out(draft("m3", seconds=95), ANA)
    assert one.can_reply_until == moment(60 + 24 * 3600)


def test_other_channels_know_no_such_limit():
    assert asked().can_reply_until is None
