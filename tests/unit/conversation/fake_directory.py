"""The account's directory in memory, with the same promises as the one in MongoDB."""

from collections.abc import Sequence
from typing import Any

from libs.contracts.conversation import Person
from libs.contracts.vocabulary import Role, Status
from services.conversation.domain.contact import search_key
from services.conversation.domain.directory import Account
from services.conversation.domain.people import person_keys
from services.conversation.use_cases.directory_read_ports import PeopleFilter
from services.conversation.use_cases.ports import Chatbot


class InMemoryDirectoryRecords:
    """The directory of the port Transaction."""

    _records: Any
    _account_id: str

    def _mine(self, kept: dict[Any, Any]) -> list[Any]:
        return [one for key, one in kept.items() if key[0] == self._account_id]

    async def account(self) -> Account | None:
        return self._records.accounts.get(self._account_id)  # type: ignore[no-any-return]

    async def put_account(self, account: Account) -> None:
        self._records.accounts[account.id] = account

    async def users_of_department(self, department_id: str) -> str | None:
        if any(department_id in one.departments for one in self._mine(self._records.people)):
            return "people"
        if any(one.department == department_id for one in self._mine(self._records.chatbots)):
            return "chatbots"
        over = {Status.CLOSED, Status.ARCHIVED}
        if any(
            one.department == department_id and one.status not in over
            for one in self._mine(self._records.conversations)
        ):
            return "open conversations"
        return None

    async def chatbot_is_used(self, chatbot_id: str) -> bool:
        over = {Status.CLOSED, Status.ARCHIVED}
        mine = self._mine(self._records.conversations)
        return any(one.chatbot_id == chatbot_id and one.status not in over for one in mine)

    async def delete_chatbot(self, chatbot_id: str) -> None:
        self._records.chatbots.pop((self._account_id, chatbot_id), None)

    async def person_of_email(self, email: str) -> Person | None:
        mine = self._mine(self._records.people)
        return next((one for one in mine if search_key(one.email) == search_key(email)), None)

    async def other_admins(self, person_id: str) -> int:
        mine = self._mine(self._records.people)
        return sum(one.role == Role.ADMIN and one.active and one.id != person_id for one in mine)

    async def open_work_of(self, person_id: str, limit: int) -> Sequence[str]:
        over = {Status.CLOSED, Status.ARCHIVED}
        mine = [
            one
            for one in self._mine(self._records.conversations)
            if one.assignee_id == person_id and one.status not in over
        ]
        return [one.id for one in sorted(mine, key=lambda one: one.updated_at, reverse=True)][:limit]

    async def delete_person(self, person_id: str) -> None:
        self._records.people.pop((self._account_id, person_id), None)


class InMemoryDirectory:
    """Implements the port Directory."""

    def __init__(self, store: Any) -> None:
        self._store = store

    async def account(self, account_id: str) -> Account | None:
        return self._store.records.accounts.get(account_id)  # type: ignore[no-any-return]

    async def chatbot(self, account_id: str, chatbot_id: str) -> Chatbot | None:
        return self._store.records.chatbots.get((account_id, chatbot_id))  # type: ignore[no-any-return]

    async def chatbots(self, account_id: str, after: str | None, limit: int) -> Sequence[Chatbot]:
        return _behind(self._store.records.chatbots, account_id, after, limit)

    async def person(self, account_id: str, person_id: str) -> Person | None:
        return self._store.records.people.get((account_id, person_id))  # type: ignore[no-any-return]

    async def people_by_ids(self, account_id: str, person_ids: Sequence[str]) -> Sequence[Person]:
        people = self._store.records.people
        return [people[account_id, one] for one in sorted(person_ids) if (account_id, one) in people]

    async def people(
        self, account_id: str, wanted: PeopleFilter, after: str | None, limit: int
    ) -> Sequence[Person]:
        fitting = {
            key: one
            for key, one in self._store.records.people.items()
            if wanted.role in {None, one.role}
            and (wanted.department is None or wanted.department in one.departments)
            and any(name.startswith(wanted.prefix or "") for name in person_keys(one))
        }
        return _behind(fitting, account_id, after, limit)


def _behind(kept: dict[Any, Any], account_id: str, after: str | None, limit: int) -> list[Any]:
    found = sorted((key[1], key) for key in kept if key[0] == account_id)
    return [kept[key] for id_, key in found if id_ > (after or "")][:limit]
