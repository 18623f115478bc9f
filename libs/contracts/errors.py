"""The three kinds of error, and the stable codes of the first.

    ParleyError
    ├── DomainError      answered to the caller with its code; never tried again
    ├── TransientError   something is away for now; tried again in place, by the ledger or the broker's tiers
    └── PermanentError   no attempt can succeed; dead-lettered with its reason

They live here because rules raise them and rules import nothing but contracts. Each has one HTTP status and
one way through the broker, decided in one place each (gateway's error mapping, libs.runtime.consuming).
"""

from enum import StrEnum

from libs.contracts.base import Fault
from libs.contracts.vocabulary import FaultKind


class ErrorCode(StrEnum):
    """Codes that a caller can branch on. A code, once given out, keeps its meaning."""

    INVALID_TRANSITION = "invalid_transition"
    INVALID_STATUS = "invalid_status"
    INVALID_ASSIGNEE = "invalid_assignee"
    NOT_HANDED_OFF = "not_handed_off"
    NOT_FOUND = "not_found"
    FORBIDDEN = "forbidden"
    CONFLICT = "conflict"
    CONVERSATION_MERGED = "conversation_merged"
    STALE_ANSWER = "stale_answer"
    SUGGESTION_NOT_PENDING = "suggestion_not_pending"
    CHANNEL_REFUSED = "channel_refused"
    EXPIRED = "expired"
    INVALID = "invalid"
    USE_CURSOR = "use_cursor"
    UNAUTHENTICATED = "unauthenticated"
    TOO_LARGE = "too_large"
    UNSUPPORTED_MEDIA_TYPE = "unsupported_media_type"
    RATE_LIMITED = "rate_limited"
    IDEMPOTENCY_KEY_REUSED = "idempotency_key_reused"
    UNAVAILABLE = "unavailable"
    OUTCOME_UNKNOWN = "outcome_unknown"
    CHANNEL_NOT_CONNECTED = "channel_not_connected"
    UNREADABLE = "unreadable"
    INTERNAL = "internal"


class ParleyError(Exception):
    """The root. `detail` is for people and holds neither secrets nor what a contact wrote."""

    kind: FaultKind = FaultKind.PERMANENT

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        conversation_id: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(detail)
        self.code = code
        self.detail = detail
        self.conversation_id = conversation_id
        self.retry_after = retry_after

    def fault(self) -> Fault:
        """The same, as it travels in a Reply."""
        return Fault(
            kind=self.kind,
            code=self.code,
            detail=self.detail,
            conversation_id=self.conversation_id,
            retry_after=self.retry_after,
        )


class DomainError(ParleyError):
    """A rule says no."""

    kind = FaultKind.DOMAIN


class TransientError(ParleyError):
    """Away for now; `retry_after` in seconds where the other side gave a hint."""

    kind = FaultKind.TRANSIENT


class PermanentError(ParleyError):
    """Will never work as it is."""

    kind = FaultKind.PERMANENT


def error_of(fault: Fault) -> ParleyError:
    """The error that a Fault stands for, to be raised on the caller's side."""
    for kind in (DomainError, TransientError, PermanentError):
        if kind.kind is fault.kind:
            return kind(
                fault.code,
                fault.detail,
                conversation_id=fault.conversation_id,
                retry_after=fault.retry_after,
            )
    raise AssertionError(fault.kind)
