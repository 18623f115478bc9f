"""Whose work a conversation is, and where it waits for somebody."""

from dataclasses import dataclass

from libs.contracts.vocabulary import Status

#: Somebody, or the AI, is still at it.
_OPEN = frozenset({Status.ACTIVE, Status.HANDED_OFF})


@dataclass(frozen=True)
class Work:
    """`holder`: whose open work it is. `waits`: it is handed off and nobody's, in `department`."""

    holder: str | None = None
    waits: bool = False
    department: str | None = None


NO_WORK = Work()


def work_of(status: Status, department: str | None, assignee_id: str | None) -> Work:
    """The work in a conversation."""
    holder = assignee_id if status in _OPEN else None
    waits = status is Status.HANDED_OFF and assignee_id is None
    return Work(holder, waits, department if waits else None)


def calls_for_assigning(before: Work, after: Work) -> bool:
    """Whether a change may let something be assigned: it waits, there, only now; or somebody is freed."""
    freed = before.holder is not None and before.holder != after.holder
    return freed or (after.waits and before != after)
