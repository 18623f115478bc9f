"""Log out: this log-in, or all of the person's."""

from services.gateway.domain.callers import PersonCaller
from services.gateway.use_cases.ports import Families


class LogOut:
    """Its tokens count no more and its sockets are cut, on every replica."""

    def __init__(self, families: Families) -> None:
        self._families = families

    async def __call__(self, caller: PersonCaller, *, everywhere: bool) -> None:
        """A token that names no log-in has none to end. Raises TransientError."""
        if everywhere:
            await self._families.revoke_person(caller.person.id)
        elif caller.session_id is not None:
            await self._families.revoke(caller.session_id)
