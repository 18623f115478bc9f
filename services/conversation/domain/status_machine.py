"""The table of statuses: what each command makes of each status, and where it is refused."""

from enum import StrEnum

from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.vocabulary import Status


class StatusCommand(StrEnum):
    """What can be asked of a conversation's status."""

    HAND_OFF = "hand_off"
    RETURN_TO_AI = "return_to_ai"
    RESOLVE = "resolve"
    CLOSE = "close"
    REOPEN = "reopen"
    ARCHIVE = "archive"
    UNARCHIVE = "unarchive"


#: A command that leads to the status it starts from is answered as done and changes nothing. What is missing
#: here is refused, but for the two cells that depend on the past (see `target_of`).
_TABLE: dict[Status, dict[StatusCommand, Status]] = {
    Status.ACTIVE: {
        StatusCommand.HAND_OFF: Status.HANDED_OFF,
        StatusCommand.RETURN_TO_AI: Status.ACTIVE,
        StatusCommand.RESOLVE: Status.RESOLVED,
        StatusCommand.CLOSE: Status.CLOSED,
        StatusCommand.ARCHIVE: Status.ARCHIVED,
    },
    Status.HANDED_OFF: {
        StatusCommand.HAND_OFF: Status.HANDED_OFF,
        StatusCommand.RETURN_TO_AI: Status.ACTIVE,
        StatusCommand.RESOLVE: Status.RESOLVED,
        StatusCommand.CLOSE: Status.CLOSED,
        StatusCommand.ARCHIVE: Status.ARCHIVED,
    },
    Status.RESOLVED: {
        StatusCommand.HAND_OFF: Status.HANDED_OFF,
        StatusCommand.RETURN_TO_AI: Status.ACTIVE,
        StatusCommand.RESOLVE: Status.RESOLVED,
        StatusCommand.CLOSE: Status.CLOSED,
        StatusCommand.ARCHIVE: Status.ARCHIVED,
    },
    Status.CLOSED: {
        StatusCommand.CLOSE: Status.CLOSED,
        StatusCommand.REOPEN: Status.ACTIVE,
        StatusCommand.ARCHIVE: Status.ARCHIVED,
    },
    Status.ARCHIVED: {StatusCommand.ARCHIVE: Status.ARCHIVED},
}


def target_of(
    command: StatusCommand, status: Status, *, assigned: bool, before_archive: Status | None
) -> Status:
    """Where a command leads. `assigned`: somebody is, or was when it was resolved. Raises DomainError
    `invalid_transition` where the table has no way.
    """
    if command is StatusCommand.REOPEN and status is Status.RESOLVED:
        return Status.HANDED_OFF if assigned else Status.ACTIVE
    if command is StatusCommand.UNARCHIVE and before_archive is not None:
        return before_archive
    target = _TABLE[status].get(command)
    if target is None:
        raise DomainError(
            ErrorCode.INVALID_TRANSITION, f"{command} is not possible while a conversation is {status}"
        )
    return target
