"""Log-ins whose end every replica hears of at once."""

from collections.abc import Sequence
from datetime import datetime

from services.gateway.domain.ended_sessions import name_of
from services.gateway.domain.refresh_tokens import Family
from services.gateway.use_cases.ports import Announce, Families


class AnnouncedFamilies:
    """Families as they are, but for their end: stored first, then known here, then told to the others.

    Whoever does not hear of it reads it from the store (FollowSessionEnds).
    """

    def __init__(self, families: Families, end: Announce) -> None:
        self._families = families
        self._end = end

    async def start(self, family: Family) -> None:
        """Remember a new log-in."""
        await self._families.start(family)

    async def find(self, family_id: str) -> Family | None:
        """A log-in by its id."""
        return await self._families.find(family_id)

    async def rotate(self, family: Family, *, presented: str) -> bool:
        """Replace the current secret."""
        return await self._families.rotate(family, presented=presented)

    async def revoke(self, family_id: str) -> None:
        """End one log-in."""
        await self._families.revoke(family_id)
        await self._end([family_id])

    async def revoke_person(self, person_id: str, account_id: str) -> Sequence[str]:
        """End every log-in of a person, and have it looked up again who they are whom an outside identity
        provider has vouched for.
        """
        ended = await self._families.revoke_person(person_id, account_id)
        await self._end([*ended, name_of(person_id, account_id)])
        return ended

    async def revoked_since(self, moment: datetime) -> Sequence[str]:
        """Log-ins that ended after a moment."""
        return await self._families.revoked_since(moment)
