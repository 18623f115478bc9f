"""Make an API key worthless."""

from libs.contracts.errors import DomainError, ErrorCode
from services.gateway.domain.api_keys import ApiKey
from services.gateway.domain.callers import PersonCaller
from services.gateway.use_cases.api_key_ports import ApiKeys
from services.gateway.use_cases.auditing import Auditing
from services.gateway.use_cases.ports import Announce, Now


class RevokeApiKey:
    """It counts no more from the next request on, on every replica; its sockets are cut."""

    def __init__(self, keys: ApiKeys, end: Announce, now: Now, audit: Auditing) -> None:
        self._keys = keys
        self._end = end
        self._now = now
        self._audit = audit

    async def __call__(self, caller: PersonCaller, key_id: str) -> ApiKey:
        """The key as it is now; revoked again, nothing changes. Raises DomainError `not_found`."""
        key = await self._keys.revoke(caller.account_id, key_id, self._now())
        if key is None:
            raise DomainError(ErrorCode.NOT_FOUND, "There is no such key.")
        await self._end([key.id])
        await self._audit(caller, "revoke_api_key", targets={"api_key": key.id})
        return key
