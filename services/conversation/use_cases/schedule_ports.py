"""What use cases about later times need from outside."""

from collections.abc import Sequence
from typing import Protocol

from libs.contracts.scheduling import ScheduledReply
from services.conversation.domain.timers import Timer, TimerKind


class ScheduleRecords(Protocol):
    """A part of the port Transaction."""

    async def put_timer(self, timer: Timer) -> None:
        """Set it in place of the one of its kind and key."""

    async def drop_timer(self, kind: TimerKind, conversation_id: str, key: str = "") -> None:
        """Take it back, if it is set."""

    async def put_scheduled(self, reply: ScheduledReply) -> None:
        """Keep a scheduled reply, new or not."""

    async def scheduled(self, conversation_id: str, scheduled_id: str) -> ScheduledReply | None:
        """A scheduled reply of a conversation."""


class ScheduledReplies(Protocol):
    """What can be read of scheduled replies."""

    async def scheduled_replies(
        self, account_id: str, conversation_id: str, limit: int, before: str | None
    ) -> Sequence[ScheduledReply]:
        """Those of a conversation of the account with an id below `before`, the newest first."""
