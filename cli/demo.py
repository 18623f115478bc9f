"""parley demo: shown on this machine, without anything running."""

import asyncio

import typer

from cli.demo_answers import play

app = typer.Typer(no_args_is_help=True, help="See what Parley does, without anything running.")


@app.callback()
def root() -> None:
    """What can be shown."""


@app.command()
def answers(
    call_seconds: float = typer.Option(8.0, min=0.05, help="Limit of one call of a model, as in service."),
    seconds: float = typer.Option(18.0, min=0.05, help="Limit of all that is tried for one answer."),
) -> None:
    """A person's questions to the demo's chatbot without a model, with one, and with sick ones.

    The model is the stand-in of this machine. With the limits of service it takes half a minute.
    """
    asyncio.run(play(typer.echo, call_seconds=call_seconds, seconds=seconds))
