"""What read marks need of a transaction."""

from collections.abc import Sequence
from typing import Protocol


class ReadMarkRecords(Protocol):
    """A part of the port Transaction."""

    async def inbound_after(self, conversation_id: str, sequence: int, limit: int) -> int:
        """How many messages of the contact came past a sequence, those left out that are only about another
        message; counting stops at `limit`.
        """

    async def sent_unread(self, conversation_id: str, upto: int, limit: int) -> Sequence[str]:
        """Ids of outbound messages up to a sequence that are not known to be read, the newest of them, the
        oldest first.
        """
