"""What the audit trail needs from outside."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from libs.contracts.audit import AuditEntry


@dataclass(frozen=True)
class AuditFilter:
    """Which entries; None asks for nothing. `since` is included, `until` is not."""

    actor_id: str | None = None
    action: str | None = None
    target: str | None = None
    result: str | None = None
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True)
class AuditPlace:
    """A place in the trail: behind the entry of this time and id."""

    at: datetime
    entry_id: str


class AuditTrail(Protocol):
    """The trail of one account, read."""

    async def entries(
        self, account_id: str, wanted: AuditFilter, after: AuditPlace | None, limit: int
    ) -> Sequence[AuditEntry]:
        """The newest first."""
