from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from libs.contracts.conversation import Sender
from libs.contracts.vocabulary import DeliveryState, Feedback, HandoffReason, MessageKind, SenderKind
from services.conversation.domain.conversation import Conversation
from services.conversation.domain.conversation_state import Question
from services.conversation.domain.counting import class_of, facts_of_delivery, facts_of_feedback, middle_of
from services.conversation.domain.status_machine import StatusCommand
from tests.unit.conversation.making import CONTACT, agent, conversation, draft, moment

AI = Sender(kind=SenderKind.AI, id="bot", name="Bot")
ANA = Sender(kind=SenderKind.AGENT, id="ana", name="Ana")
SYSTEM = Sender(kind=SenderKind.SYSTEM, id="system", name="")


def counted(one: Conversation) -> dict[str, float]:
    sums: dict[str, float] = {}
    for fact in one.pending.facts:
        sums[fact.name] = sums.get(fact.name, 0) + fact.amount
    return sums


def asks(one: Conversation, seconds: float, number: int = 1, **parts: Any) -> None:
    one.receive(draft(f"in{number}", seconds=seconds, **parts), CONTACT, wants_answer=True)


def test_a_conversation_that_the_ai_settles_alone():
    one = conversation()
    asks(one, 10)
    asks(one, 12, 2)
    one.answer(draft("out", seconds=20, sender=AI), agent(), Question("in2", 0))
    one.change_status(StatusCommand.RESOLVE, agent(), moment(100))
    one.change_status(StatusCommand.CLOSE, agent(), moment(200))
    assert counted(one) == {
        "started": 1,
        "begun": 1,
        "received": 2,
        "turns": 1,
        "sent": 1,
        "turns_answered": 1,
        f"response_{class_of(10)}": 1,
        "settled": 1,
        "bot_settled": 1,
        f"resolution_{class_of(100)}": 1,
    }


def test_an_answer_counts_for_the_time_of_its_question_and_the_first_one_is_timed():
    one = conversation()
    asks(one, 10)
    one.hand_off(agent(), moment(11), reason=HandoffReason.RULE, notice=draft("n", sender=SYSTEM, seconds=11))
    one.reply(draft("r1", sender=ANA, seconds=30), agent())
    one.reply(draft("r2", sender=ANA, seconds=31), agent())
    asks(one, 50, 2)
    one.reply(draft("r3", sender=ANA, seconds=90), agent())
    assert [fact.at for fact in one.pending.facts if fact.name == "turns_answered"] == [
        moment(10),
        moment(50),
    ]
    sums = counted(one)
    assert sums["sent"] == 3
    assert [name for name in sums if name.startswith("response_")] == [f"response_{class_of(20)}"]


def test_what_people_had_to_do_with_is_not_the_bots_and_a_handoff_counts_once_a_round():
    one = conversation()
    for seconds in (10, 20):
        one.hand_off(agent(), moment(seconds), reason=HandoffReason.RULE)
        one.change_status(StatusCommand.RETURN_TO_AI, agent(), moment(seconds + 5))
    one.change_status(StatusCommand.CLOSE, agent(), moment(40))
    sums = counted(one)
    assert (sums["handoffs"], sums["settled"], "bot_settled" in sums) == (1, 1, False)
    one.change_status(StatusCommand.REOPEN, agent(), moment(50))
    one.change_status(StatusCommand.CLOSE, agent(), moment(60))
    sums = counted(one)
    assert (sums["begun"], sums["started"], sums["settled"], sums["bot_settled"]) == (2, 1, 2, 1)


def test_a_resolved_one_that_is_handed_off_again_goes_on():
    one = conversation()
    one.change_status(StatusCommand.RESOLVE, agent(), moment(10))
    one.hand_off(agent(), moment(20), reason=HandoffReason.RULE)
    one.change_status(StatusCommand.RESOLVE, agent(), moment(50))
    sums = counted(one)
    assert (sums["settled"], sums[f"resolution_{class_of(30)}"], sums["bot_settled"]) == (2, 1, 1)


def test_reactions_and_the_like_are_neither_received_nor_sent():
    one = conversation()
    asks(one, 10, kind=MessageKind.REACTION)
    assert set(counted(one)) == {"started", "begun"}


@pytest.mark.parametrize(
    ("before", "state", "expected"),
    [
        ("queued", "sent", {"delivery_sent": 1}),
        ("queued", "read", {"delivery_sent": 1, "delivery_delivered": 1, "delivery_read": 1}),
        ("sent", "delivered", {"delivery_delivered": 1}),
        ("unknown", "delivered", {"delivery_sent": 1, "delivery_delivered": 1}),
        ("queued", "failed", {"delivery_failed": 1}),
        ("failed", "sent", {"delivery_failed": -1, "delivery_sent": 1}),
        ("queued", "unknown", {}),
    ],
)
def test_a_message_passes_every_state_on_its_way(before: str, state: str, expected: dict[str, float]):
    facts = facts_of_delivery(DeliveryState(before), DeliveryState(state), moment())
    assert {fact.name: fact.amount for fact in facts} == expected


def test_an_opinion_takes_the_place_of_the_last_one():
    changes = [(Feedback.NONE, Feedback.UP), (Feedback.UP, Feedback.DOWN), (Feedback.DOWN, Feedback.NONE)]
    sums: dict[str, float] = {}
    for before, after in changes:
        for fact in facts_of_feedback(before, after, moment()):
            sums[fact.name] = sums.get(fact.name, 0) + fact.amount
    assert sums == {"feedback_up": 0, "feedback_down": 0}


@given(st.floats(min_value=1, max_value=timedelta(days=3650).total_seconds()))
def test_the_middle_of_a_class_is_within_its_promise(seconds: float):
    assert abs(middle_of(class_of(seconds)) - seconds) <= 0.025 * seconds + 1e-9 or seconds < 1.05


def test_everything_up_to_a_second_is_one_class():
    assert class_of(-5) == class_of(0.2) == class_of(1) == 0
    assert middle_of(0) == 1.0
