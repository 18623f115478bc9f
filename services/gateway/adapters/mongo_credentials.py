"""Password hashes in the gateway's own database."""

from typing import Any

from pymongo import IndexModel
from pymongo.errors import DuplicateKeyError

from libs.contracts.errors import DomainError, ErrorCode
from libs.runtime.mongo import Store
from services.gateway.use_cases.ports import Credential

COLLECTION = "credentials"
INDEXES = {COLLECTION: [IndexModel("email", name="one_person_an_address", unique=True)]}


class MongoCredentials:
    """One row a person."""

    def __init__(self, store: Store) -> None:
        self._store = store

    async def find(self, email: str) -> Credential | None:
        """The credential of an address, which is always a string: no operator can get in here."""
        with self._store.guarded():
            row = await self._store.database[COLLECTION].find_one({"email": {"$eq": str(email)}})
        return _credential(row) if row else None

    async def set(self, credential: Credential) -> bool:
        """Upsert by person, unless the stored one is newer. True when another password was there before."""
        fields = {
            "account_id": credential.account_id,
            "email": credential.email,
            "password_hash": credential.password_hash,
            "set_at": credential.set_at,
        }
        try:
            with self._store.guarded():
                before: dict[str, Any] | None = await self._store.database[COLLECTION].find_one_and_update(
                    {"_id": credential.person_id, "set_at": {"$lte": credential.set_at}},
                    {"$set": fields},
                    upsert=True,
                )
        except DuplicateKeyError as error:
            if "email" in (error.details or {}).get("keyPattern", {}):
                raise DomainError(ErrorCode.CONFLICT, "The address belongs to somebody else.") from error
            return False  # a newer one is there: the upsert met its row
        return before is not None and bool(before["password_hash"] != credential.password_hash)

    async def readdress(self, person_id: str, account_id: str, email: str) -> str | None:
        """One update; the unique index says whether the address is free."""
        try:
            with self._store.guarded():
                before: dict[str, Any] | None = await self._store.database[COLLECTION].find_one_and_update(
                    {"_id": person_id, "account_id": account_id}, {"$set": {"email": email}}
                )
        except DuplicateKeyError as error:
            raise DomainError(ErrorCode.CONFLICT, "The address belongs to somebody else.") from error
        return str(before["email"]) if before else None

    async def remove(self, person_id: str, account_id: str) -> bool:
        """By person."""
        wanted = {"_id": person_id, "account_id": account_id}
        with self._store.guarded():
            gone = await self._store.database[COLLECTION].delete_one(wanted)
        return gone.deleted_count > 0


def _credential(row: dict[str, Any]) -> Credential:
    return Credential(
        person_id=row["_id"],
        account_id=row["account_id"],
        email=row["email"],
        password_hash=row["password_hash"],
        set_at=row["set_at"],
    )
