"""Text is found through an index of words, the newest messages first, without sorting.

A prefix is turned into the words that begin with it: the index is asked for its next key as often as there
are such words, up to a limit, so that a search never reads what it does not show.
"""

from collections.abc import Sequence

from libs.runtime.mongo import Store
from services.conversation.adapters.documents import Document
from services.conversation.adapters.mongo_lists import READ_LIMIT
from services.conversation.adapters.mongo_part import Collection, Records
from services.conversation.domain.searching import Wanted

#: Words that a prefix stands for, the first in order of the alphabet.
MOST_COMPLETIONS = 12
#: Messages that are looked at for each conversation that is wanted: a long thread says the same word often.
_MESSAGES_EACH = 3
BY_WORD = "by_word"
BY_SUBJECT = "by_subject"
BY_PART = "by_part"


class MongoSearches:
    """Implements the port Searches."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._records = Records(store)

    async def by_words(self, account_id: str, wanted: Wanted, limit: int) -> Sequence[str]:
        """Subjects, then messages."""
        records = self._records
        subjects = await self._matching(
            records.conversations, BY_SUBJECT, "subject_words", account_id, wanted
        )
        messages = await self._matching(records.messages, BY_WORD, "words", account_id, wanted)
        found: dict[str, None] = {}
        with self._store.guarded():
            if subjects is not None:
                rows = records.conversations.find(subjects, projection=["_id"]).sort("created_at", -1)
                for row in await rows.limit(limit).max_time_ms(READ_LIMIT).to_list(limit):
                    found[row["_id"]] = None
            if messages is not None:
                many = limit * _MESSAGES_EACH
                rows = records.messages.find(messages, projection=["conversation_id"]).sort("created_at", -1)
                async for row in rows.limit(many).max_time_ms(READ_LIMIT):
                    found[row["conversation_id"]] = None
                    if len(found) >= limit:
                        break
        return list(found)[:limit]

    async def of_contacts(self, account_id: str, contact_ids: Sequence[str], limit: int) -> Sequence[str]:
        """By the index of contacts."""
        if not contact_ids:
            return []
        wanted = {"account_id": account_id, "contact.id": {"$in": list(contact_ids)}}
        with self._store.guarded():
            found = self._records.conversations.find(wanted, projection=["_id"]).limit(limit)
            return [row["_id"] for row in await found.max_time_ms(READ_LIMIT).to_list(limit)]

    async def merged_into(self, account_id: str, ids: Sequence[str]) -> dict[str, str]:
        """From an index that has nothing else in it."""
        if not ids:
            return {}
        wanted = {"account_id": account_id, "_id": {"$in": list(ids)}, "merged_into": {"$exists": True}}
        with self._store.guarded():
            found = self._records.conversations.find(wanted, projection=["merged_into"]).hint(BY_PART)
            rows = await found.max_time_ms(READ_LIMIT).to_list(len(ids))
        return {row["_id"]: row["merged_into"] for row in rows}

    async def _matching(
        self, collection: Collection, index: str, field: str, account_id: str, wanted: Wanted
    ) -> Document | None:
        """The query for all words; None when a prefix begins no word."""
        clauses: list[Document] = [{field: word} for word in wanted.words]
        if wanted.prefix is not None:
            completions = await self._completions(collection, index, field, account_id, wanted.prefix)
            if not completions:
                return None
            clauses.insert(0, {field: {"$in": completions}})
        return {"account_id": account_id, "$and": clauses}

    async def _completions(
        self, collection: Collection, index: str, field: str, account_id: str, prefix: str
    ) -> list[str]:
        found: list[str] = []
        # Words that begin with the prefix stand from it up to it with the last character there is.
        at: Document = {"$gte": prefix, "$lt": prefix + "\U0010ffff"}
        with self._store.guarded():
            while len(found) < MOST_COMPLETIONS:
                keys = (
                    collection.find({"account_id": account_id, field: {"$elemMatch": at}}, return_key=True)
                    .hint(index)
                    .limit(1)
                    .max_time_ms(READ_LIMIT)
                )
                key = await keys.to_list(1)
                if not key:
                    break
                found.append(key[0][field])
                at = {"$gt": found[-1], "$lt": prefix + "\U0010ffff"}
        return found
