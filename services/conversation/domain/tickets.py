"""The status of a ticket: one table, read by the views and by the store's filters."""

from libs.contracts.vocabulary import Status, TicketStatus

#: A ticket status is any of these: a status of the conversation, and whether somebody (a department or a
#: person) is responsible. None: it does not matter.
CELLS: dict[TicketStatus, tuple[tuple[Status, bool | None], ...]] = {
    TicketStatus.OPEN: ((Status.ACTIVE, None), (Status.HANDED_OFF, False)),
    TicketStatus.ASSIGNED: ((Status.HANDED_OFF, True),),
    TicketStatus.RESOLVED: ((Status.RESOLVED, None),),
    TicketStatus.CLOSED: ((Status.CLOSED, None),),
}

_BY_CELL = {
    (status, owned): ticket
    for ticket, cells in CELLS.items()
    for status, matters in cells
    for owned in ((True, False) if matters is None else (matters,))
}


def ticket_status(
    status: Status, *, department: str | None, assignee_id: str | None, before_archive: Status | None = None
) -> TicketStatus:
    """Where a ticket stands. An archived one stands where it stood before."""
    if status is Status.ARCHIVED:
        status = before_archive or Status.CLOSED
    return _BY_CELL[status, department is not None or assignee_id is not None]
