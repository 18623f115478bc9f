"""What the audit trail was told."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from services.gateway.domain.callers import PersonCaller


@dataclass
class RecordedAudit:
    """Each as (who, action, refusal)."""

    told: list[tuple[str, str, str | None]] = field(default_factory=list)
    targets: list[dict[str, str]] = field(default_factory=list)

    async def __call__(
        self,
        caller: PersonCaller,
        action: str,
        *,
        targets: Mapping[str, str] | None = None,
        refused: str | None = None,
    ) -> None:
        self.told.append((caller.person.id, action, refused))
        self.targets.append(dict(targets or {}))
