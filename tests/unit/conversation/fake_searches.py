"""Text in memory, found as MongoDB finds it."""

from collections.abc import Sequence
from typing import Any

from services.conversation.domain.searching import Wanted, words_of


class InMemorySearches:
    """Implements the port Searches."""

    def __init__(self, store: Any) -> None:
        self._store = store

    async def by_words(self, account_id: str, wanted: Wanted, limit: int) -> Sequence[str]:
        records = self._store.records
        mine = [one for one in records.conversations.values() if one.account_id == account_id]
        titled = [one.id for one in mine if _has(one.subject or "", wanted)]
        said = sorted(
            (one.view for one in records.messages.values() if _has(one.view.content, wanted)),
            key=lambda view: view.created_at,
            reverse=True,
        )
        ids = {one.id for one in mine}
        found = [*titled, *(view.conversation_id for view in said if view.conversation_id in ids)]
        return list(dict.fromkeys(found))[:limit]

    async def of_contacts(self, account_id: str, contact_ids: Sequence[str], limit: int) -> Sequence[str]:
        return [
            one.id
            for one in self._store.records.conversations.values()
            if one.account_id == account_id and one.contact.id in contact_ids
        ][:limit]

    async def merged_into(self, account_id: str, ids: Sequence[str]) -> dict[str, str]:
        found = ((one, self._store.records.conversations.get((account_id, one))) for one in ids)
        return {one: row.merged_into for one, row in found if row is not None and row.is_merged}


def _has(text: str, wanted: Wanted) -> bool:
    words = words_of(text)
    begun = wanted.prefix is None or any(word.startswith(wanted.prefix) for word in words)
    return begun and set(wanted.words) <= set(words)
