"""parley admin account: an account and its settings."""

from typing import Annotated

import typer

from cli.admin.directory import Account, AsJson, Clear, ask, carry_out, given, operator, show
from libs.contracts.base import SYSTEM, Contract
from libs.contracts.conversation import RegisterAccount
from libs.contracts.directory import AccountView, GetAccount, UpdateAccount

app = typer.Typer(no_args_is_help=True, help="The account: create, get, change.")

Limit = Annotated[int | None, typer.Option(min=1, max=1000, help="Open conversations of one agent.")]


@app.command()
def create(
    account_id: Annotated[str, typer.Argument(help="Its id, for good.")],
    name: Annotated[str, typer.Option(help="Its name.")],
    department: Annotated[list[str] | None, typer.Option(help="Several times for several.")] = None,
) -> None:
    """A new account, or another name and other departments of one that is there."""
    command = RegisterAccount(
        actor=SYSTEM, account_id=account_id, name=name, departments=tuple(department or ())
    )
    carry_out(account_id, command, Contract)
    typer.echo(f"account {account_id} is there")


@app.command()
def get(account: Account, as_json: AsJson = False) -> None:
    """The account with its departments."""
    show(ask(account, GetAccount(person=operator(account)), AccountView), as_json=as_json)


@app.command()
def change(
    account: Account,
    name: str | None = None,
    auto_assign: Annotated[
        bool | None, typer.Option(help="Whether what has no department is assigned by itself.")
    ] = None,
    agent_limit: Limit = None,
    labels_by_admins: Annotated[bool | None, typer.Option(help="Whether agents make no labels.")] = None,
    clear: Clear = None,
    as_json: AsJson = False,
) -> None:
    """Change what is given; the rest stays."""
    command = UpdateAccount(
        actor=SYSTEM,
        cleared=tuple(clear or ()),
        **given(
            name=name,
            auto_assign=auto_assign,
            agent_limit=agent_limit,
            labels_by_admins=labels_by_admins,
        ),
    )
    show(carry_out(account, command, AccountView), as_json=as_json)
