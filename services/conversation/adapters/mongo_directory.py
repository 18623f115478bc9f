"""Contacts, chatbots, people and the account within a transaction."""

from datetime import datetime
from typing import Any

from pymongo import ReturnDocument
from pymongo.errors import DuplicateKeyError

from libs.contracts.conversation import ContactView, Person
from libs.runtime.mongo import Session
from services.conversation.adapters import documents
from services.conversation.adapters.chatbot_cache import ChatbotCache
from services.conversation.adapters.mongo_administration import MongoAdministration
from services.conversation.adapters.mongo_contacts import contact_of
from services.conversation.adapters.mongo_erasures import MongoErasures
from services.conversation.adapters.mongo_part import Records, conflict
from services.conversation.domain.contact import name_keys, search_key
from services.conversation.domain.directory import Account
from services.conversation.use_cases.ports import Chatbot, NewId


class MongoDirectory(MongoErasures, MongoAdministration):
    """Who and what there is, of the port Transaction."""

    def __init__(
        self, records: Records, session: Session, account_id: str, now: datetime, chatbots: ChatbotCache
    ) -> None:
        super().__init__(records, session, account_id, now)
        self._chatbots = chatbots

    async def contact(self, connection_id: str, alias: str, name: str, new_id: NewId) -> ContactView:
        """One write, whether or not there is one."""
        on_insert: dict[str, Any] = {"_id": new_id(), "created_at": self._now, "keys": [search_key(alias)]}
        changes: dict[str, Any] = {"$setOnInsert": on_insert, "$set": {"updated_at": self._now}}
        named = changes["$set"] if name.strip() else on_insert
        named |= {"name": name, "name_keys": name_keys(name)}
        try:
            row = await self._records.contacts.find_one_and_update(
                {"account_id": self._account_id, "connection_id": connection_id, "alias": alias},
                changes,
                upsert=True,
                return_document=ReturnDocument.AFTER,
                session=self._session,
            )
        except DuplicateKeyError as error:
            raise conflict() from error
        if "merged_into" in row:
            # One look more, for an alias that somebody else has by now.
            found = await self.contact_by_id(row["merged_into"])
            if found is not None:
                return found.view()
        return contact_of(row).view()

    async def chatbot(self, chatbot_id: str) -> Chatbot | None:
        """From the cache, else from the store."""
        kept = self._chatbots.get(self._account_id, chatbot_id)
        if kept is not None:
            return kept
        row = await self._get(
            self._records.chatbots,
            _id=documents.in_account(self._account_id, chatbot_id),
            account_id=self._account_id,
        )
        if row is None:
            return None
        chatbot = documents.chatbot_of(row)
        self._chatbots.put(self._account_id, chatbot)
        return chatbot

    async def put_chatbot(self, chatbot: Chatbot) -> None:
        """Also drops it from this process's cache."""
        await self._put(self._records.chatbots, documents.chatbot_document(chatbot, self._account_id))
        self._chatbots.drop(self._account_id, chatbot.id)

    async def account(self) -> Account | None:
        """By the id of the account."""
        row = await self._get(self._records.accounts, _id=self._account_id)
        return documents.account_of(row) if row else None

    async def put_account(self, account: Account) -> None:
        """New or not."""
        await self._put(self._records.accounts, documents.account_document(account))

    async def delete_chatbot(self, chatbot_id: str) -> None:
        """Also from this process's cache."""
        await self._records.chatbots.delete_one(
            {"_id": documents.in_account(self._account_id, chatbot_id), "account_id": self._account_id},
            session=self._session,
        )
        self._chatbots.drop(self._account_id, chatbot_id)

    async def person(self, person_id: str) -> Person | None:
        """By id."""
        row = await self._get(
            self._records.people,
            _id=documents.in_account(self._account_id, person_id),
            account_id=self._account_id,
        )
        return documents.person_of(row) if row else None

    async def put_person(self, person: Person) -> None:
        """New or not."""
        await self._put(self._records.people, documents.person_document(person))
