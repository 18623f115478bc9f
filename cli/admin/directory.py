"""What the nouns of `parley admin` share: the way to the conversation service, as an account's operator."""

import json
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any, TypeVar

import typer
from pydantic import BaseModel
from rich.console import Console
from rich.table import Table

from cli.environment import Environment, run
from libs.contracts import topology
from libs.contracts.base import Command, Query
from libs.contracts.conversation import Person
from libs.contracts.vocabulary import Role
from libs.runtime.ids import new_id
from libs.runtime.rpc import RpcClient

A = TypeVar("A", bound=BaseModel)

Account = Annotated[str, typer.Option(help="The account's id.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document, for programs.")]
Clear = Annotated[list[str] | None, typer.Option(help="A field that is emptied; several times for several.")]

#: Seconds one command may take.
_LIMIT = 15.0


def operator(account: str) -> Person:
    """Whoever has the command line asks as an administrator of the account."""
    return Person(id="operator", account_id=account, email="", name="operator", role=Role.ADMIN)


@asynccontextmanager
async def _rpc() -> AsyncIterator[RpcClient]:
    client = RpcClient(Environment().rabbitmq_url, "parley admin")
    try:
        yield client
    finally:
        await client.close()


async def command_of(account: str, command: Command, answer: type[A]) -> A:
    """Have a command carried out by the conversation service. Raises DomainError, TransientError."""
    async with _rpc() as rpc:
        result = await rpc.command(
            command,
            exchange=topology.CONVERSATION_COMMANDS,
            routing_key=f"{topology.account_command_partition(account)}.{command.type}",
            account_id=account,
            id=new_id(),
            time_limit=_LIMIT,
        )
    return answer.model_validate(result)


async def gateway_command(account: str, command: Command) -> None:
    """Have a command carried out by the gateway. Raises DomainError, TransientError."""
    async with _rpc() as rpc:
        await rpc.command(
            command,
            exchange=topology.GATEWAY_COMMANDS,
            routing_key=command.type,
            account_id=account,
            id=new_id(),
            time_limit=_LIMIT,
        )


async def _ask(account: str, query: Query, answer: type[A]) -> A:
    async with _rpc() as rpc:
        return await rpc.ask(query, service="conversation", account_id=account, answer=answer)


def carry_out(account: str, command: Command, answer: type[A]) -> A:
    """The same for a command line: failures become a line and an exit code."""
    return run(command_of(account, command, answer))


def ask(account: str, query: Query, answer: type[A]) -> A:
    """Ask the conversation service."""
    return run(_ask(account, query, answer))


def given(**fields: Any) -> dict[str, Any]:
    """The options that were given."""
    return {name: value for name, value in fields.items() if value is not None}


def show(found: BaseModel, *, as_json: bool) -> None:
    """One thing, for people or for programs."""
    row = found.model_dump(mode="json")
    if as_json:
        typer.echo(json.dumps(row, indent=2, ensure_ascii=False))
        return
    for name, value in row.items():
        typer.echo(f"{name:20} {_word(value)}")


def show_all(rows: Sequence[BaseModel], columns: Mapping[str, str], *, as_json: bool) -> None:
    """A table, or all of it as JSON."""
    dumped = [row.model_dump(mode="json") for row in rows]
    if as_json:
        typer.echo(json.dumps(dumped, indent=2, ensure_ascii=False))
        return
    table = Table(*columns.values())
    for row in dumped:
        table.add_row(*(_word(row[name]) for name in columns))
    Console(width=max(160, Console().width)).print(table)


def _word(value: Any) -> str:
    if isinstance(value, list):
        return ", ".join(_word(one) if not isinstance(one, dict) else str(one["id"]) for one in value)
    return "-" if value is None else str(value)
