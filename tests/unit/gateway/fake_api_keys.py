"""API keys in memory, and what replicas are told."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from libs.contracts.errors import DomainError, ErrorCode
from services.gateway.domain.api_keys import ApiKey
from tests.unit.gateway.fakes import away


class InMemoryApiKeys:
    def __init__(self) -> None:
        self.rows: dict[str, ApiKey] = {}
        self.away = False

    async def add(self, key: ApiKey, *, most: int) -> ApiKey:
        counting = [one for one in self.rows.values() if one.account_id == key.account_id]
        if key.id not in self.rows and sum(one.revoked_at is None for one in counting) >= most:
            raise DomainError(ErrorCode.CONFLICT, f"An account has at most {most} keys.")
        return self.rows.setdefault(key.id, key)

    async def find(self, key_id: str) -> ApiKey | None:
        if self.away:
            raise away()
        return self.rows.get(key_id)

    async def used(self, key_id: str, moment: datetime) -> None:
        self.rows[key_id] = replace(self.rows[key_id], last_used_at=moment)

    async def page(self, account_id: str, *, after: str | None, limit: int) -> Sequence[ApiKey]:
        mine = sorted(
            (one for one in self.rows.values() if one.account_id == account_id),
            key=lambda one: one.id,
            reverse=True,
        )
        return [one for one in mine if after is None or one.id < after][:limit]

    async def revoke(self, account_id: str, key_id: str, moment: datetime) -> ApiKey | None:
        key = self.rows.get(key_id)
        if key is None or key.account_id != account_id:
            return None
        self.rows[key_id] = replace(key, revoked_at=key.revoked_at or moment)
        return self.rows[key_id]

    async def revoked_since(self, moment: datetime) -> Sequence[str]:
        return [one.id for one in self.rows.values() if one.revoked_at and one.revoked_at > moment]


class Announcements:
    """What every replica was told."""

    def __init__(self) -> None:
        self.told: list[str] = []

    async def __call__(self, session_ids: Sequence[str]) -> None:
        self.told += session_ids
