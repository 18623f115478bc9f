"""Templates and drafts in MongoDB. The ids of templates sort by the time they were made."""

from collections.abc import Sequence
from typing import Any

from pymongo import ASCENDING

from libs.contracts.drafts import ReplyDraft
from libs.contracts.templates import Template
from libs.runtime.mongo import Store
from services.conversation.adapters.beginnings import beginning_with
from services.conversation.adapters.documents import Document, in_account
from services.conversation.adapters.mongo_part import MongoPart, Records

#: Milliseconds a read may take in the store.
READ_LIMIT = 2_500


class MongoTemplates(MongoPart):
    """Implements TemplateRecords, a part of the port Transaction."""

    async def template(self, template_id: str) -> Template | None:
        """By id."""
        row = await self._get(self._records.templates, _id=template_id, account_id=self._account_id)
        return _template_of(row) if row else None

    async def template_of_shortcut(self, shortcut: str) -> Template | None:
        """By the index of shortcuts."""
        row = await self._get(self._records.templates, account_id=self._account_id, shortcut=shortcut)
        return _template_of(row) if row else None

    async def count_templates(self) -> int:
        """By the index of accounts."""
        return await self._records.templates.count_documents(
            {"account_id": self._account_id}, session=self._session
        )

    async def put_template(self, template: Template) -> None:
        """Without a shortcut it is not in the index of those."""
        fields = {name: value for name, value in template.model_dump().items() if value is not None}
        document = {"_id": fields.pop("id"), "account_id": self._account_id, **fields}
        await self._put(self._records.templates, document)

    async def delete_template(self, template_id: str) -> None:
        """By id."""
        await self._records.templates.delete_one(
            {"_id": template_id, "account_id": self._account_id}, session=self._session
        )

    async def put_draft(self, person_id: str, draft: ReplyDraft) -> None:
        """One row a person and conversation."""
        document = {
            "_id": in_account(self._account_id, f"{draft.conversation_id}/{person_id}"),
            "account_id": self._account_id,
            "person_id": person_id,
            **draft.model_dump(),
        }
        await self._put(self._records.drafts, document)

    async def delete_draft(self, person_id: str, conversation_id: str) -> None:
        """By id."""
        row = in_account(self._account_id, f"{conversation_id}/{person_id}")
        await self._records.drafts.delete_one({"_id": row}, session=self._session)


class MongoTemplateReads:
    """Implements the port Templates."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._records = Records(store)

    async def template(self, account_id: str, template_id: str) -> Template | None:
        """By id."""
        with self._store.guarded():
            row = await self._records.templates.find_one(
                {"_id": template_id, "account_id": account_id}, max_time_ms=READ_LIMIT
            )
        return _template_of(row) if row else None

    async def templates(
        self,
        account_id: str,
        *,
        departments: frozenset[str] | None,
        department: str | None,
        shortcut: str | None,
        after: str | None,
        limit: int,
    ) -> Sequence[Template]:
        """Along the index of accounts."""
        clauses: list[dict[str, Any]] = [{"account_id": account_id}]
        if departments is not None:
            clauses.append({"department": {"$in": [None, *sorted(departments)]}})
        if department is not None:
            clauses.append({"department": department})
        if shortcut is not None:
            clauses.append({"shortcut": beginning_with(shortcut)})
        if after is not None:
            clauses.append({"_id": {"$gt": after}})
        with self._store.guarded():
            found = self._records.templates.find({"$and": clauses}).sort("_id", ASCENDING).limit(limit)
            return [_template_of(row) for row in await found.max_time_ms(READ_LIMIT).to_list(limit)]

    async def draft(self, account_id: str, person_id: str, conversation_id: str) -> ReplyDraft | None:
        """By id."""
        with self._store.guarded():
            row = await self._records.drafts.find_one(
                {"_id": in_account(account_id, f"{conversation_id}/{person_id}")}, max_time_ms=READ_LIMIT
            )
        return ReplyDraft.model_validate(row) if row else None


def _template_of(row: Document) -> Template:
    return Template.model_validate(row | {"id": row["_id"]})
