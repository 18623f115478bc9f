"""parley dlq: messages that no attempt could deliver, and bodies that nobody could interpret."""

import json
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.environment import REFUSED, Environment, run
from libs.contracts import topology
from libs.contracts.errors import DomainError, ErrorCode, ParleyError, TransientError
from libs.runtime.dead_letters import DeadLetters
from libs.runtime.mongo import Store
from libs.runtime.publisher import Publisher

app = typer.Typer(no_args_is_help=True, help="Look at, replay and drop dead letters. They are kept 14 days.")

SERVICES = sorted({topology.owner(queue.name) for queue in topology.QUEUES if queue.classic is None})
_MOST = 10_000
_PRIVATE = "This body may hold personal data: what people wrote, names, addresses. Do not pass it on."

Service = Annotated[str | None, typer.Option(help=f"Only letters of one service: {', '.join(SERVICES)}.")]
Queue = Annotated[str | None, typer.Option(help="Only letters that died in this queue.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document, for programs.")]
Ids = Annotated[list[str] | None, typer.Argument(help="Ids as `list` shows them.")]
All = Annotated[bool, typer.Option("--all", help="Every letter that --service and --queue leave.")]


@asynccontextmanager
async def _letters(service: str) -> AsyncIterator[DeadLetters]:
    settings = Environment()
    store = Store(settings.mongodb_url, settings.database(service))
    publisher = Publisher(settings.rabbitmq_url, "parley dlq")
    try:
        yield DeadLetters(store, publisher)
    finally:
        await publisher.close()
        store.close()


def _services(service: str | None, queue: str | None) -> list[str]:
    if service is None and queue is not None:
        service = topology.owner(queue)
    if service is not None and service not in SERVICES:
        raise typer.BadParameter(f"{service} is none of {', '.join(SERVICES)}")
    return SERVICES if service is None else [service]


async def _found(services: Sequence[str], queue: str | None, limit: int) -> list[dict[str, Any]]:
    """The newest letters of some services, without bodies."""
    rows: list[dict[str, Any]] = []
    for service in services:
        async with _letters(service) as letters:
            rows += await letters.list(queue=queue, limit=limit)
    return sorted(rows, key=lambda row: row["at"], reverse=True)[:limit]


@app.command("list")
def list_letters(
    service: Service = None,
    queue: Queue = None,
    limit: Annotated[int, typer.Option(min=1, max=_MOST, help="At most this many, the newest first.")] = 100,
    as_json: AsJson = False,
) -> None:
    """Dead letters, the newest first, without their bodies."""
    rows = run(_found(_services(service, queue), queue, limit))
    if as_json:
        _print_json([_plain(row) for row in rows])
        return
    if not rows:
        typer.echo("no dead letters")
        return
    table = Table("id", "died", "type", "code", "reason")
    for row in rows:
        died = row["at"].isoformat(timespec="seconds")
        table.add_row(row["_id"], died, row["type"], row["code"], row["reason"])
    # Ids are for copying: never cut off, whatever the terminal's width.
    Console(width=max(160, Console().width)).print(table)


@app.command()
def show(
    letter_id: Annotated[str, typer.Argument(help="An id as `list` shows it.")], as_json: AsJson = False
) -> None:
    """One dead letter with its body."""
    row = _plain(run(_shown(letter_id)))
    typer.echo(_PRIVATE, err=True)
    if as_json:
        _print_json(row)
        return
    body = row.pop("body")
    for key, value in row.items():
        typer.echo(f"{key:10} {value}")
    typer.echo(f"\n{body}")


async def _shown(letter_id: str) -> dict[str, Any]:
    async with _letters(_service_of(letter_id)) as letters:
        return await letters.show(letter_id)


@app.command()
def replay(ids: Ids = None, service: Service = None, queue: Queue = None, everything: All = False) -> None:
    """Send letters back to the queues they died in."""
    _each(ids, service, queue, everything, "replayed", lambda letters, one: letters.replay(one))


@app.command()
def drop(
    ids: Ids = None,
    service: Service = None,
    queue: Queue = None,
    everything: All = False,
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask before dropping --all.")] = False,
) -> None:
    """Forget letters for good."""
    if everything and not yes:
        typer.confirm("Drop every letter that was selected? They cannot be brought back.", abort=True)
    _each(ids, service, queue, everything, "dropped", lambda letters, one: letters.drop(one))


def _each(
    ids: Sequence[str] | None,
    service: str | None,
    queue: str | None,
    everything: bool,
    done: str,
    act: Callable[[DeadLetters, str], Awaitable[None]],
) -> None:
    if bool(ids) == everything:
        raise typer.BadParameter("give either ids or --all")
    services = _services(service, queue)
    worked, failed = run(_on_each(ids, services, queue, act))
    for line in failed:
        typer.echo(line, err=True)
    typer.echo(f"{worked} {done}, {len(failed)} not")
    if failed or not worked:
        raise typer.Exit(REFUSED)


async def _on_each(
    ids: Sequence[str] | None,
    services: Sequence[str],
    queue: str | None,
    act: Callable[[DeadLetters, str], Awaitable[None]],
) -> tuple[int, list[str]]:
    """Act on every letter; one that cannot be helped does not keep the others from it. How many worked, and
    what went wrong. Raises TransientError, after which a repeat goes on where it stopped.
    """
    chosen = list(ids) if ids else [row["_id"] for row in await _found(services, queue, _MOST)]
    worked, failed = 0, []
    for service in sorted({_service_of(one) for one in chosen}):
        async with _letters(service) as letters:
            for one in (one for one in chosen if _service_of(one) == service):
                try:
                    await act(letters, one)
                except TransientError:
                    raise
                except ParleyError as error:
                    failed.append(f"{one}: {error.detail}")
                else:
                    worked += 1
    return worked, failed


def _service_of(letter_id: str) -> str:
    service = topology.owner(letter_id)
    if service not in SERVICES:
        raise DomainError(ErrorCode.NOT_FOUND, f"no dead letter {letter_id}")
    return service


def _plain(row: dict[str, Any]) -> dict[str, Any]:
    kept = {key: value for key, value in row.items() if key != "kept_as"}
    return {"id": kept.pop("_id"), **kept, "at": row["at"].isoformat()}


def _print_json(document: Any) -> None:
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
