"""parley connections: the channels of an account's chatbots, through the running delivery service."""

import json
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.environment import Environment, run
from libs.contracts import topology
from libs.contracts.base import SYSTEM, Command
from libs.contracts.connections import (
    ChangeConnection,
    CheckConnection,
    ConnectionAnswer,
    ConnectionMade,
    ConnectionPage,
    ConnectionView,
    DisconnectChannel,
    ListConnections,
    ReadConnection,
)
from libs.contracts.delivery import ConnectChannel
from libs.contracts.vocabulary import Channel
from libs.runtime.crypto import SealedBox, decode_key
from libs.runtime.ids import new_id
from libs.runtime.rpc import RpcClient

app = typer.Typer(
    no_args_is_help=True,
    help="Connect, test, rotate and disconnect channels. Credentials are read from standard input, as a JSON "
    "object of texts, so that they stand in no list of processes.",
)

#: Seconds: the platform is asked twice at most, ten seconds each.
_LIMIT = 25.0
_PAGE = 100

Account = Annotated[str, typer.Option(help="The account's id.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document, for programs.")]
ConnectionId = Annotated[str, typer.Argument(help="As `list` shows it.")]


@asynccontextmanager
async def _rpc() -> AsyncIterator[RpcClient]:
    rpc = RpcClient(Environment().rabbitmq_url, "parley connections")
    try:
        yield rpc
    finally:
        await rpc.close()


async def _carry_out(command: Command, account: str) -> dict[str, Any]:
    async with _rpc() as rpc:
        return await rpc.command(
            command,
            exchange=topology.DELIVERY_COMMANDS,
            routing_key=command.type,
            account_id=account,
            id=new_id(),
            time_limit=_LIMIT,
        )


def _sealed(connection_id: str) -> str | None:
    """The credentials on standard input, sealed for this connection; None without any."""
    text = "" if sys.stdin.isatty() else sys.stdin.read().strip()
    if not text:
        return None
    try:
        given = json.loads(text)
    except ValueError as error:
        raise typer.BadParameter("the credentials are no JSON object") from error
    if not isinstance(given, dict) or not all(isinstance(value, str) for value in given.values()):
        raise typer.BadParameter("the credentials are no JSON object of texts")
    return _box().seal(json.dumps(given).encode(), context=f"connect:{connection_id}")


def _box() -> SealedBox:
    key = Environment().parley_secret_key
    if key is None:
        raise typer.BadParameter("PARLEY_SECRET_KEY is not set: nothing can be sealed or opened")
    return SealedBox(decode_key(key.get_secret_value()))


def _made(found: dict[str, Any]) -> dict[str, Any]:
    """The answer with the credentials that were generated readable: it is the only one that has them."""
    answer = ConnectionAnswer.model_validate(found)
    generated: dict[str, str] = {}
    if answer.sealed_generated is not None:
        generated = json.loads(_box().open(answer.sealed_generated, context=f"generated:{answer.id}"))
    view = answer.model_dump(exclude={"sealed_generated"})
    return ConnectionMade(**view, generated_credentials=generated).model_dump(mode="json")


def _settings(given: list[str] | None) -> dict[str, Any]:
    """`name=value`, the value as JSON where it is some."""
    settings: dict[str, Any] = {}
    for one in given or []:
        name, separator, value = one.partition("=")
        if not separator or not name:
            raise typer.BadParameter(f"{one} is not name=value")
        try:
            settings[name] = json.loads(value)
        except ValueError:
            settings[name] = value
    return settings


Setting = Annotated[list[str] | None, typer.Option(help="A setting, name=value; several times for several.")]


@app.command("list")
def list_connections(account: Account, chatbot: str | None = None, as_json: AsJson = False) -> None:
    """The account's connections."""
    found = run(_all(account, chatbot))
    if as_json:
        typer.echo(json.dumps([one.model_dump(mode="json") for one in found], indent=2))
        return
    if not found:
        typer.echo("no connections")
        return
    table = Table("id", "channel", "chatbot", "name", "status", "reason")
    for one in found:
        table.add_row(one.id, one.channel, one.chatbot_id, one.name, one.status, one.reason or "")
    Console(width=max(160, Console().width)).print(table)


async def _all(account: str, chatbot: str | None) -> list[ConnectionView]:
    found: list[ConnectionView] = []
    cursor: str | None = None
    async with _rpc() as rpc:
        while True:
            query = ListConnections(chatbot_id=chatbot, cursor=cursor, page_size=_PAGE)
            page = await rpc.ask(query, service="delivery", account_id=account, answer=ConnectionPage)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                return found


@app.command()
def show(connection_id: ConnectionId, account: Account) -> None:
    """One connection, as JSON; of its credentials the names."""
    _print(run(_read(account, connection_id)))


async def _read(account: str, connection_id: str) -> dict[str, Any]:
    async with _rpc() as rpc:
        query = ReadConnection(connection_id=connection_id)
        found = await rpc.ask(query, service="delivery", account_id=account, answer=ConnectionView)
        return found.model_dump(mode="json")


@app.command()
def connect(
    channel: Annotated[Channel, typer.Argument(help="Which platform.")],
    account: Account,
    chatbot: Annotated[str, typer.Option(help="The chatbot's id.")],
    name: str = "",
    connection_id: Annotated[str | None, typer.Option("--id", help="By default a new one.")] = None,
    setting: Setting = None,
) -> None:
    """Connect a channel. Exit code 1 when the platform refuses; the connection is there then, in error.

    What was generated (`webhook_secret`, `verify_token`) is printed this once.
    """
    made = connection_id or new_id()
    command = ConnectChannel(
        actor=SYSTEM,
        connection_id=made,
        chatbot_id=chatbot,
        channel=channel,
        name=name,
        settings=_settings(setting),
        sealed_credentials=_sealed(made),
    )
    found = _made(run(_carry_out(command, account)))
    _print(found)
    if found["status"] != "connected":
        raise typer.Exit(1)


@app.command()
def rotate(connection_id: ConnectionId, account: Account) -> None:
    """Replace the credentials. When the platform refuses the new ones, the old ones go on. What is generated
    anew is printed this once.
    """
    sealed = _sealed(connection_id)
    if sealed is None:
        raise typer.BadParameter("the new credentials come on standard input")
    command = ChangeConnection(actor=SYSTEM, connection_id=connection_id, sealed_credentials=sealed)
    _print(_made(run(_carry_out(command, account))))


@app.command("test")
def test_connection(connection_id: ConnectionId, account: Account) -> None:
    """Ask the platform whether a connection works. Exit code 1 when it does not."""
    found = run(_carry_out(CheckConnection(actor=SYSTEM, connection_id=connection_id), account))
    _print(found)
    if not found["works"]:
        raise typer.Exit(1)


@app.command()
def disconnect(connection_id: ConnectionId, account: Account) -> None:
    """End a connection: the platform posts no more, the credentials are forgotten."""
    _print(run(_carry_out(DisconnectChannel(actor=SYSTEM, connection_id=connection_id), account)))


def _print(found: dict[str, Any]) -> None:
    typer.echo(json.dumps(found, indent=2, ensure_ascii=False))
