"""What API keys need from outside."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol

from services.gateway.domain.api_keys import ApiKey
from services.gateway.domain.callers import PersonCaller


class ApiKeys(Protocol):
    """Keys in the gateway's store."""

    async def add(self, key: ApiKey, *, most: int) -> ApiKey:
        """Keep a new key; the same id again changes nothing and gives what is kept. Raises DomainError
        `conflict` when `most` keys of the account are not revoked already.
        """
        ...

    async def find(self, key_id: str) -> ApiKey | None:
        """A key by its id, whoever's it is."""
        ...

    async def used(self, key_id: str, moment: datetime) -> None:
        """Note when it was used last."""
        ...

    async def page(self, account_id: str, *, after: str | None, limit: int) -> Sequence[ApiKey]:
        """An account's keys, the newest first, behind the one with the id `after`."""
        ...

    async def revoke(self, account_id: str, key_id: str, moment: datetime) -> ApiKey | None:
        """Make it worthless; the first time counts. None when the account has no such key."""
        ...

    async def revoked_since(self, moment: datetime) -> Sequence[str]:
        """Ids of keys that were revoked after a moment."""
        ...


class IdentifyCaller(Protocol):
    """Whose token it is."""

    async def __call__(self, token: str, *, ended_too: bool = False) -> PersonCaller:
        """With `ended_too` also when a person's log-in has ended. Raises DomainError `unauthenticated`,
        TransientError when nobody can tell.
        """
        ...
