"""parley standins: play the platforms, for trying an integration without an account at any of them."""

from typing import Annotated

import typer

from libs.standins.__main__ import serve
from libs.standins.journal import DEFAULT_KEEP

_HELP = (
    "Play Telegram, WhatsApp, Postmark, Chatwoot and a model endpoint on one address: the APIs that take "
    "messages, and the people whose webhooks reach your code. Prints a line of JSON with the address; below "
    "it lie /bot… (Telegram), /graph, /postmark, /chatwoot, and /_control, which steers them. "
    "docs/testing-integrations.md shows how."
)


def standins(
    host: Annotated[
        str, typer.Option(help="Address to listen on; the control API asks nobody who they are.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on; 0 takes a free one.")] = 8090,
    speed_up: Annotated[
        float, typer.Option(help="Divides the pauses before a webhook is posted again.")
    ] = 1.0,
    keep: Annotated[int, typer.Option(help="Entries that each journal holds.")] = DEFAULT_KEEP,
) -> None:
    """Run until Ctrl-C."""
    if speed_up <= 0 or keep < 1:
        raise typer.BadParameter("speed-up must be above 0, keep at least 1")
    raise typer.Exit(serve(host=host, port=port, speed_up=speed_up, keep=keep))


standins.__doc__ = _HELP
