"""The account with its departments, and the rules about changing them."""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Any

from libs.contracts.base import Contract
from libs.contracts.directory import AccountView, Department, UpdateAccount, UpdateDepartment
from libs.contracts.errors import DomainError, ErrorCode

#: Departments of one account.
MOST_DEPARTMENTS = 256
_OF_ACCOUNT = ("name", "auto_assign", "agent_limit", "labels_by_admins")


@dataclass(frozen=True)
class Account:
    """A tenant. `auto_assign` and `agent_limit` are for conversations without a department;
    `labels_by_admins`: nobody else makes labels.
    """

    id: str
    name: str
    departments: tuple[Department, ...] = ()
    auto_assign: bool = False
    agent_limit: int | None = None
    labels_by_admins: bool = False

    def view(self) -> AccountView:
        """As people see it."""
        return AccountView(
            id=self.id,
            name=self.name,
            auto_assign=self.auto_assign,
            agent_limit=self.agent_limit,
            labels_by_admins=self.labels_by_admins,
            departments=self.departments,
        )

    def has(self, departments: Iterable[str]) -> bool:
        """Whether these are all departments of the account."""
        return set(departments) <= {one.id for one in self.departments}

    def department(self, department_id: str) -> Department:
        """One of them. Raises DomainError `not_found`."""
        for one in self.departments:
            if one.id == department_id:
                return one
        raise DomainError(ErrorCode.NOT_FOUND, "the account has no such department")

    def renamed(self, name: str, departments: Iterable[str]) -> "Account":
        """With this name and exactly these departments; those that stay keep their settings."""
        known = {one.id: one for one in self.departments}
        listed = tuple(known.get(id_) or Department(id=id_, name=id_) for id_ in dict.fromkeys(departments))
        return replace(self, name=name, departments=listed)

    def changed(self, changes: UpdateAccount) -> "Account":
        """With these changes. Raises DomainError `invalid`."""
        return replace(self, **fields_of(changes, _OF_ACCOUNT, {"agent_limit"}))

    def with_new(self, department: Department) -> "Account":
        """With one more. Raises DomainError `conflict` when it is there, `invalid` when they are too many."""
        if self.has([department.id]):
            raise DomainError(ErrorCode.CONFLICT, "there is a department of this id already")
        if len(self.departments) >= MOST_DEPARTMENTS:
            raise DomainError(ErrorCode.INVALID, f"an account has at most {MOST_DEPARTMENTS} departments")
        return replace(self, departments=(*self.departments, department))

    def with_changed(self, changes: UpdateDepartment) -> "Account":
        """With one of them changed. Raises DomainError `not_found`, `invalid`."""
        before = self.department(changes.department_id)
        after = before.model_copy(
            update=fields_of(
                changes,
                ("name", "default_chatbot_id", "auto_assign", "agent_limit"),
                {"default_chatbot_id", "agent_limit"},
            )
        )
        kept = tuple(after if one is before else one for one in self.departments)
        return replace(self, departments=kept)

    def without(self, department_id: str) -> "Account":
        """Without one of them. Raises DomainError `not_found`."""
        gone = self.department(department_id)
        return replace(self, departments=tuple(one for one in self.departments if one is not gone))


def fields_of(changes: Contract, names: Iterable[str], clearable: set[str]) -> dict[str, Any]:
    """What a change sets: the fields that are given, and those that are cleared. Raises DomainError `invalid`
    for one that cannot be cleared.
    """
    cleared = set(getattr(changes, "cleared", ()))
    if not cleared <= clearable:
        raise DomainError(ErrorCode.INVALID, "there is no such field to clear")
    given = {name: getattr(changes, name) for name in names}
    return {name: value for name, value in given.items() if value is not None} | dict.fromkeys(cleared)
