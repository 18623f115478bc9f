"""Port: tokens of an outside identity provider that were logged out with."""

from collections.abc import Sequence
from datetime import datetime
from typing import Protocol


class EndedTokens(Protocol):
    """Remembers each until it would have ended by itself."""

    async def end(self, token_id: str, until: datetime) -> None:
        """Refuse it from now on. Raises TransientError."""
        ...

    async def revoked_since(self, moment: datetime) -> Sequence[str]:
        """All that would have counted after a moment, whenever they were ended: some outlast what replicas
        remember. Raises TransientError.
        """
        ...
