"""What the gateway does, or refuses, by itself, for the audit trail. The rest is kept where it is done."""

from collections.abc import Mapping
from typing import Protocol

from services.gateway.domain.callers import PersonCaller


class Auditing(Protocol):
    """Tells the audit trail. Raises nothing: an action that was done is not undone for want of its entry."""

    async def __call__(
        self,
        caller: PersonCaller,
        action: str,
        *,
        targets: Mapping[str, str] | None = None,
        refused: str | None = None,
    ) -> None:
        """`targets` names what it was on, by kind; `refused` is the code of a refusal."""
        ...
