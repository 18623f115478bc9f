"""The API keys of an account."""

from collections.abc import Sequence
from dataclasses import dataclass

from services.gateway.domain.api_keys import ApiKey
from services.gateway.domain.callers import PersonCaller
from services.gateway.use_cases.api_key_ports import ApiKeys


@dataclass(frozen=True, slots=True)
class KeyPage:
    """Keys, the newest first; `next_cursor` leads to the next page."""

    keys: Sequence[ApiKey]
    next_cursor: str | None


class ListApiKeys:
    """Revoked ones, too: whoever looks into what happened wants to see them."""

    def __init__(self, keys: ApiKeys) -> None:
        self._keys = keys

    async def __call__(self, caller: PersonCaller, *, cursor: str | None, page_size: int) -> KeyPage:
        """A page. Raises TransientError."""
        found = await self._keys.page(caller.account_id, after=cursor, limit=page_size + 1)
        keys = found[:page_size]
        return KeyPage(keys, keys[-1].id if len(found) > page_size else None)
