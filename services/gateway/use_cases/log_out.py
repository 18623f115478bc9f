"""Log out: this log-in, or all of the person's."""

from services.gateway.domain.callers import PersonCaller
from services.gateway.domain.ended_sessions import EndedSessions
from services.gateway.use_cases.auditing import Auditing
from services.gateway.use_cases.ports import Families


class LogOut:
    """Its tokens count no more and its sockets are cut, on every replica."""

    def __init__(self, families: Families, ended: EndedSessions, audit: Auditing) -> None:
        self._families = families
        self._ended = ended
        self._audit = audit

    async def __call__(self, caller: PersonCaller, *, everywhere: bool) -> None:
        """A token that names no log-in has none to end; a log-in that has ended already stays ended, but ends
        no others. Raises DomainError `unauthenticated`, TransientError.
        """
        if everywhere:
            self._ended.check(caller.session_id)
            await self._families.revoke_person(caller.person.id)
        elif caller.session_id is not None:
            await self._families.revoke(caller.session_id)
        await self._audit(caller, "log_out_everywhere" if everywhere else "log_out")
