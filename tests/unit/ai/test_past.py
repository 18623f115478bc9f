"""Which past conversations are like a question, and what good agents do with one."""

from datetime import UTC, datetime

import pytest

from services.ai.domain.analysis import MessageAnalysis
from services.ai.domain.learning import Proposal
from services.ai.domain.past import alike
from services.ai.domain.practices import MOST_PRACTICES, practices_for
from tests.unit.ai.conversations import BASE

NOW = datetime(2026, 11, 28, tzinfo=UTC)


def past(name: str, question: str, sent: str = "", intent: str = "", conversation: str = "") -> Proposal:
    return Proposal(
        name,
        *BASE,
        conversation or name,
        question,
        "en",
        NOW,
        "answered",
        sent=sent or name,
        intent=intent,
    )


def names(found: list[Proposal]) -> list[str]:
    return [one.id for one in found]


def test_the_likest_come_first_and_others_do_not_come() -> None:
    known = [
        past("half", "gift card balance"),
        past("all", "gift card expires when"),
        past("none", "kettle lid"),
    ]
    assert names(alike("when does my gift card expire", "", "en", known, 5)) == ["all", "half"]
    assert names(alike("when does my gift card expire", "", "en", known, 1)) == ["all"]
    assert alike("the", "", "en", known, 5) == []
    assert alike("gift card", "", "en", [], 5) == []


def test_one_of_a_conversation_and_of_a_reply() -> None:
    known = [
        past("a", "gift card expiry", "four years", conversation="c"),
        past("b", "gift card expiry", "ask us", conversation="c"),
        past("d", "gift card expiry", "four years"),
    ]
    assert names(alike("gift card expiry", "", "en", known, 5)) == ["a"]


def test_the_same_intent_comes_first_unless_it_says_nothing() -> None:
    known = [
        past("plain", "gift card lost", intent="question"),
        past("same", "gift card lost", intent="lost_card"),
    ]
    assert names(alike("gift card lost", "lost_card", "en", known, 2)) == ["same", "plain"]
    assert names(alike("gift card lost", "question", "en", known, 2)) == ["plain", "same"]


@pytest.mark.parametrize(
    ("text", "analysis", "begins"),
    [
        ("Where is my parcel?", MessageAnalysis(), ["Give a date"]),
        ("Wo bleibt mein Paket?", MessageAnalysis(), ["Give a date"]),
        ("Hm", MessageAnalysis(intent="cancel_subscription"), ["Confirm what is cancelled"]),
        ("Hm", MessageAnalysis(sentiment="negative", urgency="high"), ["Say first what", "Say at once"]),
        ("Hm", MessageAnalysis(), []),
        ("I contacted you", MessageAnalysis(), []),
    ],
)
def test_practices_go_by_what_a_message_is_about(
    text: str, analysis: MessageAnalysis, begins: list[str]
) -> None:
    found = practices_for(text, analysis)
    assert len(found) == len(begins)
    assert all(one.startswith(begin) for one, begin in zip(found, begins, strict=True))


def test_no_more_practices_than_somebody_reads() -> None:
    text = "cancel refund parcel payment broken password"
    assert len(practices_for(text, MessageAnalysis())) == MOST_PRACTICES
