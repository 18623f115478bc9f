"""What goes over to another conversation, within a transaction."""

from collections.abc import Sequence

from libs.contracts.scheduling import ScheduledReply, ScheduledState
from services.conversation.adapters.documents import in_account
from services.conversation.adapters.mongo_part import MongoPart
from services.conversation.adapters.mongo_schedule import reply_of


class MongoMerging(MongoPart):
    """Implements MergeRecords, a part of the port Transaction."""

    async def waiting_replies(self, conversation_id: str, limit: int) -> Sequence[ScheduledReply]:
        """Along the index of conversations."""
        wanted = {**self._of(conversation_id), "state": ScheduledState.WAITING.value}
        rows = await self._records.scheduled.find(wanted, session=self._session).to_list(limit)
        return [reply_of(row) for row in rows]

    async def move_notes(self, conversation_id: str, into: str) -> None:
        """One write; their ids stay, and sort among the others by their time."""
        await self._records.notes.update_many(
            self._of(conversation_id), {"$set": {"conversation_id": into}}, session=self._session
        )

    async def move_drafts(self, conversation_id: str, into: str) -> None:
        """The person is a part of the row's id: each is written anew."""
        drafts = self._records.drafts
        rows = await drafts.find(self._of(conversation_id), session=self._session).to_list(None)
        for row in rows:
            moved = in_account(self._account_id, f"{into}/{row['person_id']}")
            await drafts.update_one(
                {"_id": moved},
                {"$setOnInsert": row | {"_id": moved, "conversation_id": into}},
                upsert=True,
                session=self._session,
            )
        await drafts.delete_many(self._of(conversation_id), session=self._session)

    def _of(self, conversation_id: str) -> dict[str, str]:
        return {"account_id": self._account_id, "conversation_id": conversation_id}
