"""What can be read of the account's directory without changing anything."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

from libs.contracts.conversation import Person
from libs.contracts.vocabulary import Role
from services.conversation.domain.directory import Account
from services.conversation.use_cases.ports import Chatbot


@dataclass(frozen=True)
class PeopleFilter:
    """Which people a list is to show. `prefix` is a search key."""

    role: Role | None = None
    department: str | None = None
    prefix: str | None = None


class Directory(Protocol):
    """Always of one account."""

    async def account(self, account_id: str) -> Account | None:
        """The account."""

    async def chatbot(self, account_id: str, chatbot_id: str) -> Chatbot | None:
        """One chatbot."""

    async def chatbots(self, account_id: str, after: str | None, limit: int) -> Sequence[Chatbot]:
        """Chatbots behind the id `after`, in the order of their ids."""

    async def person(self, account_id: str, person_id: str) -> Person | None:
        """One person."""

    async def people_by_ids(self, account_id: str, person_ids: Sequence[str]) -> Sequence[Person]:
        """People of the account, those of them that there are, in the order of their ids."""

    async def people(
        self, account_id: str, wanted: PeopleFilter, after: str | None, limit: int
    ) -> Sequence[Person]:
        """People behind the id `after`, in the order of their ids."""
