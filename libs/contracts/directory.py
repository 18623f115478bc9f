"""The account and its departments, as administrators set them up.

Every command goes to the account's partition. Who may give it is the conversation service's rule.
"""

from typing import Annotated

from pydantic import Field

from libs.contracts.base import Command, Contract, Id, Name, Query
from libs.contracts.conversation import Person

#: Open conversations that one agent may have before automatic assignment passes them over.
AgentLimit = Annotated[int, Field(ge=1, le=1000)]
#: Fields that a change empties.
Cleared = Annotated[tuple[Annotated[str, Field(max_length=64)], ...], Field(max_length=16)]


class Department(Contract):
    """A part of the account's people. `default_chatbot_id` takes the tickets that name no chatbot.

    With `auto_assign`, what is handed off to the department goes to the agent with the least open work who
    is present and has fewer than `agent_limit` open conversations; without a limit any number will do.
    """

    id: Id
    name: Name = ""
    default_chatbot_id: Id | None = None
    auto_assign: bool = False
    agent_limit: AgentLimit | None = None


class AccountView(Contract):
    """The account. `auto_assign` and `agent_limit` are for conversations that belong to no department.
    `labels_by_admins`: agents use the labels there are, and make none.
    """

    id: Id
    name: Name
    auto_assign: bool = False
    agent_limit: AgentLimit | None = None
    labels_by_admins: bool = False
    departments: tuple[Department, ...] = Field(default=(), max_length=256)


class GetAccount(Query, type="get_account.v1"):
    """The caller's account with its departments; `forbidden` for requesters."""

    person: Person


class UpdateAccount(Command, type="update_account.v1"):
    """Change the account. What is None stays, what is named in `cleared` is emptied."""

    name: Name | None = None
    auto_assign: bool | None = None
    agent_limit: AgentLimit | None = None
    labels_by_admins: bool | None = None
    cleared: Cleared = ()


class CreateDepartment(Command, type="create_department.v1"):
    """A new department; `conflict` when there is one of this id."""

    department: Department


class UpdateDepartment(Command, type="update_department.v1"):
    """Change a department. What is None stays, what is named in `cleared` is emptied."""

    department_id: Id
    name: Name | None = None
    default_chatbot_id: Id | None = None
    auto_assign: bool | None = None
    agent_limit: AgentLimit | None = None
    cleared: Cleared = ()


class DeleteDepartment(Command, type="delete_department.v1"):
    """Remove a department; `conflict` while people, chatbots or open conversations belong to it. The answer
    is the department as it was.
    """

    department_id: Id
