"""parley admin keys: API keys, made and revoked in the gateway's store."""

import json
import secrets
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime, timedelta
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.environment import Environment, run
from libs.contracts.api_keys import Scope
from libs.contracts.conversation import Person
from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.vocabulary import Role
from libs.runtime.clock import now
from libs.runtime.ids import new_id
from libs.runtime.mongo import Store
from services.gateway.adapters import mongo_api_keys
from services.gateway.adapters.mongo_api_keys import MongoApiKeys
from services.gateway.domain.api_keys import ApiKey
from services.gateway.domain.callers import PersonCaller
from services.gateway.use_cases.create_api_key import CreateApiKey, MadeKey
from services.gateway.use_cases.list_api_keys import KeyPage, ListApiKeys

app = typer.Typer(no_args_is_help=True, help="API keys: create, list, revoke.")

Account = Annotated[str, typer.Option(help="The account's id.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document, for programs.")]


@asynccontextmanager
async def _keys() -> AsyncIterator[MongoApiKeys]:
    settings = Environment()
    store = Store(settings.mongodb_url, settings.database("gateway"))
    try:
        await store.ensure_indexes(mongo_api_keys.INDEXES)
        yield MongoApiKeys(store)
    finally:
        store.close()


def operator(account: str) -> PersonCaller:
    """Whoever has the command line acts as an admin of the account."""
    person = Person(id="operator", account_id=account, email="", name="operator", role=Role.ADMIN)
    return PersonCaller(person, now() + timedelta(minutes=5))


@app.command()
def create(
    name: Annotated[str, typer.Argument(min=1, max=200, help="What it is for.")],
    account: Account,
    scope: Annotated[list[Scope], typer.Option(help="What it may do; several times for several scopes.")],
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="Days until it ends by itself.")] = None,
    as_json: AsJson = False,
) -> None:
    """Make a key. Its token is printed this once: it is kept nowhere."""
    expires_at = now() + timedelta(days=days) if days is not None else None
    made = run(_create(name, account, scope, expires_at))
    if as_json:
        _print_json({**_plain(made.key), "token": made.token})
        return
    typer.echo(made.token)
    typer.echo(f"key {made.key.id} of {account}: {', '.join(sorted(made.key.scopes))}", err=True)


async def _create(name: str, account: str, scopes: list[Scope], expires_at: datetime | None) -> MadeKey:
    async with _keys() as keys:
        create_key = CreateApiKey(keys, now, lambda _: secrets.token_urlsafe(32), _unrecorded)
        return await create_key(
            operator(account), id=new_id(), name=name, scopes=scopes, expires_at=expires_at
        )


@app.command("list")
def list_keys(account: Account, as_json: AsJson = False) -> None:
    """The account's keys, the newest first, the newest hundred at most."""
    page = run(_list(account))
    if as_json:
        _print_json([_plain(key) for key in page.keys])
        return
    if not page.keys:
        typer.echo("no keys")
        return
    table = Table("id", "name", "scopes", "state", "last used")
    for key in page.keys:
        used = key.last_used_at.isoformat(timespec="seconds") if key.last_used_at else "never"
        table.add_row(key.id, key.name, " ".join(sorted(key.scopes)), _state(key), used)
    Console(width=max(160, Console().width)).print(table)


async def _list(account: str) -> KeyPage:
    async with _keys() as keys:
        return await ListApiKeys(keys)(operator(account), cursor=None, page_size=100)


@app.command()
def revoke(key_id: Annotated[str, typer.Argument(help="As `list` shows it.")], account: Account) -> None:
    """Make a key worthless: at once for requests, within seconds for sockets that are open."""
    run(_revoke(account, key_id))
    typer.echo(f"{key_id} revoked")


async def _revoke(account: str, key_id: str) -> None:
    async with _keys() as keys:
        if await keys.revoke(account, key_id, now()) is None:
            raise DomainError(ErrorCode.NOT_FOUND, f"{account} has no key {key_id}")


async def _unrecorded(*_: object, **__: object) -> None:
    """The trail is that of an account's people and keys; operators are none of them."""


def _state(key: ApiKey) -> str:
    if key.revoked_at is not None:
        return "revoked"
    return "counts" if key.counts_at(now()) else "ended"


def _plain(key: ApiKey) -> dict[str, Any]:
    times = {
        "created_at": key.created_at,
        "expires_at": key.expires_at,
        "revoked_at": key.revoked_at,
        "last_used_at": key.last_used_at,
    }
    return {
        "id": key.id,
        "account_id": key.account_id,
        "name": key.name,
        "scopes": sorted(key.scopes),
        "state": _state(key),
        **{name: at.isoformat() if at else None for name, at in times.items()},
    }


def _print_json(document: Any) -> None:
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
