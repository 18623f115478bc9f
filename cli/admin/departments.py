"""parley admin departments: the departments of an account."""

from typing import Annotated

import typer

from cli.admin.account import Limit
from cli.admin.directory import Account, AsJson, Clear, ask, carry_out, given, operator, show, show_all
from libs.contracts.base import SYSTEM
from libs.contracts.directory import (
    AccountView,
    CreateDepartment,
    DeleteDepartment,
    Department,
    GetAccount,
    UpdateDepartment,
)

app = typer.Typer(no_args_is_help=True, help="Departments: create, list, change, delete.")

Id = Annotated[str, typer.Argument(help="The department's id, such as IT.")]
Chatbot = Annotated[str | None, typer.Option(help="The chatbot of tickets that name none.")]
AutoAssign = Annotated[bool | None, typer.Option(help="Whether what is handed off is assigned by itself.")]

_COLUMNS = {
    "id": "id",
    "name": "name",
    "default_chatbot_id": "default chatbot",
    "auto_assign": "assigned by itself",
    "agent_limit": "limit of an agent",
}


@app.command()
def create(
    department_id: Id,
    account: Account,
    name: str | None = None,
    default_chatbot: Chatbot = None,
    auto_assign: AutoAssign = None,
    agent_limit: Limit = None,
    as_json: AsJson = False,
) -> None:
    """A new department."""
    settings = given(default_chatbot_id=default_chatbot, auto_assign=auto_assign, agent_limit=agent_limit)
    department = Department(id=department_id, name=name or department_id, **settings)
    command = CreateDepartment(actor=SYSTEM, department=department)
    show(carry_out(account, command, Department), as_json=as_json)


@app.command("list")
def list_departments(account: Account, as_json: AsJson = False) -> None:
    """Every department."""
    found = ask(account, GetAccount(person=operator(account)), AccountView)
    show_all(found.departments, _COLUMNS, as_json=as_json)


@app.command()
def change(
    department_id: Id,
    account: Account,
    name: str | None = None,
    default_chatbot: Chatbot = None,
    auto_assign: AutoAssign = None,
    agent_limit: Limit = None,
    clear: Clear = None,
    as_json: AsJson = False,
) -> None:
    """Change what is given; the rest stays."""
    settings = given(
        name=name,
        default_chatbot_id=default_chatbot,
        auto_assign=auto_assign,
        agent_limit=agent_limit,
    )
    command = UpdateDepartment(
        actor=SYSTEM, department_id=department_id, cleared=tuple(clear or ()), **settings
    )
    show(carry_out(account, command, Department), as_json=as_json)


@app.command()
def delete(department_id: Id, account: Account) -> None:
    """Remove a department that nothing belongs to any more."""
    carry_out(account, DeleteDepartment(actor=SYSTEM, department_id=department_id), Department)
    typer.echo(f"department {department_id} removed")
