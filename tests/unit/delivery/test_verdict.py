from dataclasses import replace

import pytest

from libs.contracts.delivery import ReplyFailed, ReplySent, ReplyUnknown
from libs.contracts.vocabulary import Channel
from services.delivery.domain.outcomes import NotTried, Refused, Retry, Sent, Unclear
from services.delivery.domain.reply import ReplyState
from services.delivery.domain.retry_schedule import LONGEST_HINT
from services.delivery.domain.verdict import Postponed, Released, event_of, judge, lapsed
from tests.unit.delivery.build import START, reply, seconds


def tried(attempts: int):
    return replace(reply(), attempts=attempts, state=ReplyState.SENDING)


@pytest.mark.parametrize(("attempts", "pause"), [(1, 1.0), (2, 4.0)])
def test_what_may_work_later_is_tried_again_by_the_schedule(attempts: int, pause: float):
    verdict = judge(tried(attempts), Retry("platform_error"), START)
    assert verdict == Postponed(START + seconds(pause), attempts, "platform_error")


def test_the_third_attempt_is_the_last():
    verdict = judge(tried(3), Retry("platform_error", after=1.0), START)
    assert verdict == Released(ReplyState.FAILED, (), "platform_error", "not accepted in 3 attempts")


@pytest.mark.parametrize(("hint", "pause"), [(0.2, 1.0), (30.0, 30.0), (99_999.0, LONGEST_HINT)])
def test_a_hint_only_lengthens_and_is_bounded(hint: float, pause: float):
    verdict = judge(tried(1), Retry("rate_limited", after=hint, rate_limited=True), START)
    assert isinstance(verdict, Postponed)
    assert verdict.at == START + seconds(pause)


def test_a_refusal_fails_at_once():
    verdict = judge(tried(1), Refused("recipient_unreachable", "x" * 1000), START)
    assert isinstance(verdict, Released)
    assert (verdict.state, verdict.error, len(verdict.detail)) == ("failed", "recipient_unreachable", 300)


def test_a_lost_answer_is_not_tried_again():
    verdict = judge(tried(1), Unclear("no answer"), START)
    assert verdict == Released(ReplyState.UNKNOWN, (), "outcome_unknown", "no answer")


def test_what_was_not_tried_does_not_count():
    assert judge(tried(2), NotTried("held_up", 0.5), START) == Postponed(START + seconds(0.5), 1, "held_up")


def test_outcomes_become_their_events():
    row = tried(2)
    sent = event_of(row, Released(ReplyState.SENT, ("5", "6")), START)
    failed = event_of(row, Released(ReplyState.FAILED, (), "refused", "why"), START)
    unknown = event_of(row, lapsed(row), START)
    assert isinstance(sent, ReplySent)
    assert (sent.external_ids, sent.attempts, sent.message_id) == (("5", "6"), 2, row.message_id)
    assert isinstance(failed, ReplyFailed)
    assert (failed.code, failed.detail) == ("refused", "why")
    assert isinstance(unknown, ReplyUnknown)
    assert "interrupted" in unknown.detail


def test_sent_parts_stay_known_when_a_later_one_fails():
    row = replace(tried(1), provider_ids=("1", "2"))
    for outcome in (Refused("refused"), Unclear("lost")):
        verdict = judge(row, outcome, START)
        assert isinstance(verdict, Released)
        assert verdict.provider_ids == ("1", "2")


def test_an_accepted_message_is_sent():
    assert judge(tried(1), Sent(("9",)), START) == Released(ReplyState.SENT, ("9",))


def test_a_mail_is_tried_once():
    verdict = judge(replace(tried(1), channel=Channel.EMAIL), Retry("platform_error"), START)
    assert verdict == Released(ReplyState.FAILED, (), "platform_error", "not accepted in 1 attempt")


def test_an_address_that_the_platform_named_is_told():
    row = tried(1)
    released = judge(row, Sent(("9",), moved_to="3/78"), START)
    assert isinstance(released, Released)
    told = event_of(row, released, START)
    assert isinstance(told, ReplySent)
    assert told.moved_to == "3/78"
