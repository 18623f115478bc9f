"""What administration asks of the store within a transaction: what is still in use, and by whom."""

from collections.abc import Sequence

from pymongo import DESCENDING

from libs.contracts.conversation import Person
from libs.contracts.vocabulary import Role, Status
from services.conversation.adapters import documents
from services.conversation.adapters.documents import Document
from services.conversation.adapters.mongo_part import Collection, MongoPart
from services.conversation.domain.contact import search_key

#: Statuses of conversations that somebody may still write in.
_OPEN = [status.value for status in Status if status not in {Status.CLOSED, Status.ARCHIVED}]


class MongoAdministration(MongoPart):
    """A part of the port DirectoryRecords."""

    async def users_of_department(self, department_id: str) -> str | None:
        """One row of any of the three is enough."""
        mine: Document = {"account_id": self._account_id}
        used: dict[str, tuple[Collection, Document]] = {
            "people": (self._records.people, {"departments": department_id}),
            "chatbots": (self._records.chatbots, {"department": department_id}),
            "open conversations": (
                self._records.conversations,
                {"department": department_id, "status": {"$in": _OPEN}},
            ),
        }
        for name, (collection, wanted) in used.items():
            row = await collection.find_one(mine | wanted, projection=["_id"], session=self._session)
            if row is not None:
                return name
        return None

    async def chatbot_is_used(self, chatbot_id: str) -> bool:
        """One row is enough."""
        row = await self._records.conversations.find_one(
            {"account_id": self._account_id, "status": {"$in": _OPEN}, "chatbot_id": chatbot_id},
            projection=["_id"],
            session=self._session,
        )
        return row is not None

    async def person_of_email(self, email: str) -> Person | None:
        """By the address as it is compared."""
        row = await self._get(self._records.people, account_id=self._account_id, address=search_key(email))
        return documents.person_of(row) if row else None

    async def other_admins(self, person_id: str) -> int:
        """Counted, and the account's row changed: a second transaction at once meets this one there."""
        await self._records.accounts.update_one(
            {"_id": self._account_id}, {"$inc": {"admin_counts": 1}}, session=self._session
        )
        wanted = {"account_id": self._account_id, "role": Role.ADMIN.value, "id": {"$ne": person_id}}
        wanted["active"] = {"$ne": False}
        return await self._records.people.count_documents(wanted, session=self._session, limit=2)

    async def open_work_of(self, person_id: str, limit: int) -> Sequence[str]:
        """By the index of assignees."""
        wanted = {"account_id": self._account_id, "assignee_id": person_id, "status": {"$in": _OPEN}}
        found = self._records.conversations.find(wanted, projection=["_id"], session=self._session)
        rows = await found.sort("updated_at", DESCENDING).limit(limit).to_list(limit)
        return [row["_id"] for row in rows]

    async def delete_person(self, person_id: str) -> None:
        """By id."""
        await self._records.people.delete_one(
            {"_id": documents.in_account(self._account_id, person_id), "account_id": self._account_id},
            session=self._session,
        )
