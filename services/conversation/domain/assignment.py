"""Whose a conversation is. Only people who may see it by role and department can be given it."""

from datetime import datetime

from libs.contracts.base import Actor
from libs.contracts.conversation import Person
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.vocabulary import Role, Status
from libs.contracts.workflow import ConversationAssigned, ConversationTransferred
from services.conversation.domain.conversation_state import ConversationState

#: Nobody works on these.
_OVER = frozenset({Status.CLOSED, Status.ARCHIVED})


def check_assignee(person: Person | None, department: str | None) -> None:
    """Raise DomainError `invalid_assignee` unless the person can be given what belongs to the department.

    Being assigned lets somebody see a conversation, so this must not be a way around departments
    (CVE-2026-27954).
    """
    if person is None or not person.active or not _may_have(person, department):
        raise DomainError(ErrorCode.INVALID_ASSIGNEE, "only an agent of the department can be assigned")


def _may_have(person: Person, department: str | None) -> bool:
    if person.role == Role.ADMIN:
        return True
    return person.role == Role.AGENT and (department is None or department in person.departments)


class AssignableConversation(ConversationState):
    """What can be done about whose it is."""

    @property
    def can_be_assigned(self) -> bool:
        """Whether anybody still works on it."""
        return self.status not in _OVER

    def assign(self, assignee: Person | None, actor: Actor, at: datetime) -> bool:
        """Give it to an agent, or to nobody. False when it is so already, which changes nothing.

        Raises DomainError `invalid_transition` or `invalid_assignee`.
        """
        self._check_open()
        if assignee is not None:
            check_assignee(assignee, self.department)
        former, wanted = self.assignee_id, assignee.id if assignee else None
        if former == wanted:
            return False
        self.assignee_id = wanted
        self._emit(ConversationAssigned, actor, at, former_assignee_id=former)
        self._changed(at)
        return True

    def transfer(
        self,
        department: str,
        assignee: Person | None,
        actor: Actor,
        at: datetime,
        *,
        reason: str | None = None,
    ) -> bool:
        """Move it to a department and, there, to an agent or to nobody. False when it is so already.

        Raises DomainError `invalid_transition` or `invalid_assignee`.
        """
        self._check_open()
        if assignee is not None:
            check_assignee(assignee, department)
        wanted = assignee.id if assignee else None
        before = (self.department, self.assignee_id)
        if before == (department, wanted):
            return False
        self.department, self.assignee_id = department, wanted
        self._emit(
            ConversationTransferred,
            actor,
            at,
            former_department=before[0],
            former_assignee_id=before[1],
            reason=reason,
        )
        self._changed(at)
        return True

    def _check_open(self) -> None:
        if not self.can_be_assigned:
            raise DomainError(
                ErrorCode.INVALID_TRANSITION,
                f"a conversation that is {self.status} is nobody's work",
                conversation_id=self.id,
            )
