"""Read marks, along the index of a thread's messages."""

from collections.abc import Sequence

from pymongo import DESCENDING

from libs.contracts.vocabulary import SIDE_KINDS, DeliveryState, Direction
from services.conversation.adapters.mongo_part import MongoPart
from services.conversation.domain.delivery_states import earlier_than

_SIDE = sorted(kind.value for kind in SIDE_KINDS)
_NOT_READ = [state.value for state in earlier_than(DeliveryState.READ)]


class MongoReadMarks(MongoPart):
    """Implements the port ReadMarkRecords."""

    async def inbound_after(self, conversation_id: str, sequence: int, limit: int) -> int:
        """No more than `limit` rows are looked at: it is what is unread at most."""
        if limit == 0:
            return 0
        wanted = {
            "account_id": self._account_id,
            "conversation_id": conversation_id,
            "sequence": {"$gt": sequence},
            "direction": Direction.INBOUND.value,
            "kind": {"$nin": _SIDE},
        }
        return await self._records.messages.count_documents(wanted, session=self._session, limit=limit)

    async def sent_unread(self, conversation_id: str, upto: int, limit: int) -> Sequence[str]:
        """Backwards from the message."""
        wanted = {
            "account_id": self._account_id,
            "conversation_id": conversation_id,
            "sequence": {"$lte": upto},
            "direction": Direction.OUTBOUND.value,
            "delivery": {"$in": _NOT_READ},
        }
        found = self._records.messages.find(wanted, projection=["_id"], session=self._session)
        rows = await found.sort("sequence", DESCENDING).limit(limit).to_list(limit)
        return [row["_id"] for row in reversed(rows)]
