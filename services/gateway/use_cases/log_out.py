"""Log out: this log-in, or all of the person's."""

from services.gateway.domain.callers import PersonCaller
from services.gateway.domain.ended_sessions import EndedSessions
from services.gateway.use_cases.auditing import Auditing
from services.gateway.use_cases.ended_tokens import EndedTokens
from services.gateway.use_cases.ports import Announce, Families


class LogOut:
    """Its tokens count no more and its sockets are cut, on every replica. Of an outside identity provider's
    session that is the token alone: its others are the provider's to end.
    """

    def __init__(
        self, families: Families, tokens: EndedTokens, ended: EndedSessions, end: Announce, audit: Auditing
    ) -> None:
        self._families = families
        self._tokens = tokens
        self._ended = ended
        self._end = end
        self._audit = audit

    async def __call__(self, caller: PersonCaller, *, everywhere: bool) -> None:
        """A token that names no log-in has none to end; a log-in that has ended already stays ended, but ends
        no others. Raises DomainError `unauthenticated`, TransientError.
        """
        if everywhere:
            self._ended.check(caller.session_id)
            await self._families.revoke_person(caller.person.id, caller.account_id)
        if caller.session_id is not None and caller.vouched is not None:
            await self._tokens.end(caller.session_id, caller.vouched.ends_at)
            await self._end([caller.session_id])
        elif caller.session_id is not None and not everywhere:
            await self._families.revoke(caller.session_id)
        await self._audit(caller, "log_out_everywhere" if everywhere else "log_out")
