"""parley kb: what a chatbot learnt from people's decisions."""

from typing import Annotated, Literal

import typer
from rich.console import Console
from rich.table import Table

from cli.environment import REFUSED, run
from cli.kb_session import Account, AsJson, Chatbot, knowledge_of, print_json
from libs.contracts.base import SYSTEM
from libs.contracts.errors import DomainError
from libs.contracts.learning import (
    DecidePhrasing,
    GetLearning,
    LearningView,
    ListPhrasings,
    PhrasingPage,
    PhrasingView,
)

PhrasingPath = Annotated[str, typer.Argument(help="`<document>/<phrasing>`, as `phrasings` shows it.")]


def add_learning_commands(app: typer.Typer) -> None:
    """`phrasings`, `approve-phrasing`, `revoke-phrasing`, `learning`."""
    app.command("phrasings")(_list)
    app.command("approve-phrasing")(_approve)
    app.command("revoke-phrasing")(_revoke)
    app.command("learning")(_learning)


def _list(
    account: Account,
    chatbot: Chatbot,
    state: Annotated[str | None, typer.Option(help="learnt, approved, waiting or revoked.")] = None,
    as_json: AsJson = False,
) -> None:
    """Questions of contacts that documents are found by, because agents approved the answers."""
    if state not in (None, "learnt", "approved", "waiting", "revoked"):
        raise typer.BadParameter("--state is learnt, approved, waiting or revoked")
    found = run(_listed(account, chatbot, state))
    if as_json:
        print_json([one.model_dump(mode="json") for one in found])
        return
    table = Table("id", "state", "question", "document")
    for one in found:
        table.add_row(f"{one.document_id}/{one.id}", one.state, one.question, one.document_title)
    Console(width=max(160, Console().width)).print(table)


async def _listed(account: str, chatbot: str, state: str | None) -> list[PhrasingView]:
    found: list[PhrasingView] = []
    cursor: str | None = None
    async with knowledge_of(account, chatbot) as knowledge:
        while True:
            query = ListPhrasings.model_validate(
                {"chatbot_id": chatbot, "state": state, "cursor": cursor, "page_size": 100}
            )
            page = await knowledge.ask(query, PhrasingPage)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                return found


def _approve(phrasing: PhrasingPath, account: Account, chatbot: Chatbot) -> None:
    """Have a document found by a phrasing, whatever is voted from then on."""
    _decide(phrasing, account, chatbot, "approved")


def _revoke(phrasing: PhrasingPath, account: Account, chatbot: Chatbot) -> None:
    """Have a document found by a phrasing no more, nor learn it again."""
    _decide(phrasing, account, chatbot, "revoked")


def _decide(path: str, account: str, chatbot: str, state: Literal["approved", "revoked"]) -> None:
    document_id, _, phrasing_id = path.rpartition("/")
    if not document_id or not phrasing_id:
        raise typer.BadParameter("an id is `<document>/<phrasing>`")

    async def decided() -> PhrasingView:
        command = DecidePhrasing(
            actor=SYSTEM,
            chatbot_id=chatbot,
            document_id=document_id,
            phrasing_id=phrasing_id,
            state=state,
        )
        async with knowledge_of(account, chatbot) as knowledge:
            return await knowledge.command(command, PhrasingView)

    try:
        view = run(decided())
    except DomainError as error:
        typer.echo(f"{path}: {error.detail}", err=True)
        raise typer.Exit(REFUSED) from None
    typer.echo(f"{view.state}: {view.question}")


def _learning(account: Account, chatbot: Chatbot, as_json: AsJson = False) -> None:
    """How a chatbot's answers fared in the last ninety days."""

    async def looked() -> LearningView:
        async with knowledge_of(account, chatbot) as knowledge:
            return await knowledge.ask(GetLearning(chatbot_id=chatbot), LearningView)

    found = run(looked())
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    for name, count in {**found.suggestions, "answers": found.answers, **found.endings}.items():
        typer.echo(f"{name:12} {count}")
    typer.echo(f"{'votes':12} {found.in_favour} for, {found.against} against")
