"""The audit trail, for administrators."""

from base64 import urlsafe_b64decode, urlsafe_b64encode
from dataclasses import dataclass

from libs.contracts.audit import AuditEntry, AuditPage, ListAudit
from libs.contracts.errors import DomainError, ErrorCode
from services.conversation.domain.policy import actor_of, require_admin
from services.conversation.use_cases.audit_ports import AuditFilter, AuditPlace, AuditTrail
from services.conversation.use_cases.cursor_moment import moment_of
from services.conversation.use_cases.ports import Call


@dataclass(frozen=True)
class ListAuditForAdmin:
    """Takes ListAudit."""

    trail: AuditTrail

    async def __call__(self, query: ListAudit, call: Call) -> AuditPage:
        """A page. Raises DomainError `forbidden`, `invalid` for what is no cursor."""
        require_admin(actor_of(query.person, call.account_id))
        wanted = AuditFilter(
            actor_id=query.actor_id,
            action=query.action,
            target=query.target,
            result=query.result,
            since=query.since,
            until=query.until,
        )
        after = _place(query.cursor) if query.cursor else None
        found = await self.trail.entries(call.account_id, wanted, after, query.page_size + 1)
        shown = tuple(found[: query.page_size])
        return AuditPage(items=shown, next_cursor=_cursor(shown[-1]) if len(found) > len(shown) else None)


def _cursor(entry: AuditEntry) -> str:
    return urlsafe_b64encode(f"{entry.at.isoformat()} {entry.id}".encode()).decode()


def _place(cursor: str) -> AuditPlace:
    try:
        at, entry_id = urlsafe_b64decode(cursor.encode()).decode().split(" ", 1)
        return AuditPlace(moment_of(at), entry_id)
    except ValueError as error:
        raise DomainError(ErrorCode.INVALID, "this is not a cursor of this list") from error
