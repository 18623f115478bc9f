"""What merging conversations needs from outside, within a transaction."""

from collections.abc import Sequence
from typing import Protocol

from libs.contracts.scheduling import ScheduledReply


class MergeRecords(Protocol):
    """What is kept beside a conversation and goes over to another one."""

    async def waiting_replies(self, conversation_id: str, limit: int) -> Sequence[ScheduledReply]:
        """The replies that wait for their time."""

    async def move_notes(self, conversation_id: str, into: str) -> None:
        """Its notes are the other one's."""

    async def move_drafts(self, conversation_id: str, into: str) -> None:
        """Each person's draft is one of the other conversation, unless they have begun one there."""
