"""Make an API key. Its secret is told once and kept nowhere."""

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime

from libs.contracts.errors import DomainError, ErrorCode
from services.gateway.domain import api_keys, refresh_tokens
from services.gateway.domain.api_keys import ApiKey
from services.gateway.domain.callers import PersonCaller
from services.gateway.use_cases.api_key_ports import ApiKeys
from services.gateway.use_cases.auditing import Auditing
from services.gateway.use_cases.ports import Now


@dataclass(frozen=True, slots=True)
class MadeKey:
    """A key with the token its holder shall have."""

    key: ApiKey
    token: str


class CreateApiKey:
    """For whoever runs the account. `make_secret` gives the secret of an id: where a request can come twice,
    the same one each time.
    """

    def __init__(self, keys: ApiKeys, now: Now, make_secret: Callable[[str], str], audit: Auditing) -> None:
        self._keys = keys
        self._now = now
        self._make_secret = make_secret
        self._audit = audit

    async def __call__(
        self,
        caller: PersonCaller,
        *,
        id: str,  # noqa: A002 - the key's attribute
        name: str,
        scopes: Collection[str],
        expires_at: datetime | None = None,
    ) -> MadeKey:
        """Raises DomainError `forbidden`, `invalid` or `conflict`."""
        api_keys.check_scopes(caller, scopes)
        moment = self._now()
        if expires_at is not None and expires_at <= moment:
            raise DomainError(ErrorCode.INVALID, "expires_at: is over already")
        secret = self._make_secret(id)
        key = ApiKey(
            id=id,
            account_id=caller.account_id,
            name=name,
            scopes=frozenset(scopes),
            digest=refresh_tokens.digest(secret),
            created_by=caller.person.id,
            created_at=moment,
            expires_at=expires_at,
        )
        kept = await self._keys.add(key, most=api_keys.MOST)
        await self._audit(caller, "create_api_key", targets={"api_key": kept.id})
        return MadeKey(kept, api_keys.join(id, secret))
