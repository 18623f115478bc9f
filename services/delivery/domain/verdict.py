"""What becomes of a row after an attempt. The one place that decides it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.contracts.base import SYSTEM
from libs.contracts.delivery import DeliveryEvent, ReplyFailed, ReplySent, ReplyUnknown
from services.delivery.domain.outcomes import NotTried, Outcome, Refused, Retry, Sent, Unclear
from services.delivery.domain.reply import Reply, ReplyState
from services.delivery.domain.retry_schedule import pause_after

#: Characters of a platform's own words that an event carries on.
_DETAIL = 300


@dataclass(frozen=True, slots=True)
class Postponed:
    """Back to pending until `at`; `attempts` is what counts from now on."""

    at: datetime
    attempts: int
    error: str


@dataclass(frozen=True, slots=True)
class Released:
    """Final: the line goes on."""

    state: ReplyState
    provider_ids: tuple[str, ...] = ()
    error: str | None = None
    detail: str = ""
    moved_to: str | None = None


Verdict = Postponed | Released


def judge(reply: Reply, outcome: Outcome, moment: datetime) -> Verdict:
    """Decide by what came of it and how often it was tried."""
    match outcome:
        case Sent(provider_ids=provider_ids, moved_to=moved_to):
            return Released(ReplyState.SENT, provider_ids, moved_to=moved_to)
        case Refused(code=code, detail=detail):
            return Released(ReplyState.FAILED, reply.provider_ids, code, detail[:_DETAIL])
        case Unclear(detail=detail):
            return Released(ReplyState.UNKNOWN, reply.provider_ids, "outcome_unknown", detail[:_DETAIL])
        case NotTried(code=code, after=after):
            return Postponed(moment + timedelta(seconds=after), reply.attempts - 1, code)
        case _:
            return _again(reply, outcome, moment)


def _again(reply: Reply, outcome: Retry, moment: datetime) -> Verdict:
    pause = pause_after(reply.channel, reply.attempts, outcome.after)
    if pause is None:
        times = "1 attempt" if reply.attempts == 1 else f"{reply.attempts} attempts"
        detail = f"not accepted in {times}"
        return Released(ReplyState.FAILED, reply.provider_ids, outcome.code, detail)
    return Postponed(moment + pause, reply.attempts, outcome.code)


def lapsed(reply: Reply) -> Released:
    """What becomes of a row whose worker is gone: it may or may not have been sent."""
    return Released(
        ReplyState.UNKNOWN, reply.provider_ids, "outcome_unknown", "the sender was interrupted while sending"
    )


def event_of(reply: Reply, released: Released, moment: datetime) -> DeliveryEvent:
    """What the conversation is told."""
    about = {
        "actor": SYSTEM,
        "occurred_at": moment,
        "conversation_id": reply.conversation_id,
        "message_id": reply.message_id,
        "attempts": reply.attempts,
    }
    match released.state:
        case ReplyState.SENT:
            sent = {"external_ids": released.provider_ids, "moved_to": released.moved_to}
            return ReplySent.model_validate(about | sent)
        case ReplyState.FAILED:
            return ReplyFailed.model_validate(
                about | {"code": released.error or "failed", "detail": released.detail}
            )
        case _:
            return ReplyUnknown.model_validate(about | {"detail": released.detail})
