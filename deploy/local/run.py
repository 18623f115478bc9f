"""`make run`: everything on this machine with a demo account, until Ctrl-C."""

import asyncio
import os
import signal
import sys
from time import monotonic

from rich.console import Console
from rich.table import Table

from deploy.local.demo import account
from deploy.local.demo.load import load_demo
from deploy.local.errors import LocalStackError
from deploy.local.ports import LocalPorts
from deploy.local.processes import ROOT
from deploy.local.stack import LocalStack

_console = Console(highlight=False)


async def run() -> int:
    """Start, print, wait, stop; the exit code."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    begun = monotonic()
    _console.print("Starting the broker, the database, the stand-ins and five services …")
    stack = LocalStack(ROOT / "var", LocalPorts.from_environment(os.environ))
    starting = asyncio.ensure_future(stack.__aenter__())
    told = asyncio.ensure_future(stop.wait())
    await asyncio.wait([starting, told], return_when=asyncio.FIRST_COMPLETED)
    if not starting.done():
        starting.cancel()
        await asyncio.wait([starting])
        return 0
    await starting
    try:
        documents = await load_demo(stack)
        _print_table(stack, documents, monotonic() - begun)
        died = asyncio.ensure_future(stack.supervisor.wait_for_death())
        await asyncio.wait([told, died], return_when=asyncio.FIRST_COMPLETED)
        if died.done():
            death = died.result()
            _console.print(f"{death.name} ended by itself with code {death.returncode}:\n{death.log_tail}")
            return 1
        died.cancel()
        _console.print("Stopping …")
    finally:
        await stack.__aexit__(None, None, None)
    _console.print("Stopped. The data is kept in var/; `make clean` removes it.")
    return 0


def _print_table(stack: LocalStack, documents: int, seconds: float) -> None:
    table = Table(title=f"Parley is ready after {seconds:.1f} s")
    for column in ("what", "where", "log in with"):
        table.add_column(column, overflow="fold")
    table.add_row("API, and its description", f"{stack.gateway_url}  /openapi.json", "")
    table.add_row("agents' WebSocket", stack.gateway_url.replace("http", "ws", 1) + "/ws", "a person's token")
    table.add_row(
        "Telegram webhook",
        f"{stack.gateway_url}/webhooks/telegram/{account.TELEGRAM_CONNECTION}",
        "secret in README",
    )
    table.add_row("widget sessions", f"{stack.gateway_url}/api/v1/widget/sessions", account.WIDGET_CONNECTION)
    table.add_row("stand-in Telegram", f"{stack.standins_url}/_control", "")
    table.add_row("RabbitMQ", stack.rabbitmq_url, "")
    table.add_row("MongoDB", stack.mongodb_url, "")
    for service in stack.services:
        table.add_row(service, f"http://127.0.0.1:{stack.ports[service]}  /readyz /metrics", "")
    for person in account.PEOPLE:
        departments = ", ".join(person.departments) or "all departments"
        table.add_row(f"{person.role} {person.name} ({departments})", person.email, person.password)
    table.caption = (
        f"Chatbot {account.CHATBOT_ID} ({account.CHATBOT_NAME}) with {documents} articles of its own; "
        f"departments {', '.join(account.DEPARTMENTS)}. Logs are in var/logs. Ctrl-C stops everything."
    )
    Console(width=140, highlight=False).print(table)


def main() -> int:
    """Run; a fault that a person can mend is one message, not a traceback."""
    try:
        return asyncio.run(run())
    except LocalStackError as error:
        _console.print(f"Parley did not start: {error}")
        return 1


if __name__ == "__main__":
    sys.exit(main())
