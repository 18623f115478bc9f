"""API keys: `prl_<id>.<secret>`, of which only the secret's digest is stored.

The first letters tell secret scanners, and people, what was found somewhere it should not be.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from libs.contracts.api_keys import KEY_ROLE
from libs.contracts.conversation import Person
from libs.contracts.errors import DomainError, ErrorCode
from services.gateway.domain import refresh_tokens
from services.gateway.domain.callers import PersonCaller

PREFIX = "prl_"
#: Keys of an account that may count at once.
MOST = 100
#: A caller is looked at again at least this often; a socket of a key ends then, and resumes.
_LONGEST = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class ApiKey:
    """One key. `digest` is that of its secret; a key without `expires_at` counts until it is revoked."""

    id: str
    account_id: str
    name: str
    scopes: frozenset[str]
    digest: str
    created_by: str
    created_at: datetime
    expires_at: datetime | None = None
    revoked_at: datetime | None = None
    last_used_at: datetime | None = None

    def counts_at(self, moment: datetime) -> bool:
        """Whether it is neither revoked nor past its end."""
        return self.revoked_at is None and (self.expires_at is None or moment < self.expires_at)

    def caller(self, moment: datetime) -> PersonCaller:
        """Who calls with it: the key itself, not the person who made it."""
        person = Person(
            id=self.id, account_id=self.account_id, email="", name=self.name, role=KEY_ROLE, departments=()
        )
        soon = moment + _LONGEST
        return PersonCaller(person, min(self.expires_at or soon, soon), self.id, self.scopes)


def looks_like_key(token: str) -> bool:
    """Whether a token says that it is a key."""
    return token.startswith(PREFIX)


def join(key_id: str, secret: str) -> str:
    """The key as its holder has it."""
    return f"{PREFIX}{refresh_tokens.join(key_id, secret)}"


def split(token: str) -> tuple[str, str] | None:
    """Id and secret, or None for what is no key."""
    return refresh_tokens.split(token.removeprefix(PREFIX))


def check_scopes(caller: PersonCaller, wanted: Collection[str]) -> None:
    """Raise DomainError `forbidden` when a key would make a key that may do what it may not do itself."""
    if caller.is_key and not caller.scopes.issuperset(wanted):
        raise DomainError(ErrorCode.FORBIDDEN, "A key gives no scope that it does not have.")
