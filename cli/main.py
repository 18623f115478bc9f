"""parley: the command line for those who operate it. One file a group of commands."""

import typer

from cli import admin, channels, connections, demo, dlq, kb
from cli import eval as evaluation
from cli.standins import standins

app = typer.Typer(no_args_is_help=True, add_completion=False, help="Operate a Parley installation.")
app.add_typer(admin.app, name="admin")
app.add_typer(channels.app, name="channels")
app.add_typer(connections.app, name="connections")
app.add_typer(demo.app, name="demo")
app.add_typer(dlq.app, name="dlq")
app.add_typer(evaluation.app, name="eval")
app.add_typer(kb.app, name="kb")
app.command("standins")(standins)


@app.callback()
def root() -> None:
    """Settings come from the environment: RABBITMQ_URL, MONGODB_URL, PARLEY_DATABASE_PREFIX."""


if __name__ == "__main__":
    app()
