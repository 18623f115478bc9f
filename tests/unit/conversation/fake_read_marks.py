"""Read marks in memory, with the same promises as in MongoDB."""

from collections.abc import Sequence
from typing import Any

from libs.contracts.vocabulary import SIDE_KINDS, DeliveryState, Direction


class InMemoryReadMarks:
    """The read marks of the port Transaction."""

    def _views(self, conversation_id: str, direction: Direction) -> list[Any]:
        views = [one.view for one in self._thread(conversation_id)]  # type: ignore[attr-defined]
        return [view for view in views if view.direction is direction]

    async def inbound_after(self, conversation_id: str, sequence: int, limit: int) -> int:
        views = self._views(conversation_id, Direction.INBOUND)
        later = [one for one in views if one.sequence > sequence and one.kind not in SIDE_KINDS]
        return min(limit, len(later))

    async def sent_unread(self, conversation_id: str, upto: int, limit: int) -> Sequence[str]:
        views = self._views(conversation_id, Direction.OUTBOUND)
        unread = [one.id for one in views if one.sequence <= upto and one.delivery is not DeliveryState.READ]
        return unread[-limit:]
