"""Notification settings in MongoDB.

notification_settings   {_id: account/person, account_id, person_id, desktop, sound, usual, given_at}
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from pymongo import ASCENDING, IndexModel
from pymongo.errors import DuplicateKeyError

from libs.contracts.notification_settings import NotificationSettings
from libs.runtime.mongo import Store
from services.notify.use_cases.notification_settings import DEFAULT

SETTINGS = "notification_settings"
INDEXES = {
    SETTINGS: [IndexModel([("account_id", ASCENDING), ("usual", ASCENDING)], name="unusual_of_an_account")]
}
#: People of one account whose settings a frame can carry.
MOST = 5_000


class MongoSettings:
    """The port SettingsOfPeople."""

    def __init__(self, store: Store) -> None:
        self._store = store
        self._rows = store.database[SETTINGS]

    async def of(self, account_id: str, person_id: str) -> NotificationSettings | None:
        """By id."""
        with self._store.guarded():
            row = await self._rows.find_one({"_id": _id(account_id, person_id), "account_id": account_id})
        return _settings(row) if row else None

    async def put(
        self, account_id: str, person_id: str, settings: NotificationSettings, given_at: datetime
    ) -> None:
        """The time is in the filter: where a newer row stands, the insert meets its id."""
        row = {
            "account_id": account_id,
            "person_id": person_id,
            **settings.model_dump(),
            "usual": settings == DEFAULT,
            "given_at": given_at,
        }
        older = {"_id": _id(account_id, person_id), "given_at": {"$lt": given_at}}
        with self._store.guarded():
            try:
                await self._rows.update_one(older, {"$set": row}, upsert=True)
            except DuplicateKeyError:
                return

    async def unusual(self, account_id: str) -> Mapping[str, NotificationSettings]:
        """By index."""
        with self._store.guarded():
            rows = await self._rows.find({"account_id": account_id, "usual": False}).limit(MOST).to_list(MOST)
        return {row["person_id"]: _settings(row) for row in rows}


def _id(account_id: str, person_id: str) -> str:
    return f"{account_id}/{person_id}"


def _settings(row: dict[str, Any]) -> NotificationSettings:
    return NotificationSettings(desktop=row["desktop"], sound=row["sound"])
