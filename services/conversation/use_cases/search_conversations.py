"""Which conversations somebody's search is about."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from services.conversation.domain.contact import search_key
from services.conversation.domain.searching import Wanted, wanted_words
from services.conversation.use_cases.contact_ports import Contacts

#: Contacts whose name or address a search may mean.
MOST_CONTACTS = 200
#: Conversations that a search finds: those with the newest matches. More words find older ones.
MOST_FOUND = 2_000


class Searches(Protocol):
    """Where text is found; always of one account."""

    async def by_words(self, account_id: str, wanted: Wanted, limit: int) -> Sequence[str]:
        """Ids of conversations whose subject, or one of whose messages, has all these words; of messages the
        newest ones first, at most `limit`.
        """

    async def of_contacts(self, account_id: str, contact_ids: Sequence[str], limit: int) -> Sequence[str]:
        """Ids of these contacts' conversations, at most `limit`."""

    async def merged_into(self, account_id: str, ids: Sequence[str]) -> dict[str, str]:
        """Of those that are part of another conversation, which one."""


@dataclass(frozen=True)
class SearchConversations:
    """Searches subject, messages, and the contact's name and addresses. What comes out says nothing of who
    may see it: it is one filter more of a list that knows.
    """

    searches: Searches
    contacts: Contacts

    async def __call__(self, account_id: str, search: str) -> tuple[str, ...]:
        """Ids, each once."""
        contacts = await self.contacts.search(account_id, search_key(search), None, MOST_CONTACTS)
        found = await self.searches.of_contacts(account_id, [one.id for one in contacts], MOST_FOUND)
        wanted = wanted_words(search)
        said = () if wanted.nothing else await self.searches.by_words(account_id, wanted, MOST_FOUND)
        ids = tuple(dict.fromkeys([*found, *said]))
        # What is part of another conversation is found as that one; no chain is longer than that one's parts.
        while homes := await self.searches.merged_into(account_id, ids):
            ids = tuple(dict.fromkeys(homes.get(one, one) for one in ids))
        return ids
