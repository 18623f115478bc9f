"""parley eval: your own data against the very code that serves."""

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.table import Table

from cli.environment import REFUSED
from cli.evaluation.retrieval import evaluate_retrieval
from cli.evaluation.rows import CorpusRow, HandoffRow, IntentRow, PairRow, QueryRow, read_rows
from cli.evaluation.understanding import evaluate_handoff, evaluate_intent, evaluate_support

app = typer.Typer(
    no_args_is_help=True,
    help="Measure answers on your own data (files of JSON lines). Needs no broker, no store, no network.",
)

File = Annotated[Path, typer.Option(exists=True, dir_okay=False, readable=True)]
Learnt = Annotated[
    Path | None,
    typer.Option(exists=True, dir_okay=False, readable=True, help="Queries taken as approved phrasings."),
]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON object, for programs.")]


@app.command()
def retrieval(corpus: File, queries: File, learnt: Learnt = None, as_json: AsJson = False) -> None:
    """How often the first passage is the right one.

    CORPUS has {id, group, title, text}; QUERIES {id, query, relevant_groups}, or {turns: [{role, text}]},
    oldest first, in place of query.
    """
    _measure(
        "retrieval",
        lambda: asyncio.run(
            evaluate_retrieval(
                read_rows(corpus, CorpusRow),
                read_rows(queries, QueryRow),
                read_rows(learnt, QueryRow) if learnt else (),
            )
        ),
        as_json=as_json,
    )


@app.command()
def support(pairs: File, as_json: AsJson = False) -> None:
    """Whether the confidence tells answerable questions from others: {query, passages, answerable}."""
    _measure("support", lambda: evaluate_support(read_rows(pairs, PairRow)), as_json=as_json)


@app.command()
def handoff(texts: File, as_json: AsJson = False) -> None:
    """Whether a wish for a person is understood: {text, handoff}."""
    _measure("handoff", lambda: evaluate_handoff(read_rows(texts, HandoffRow)), as_json=as_json)


@app.command()
def intent(train: File, test: File, as_json: AsJson = False) -> None:
    """How well intents are learnt from examples: {text, intent}; intent null is out of scope."""
    _measure(
        "intent",
        lambda: evaluate_intent(read_rows(train, IntentRow), read_rows(test, IntentRow)),
        as_json=as_json,
    )


def _measure(name: str, work: Callable[[], dict[str, Any]], *, as_json: bool) -> None:
    try:
        figures = work()
    except ValueError as error:
        typer.echo(f"parley eval {name}: {error}", err=True)
        raise typer.Exit(REFUSED) from error
    if as_json:
        typer.echo(json.dumps(figures))
        return
    table = Table("figure", "value", title=name)
    for figure, value in figures.items():
        table.add_row(figure, f"{value:.4f}" if isinstance(value, float) else str(value))
    Console().print(table)
