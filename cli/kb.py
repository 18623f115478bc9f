"""parley kb: a chatbot's knowledge from files."""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import Progress
from rich.table import Table

from cli.environment import REFUSED, Environment, run
from cli.kb_learning import add_learning_commands
from cli.kb_session import Account, AsJson, Chatbot, KnowledgeSession, knowledge_of, print_json
from libs.contracts.base import SYSTEM
from libs.contracts.errors import DomainError, ParleyError, TransientError
from libs.contracts.files import NewFile
from libs.contracts.knowledge import (
    MOST_DOCUMENT_BYTES,
    DocumentFormat,
    DocumentPage,
    DocumentText,
    DocumentView,
    GetDocument,
    GetKnowledgeStatus,
    KnowledgeStatus,
    ListDocuments,
    PutDocument,
    RemoveDocument,
)
from libs.runtime.clock import now
from libs.runtime.ids import new_id
from libs.runtime.mongo import Store
from services.ai.adapters.mongo_documents import MongoDocuments

app = typer.Typer(no_args_is_help=True, help="A chatbot's knowledge: add, list, show and remove documents.")
add_learning_commands(app)

_FORMATS = {
    ".md": DocumentFormat.MARKDOWN,
    ".markdown": DocumentFormat.MARKDOWN,
    ".txt": DocumentFormat.TEXT,
    ".html": DocumentFormat.HTML,
    ".htm": DocumentFormat.HTML,
    ".pdf": DocumentFormat.PDF,
    ".csv": DocumentFormat.CSV,
}
_PIECE = 262_144

DocumentId = Annotated[str, typer.Argument(help="An id as `list` shows it.")]


async def _put(
    knowledge: KnowledgeSession, file: Path, document_id: str, given: dict[str, Any]
) -> DocumentView:
    moment = now()
    waiting = NewFile(
        id=new_id(),
        account_id=knowledge.account,
        owner=f"document:{knowledge.chatbot}",
        content_type="application/octet-stream",
        created_at=moment,
        filename=file.name,
        expires_at=moment + timedelta(days=1),
    )
    await knowledge.blobs.put(waiting, _pieces(file), most_bytes=MOST_DOCUMENT_BYTES)
    return await knowledge.command(
        PutDocument(
            actor=SYSTEM,
            chatbot_id=knowledge.chatbot,
            document_id=document_id,
            file_id=waiting.id,
            format=_FORMATS[file.suffix.lower()],
            **given,
        ),
        DocumentView,
    )


async def _pieces(file: Path) -> AsyncIterator[bytes]:
    with file.open("rb") as content:
        while piece := await asyncio.to_thread(content.read, _PIECE):
            yield piece


@app.command()
def add(
    files: Annotated[list[Path], typer.Argument(exists=True, dir_okay=False, readable=True)],
    account: Account,
    chatbot: Chatbot,
    title: Annotated[str | None, typer.Option(help="Instead of the file's own; for one file.")] = None,
    internal: Annotated[bool, typer.Option("--internal", help="For agents alone.")] = False,
    language: Annotated[str | None, typer.Option(help="Two letters, instead of a guess.")] = None,
) -> None:
    """Add files, or replace the documents that came from files of the same names.

    Markdown, text, HTML, PDF, CSV of questions and answers. What Markdown says at its top (title, visibility,
    language) counts where no option says otherwise.
    """
    unknown = [file.name for file in files if file.suffix.lower() not in _FORMATS]
    if unknown:
        raise typer.BadParameter(f"{', '.join(unknown)}: none of {', '.join(_FORMATS)}")
    if title is not None and len(files) > 1:
        raise typer.BadParameter("--title is for one file")
    given = {"title": title, "visibility": "internal" if internal else None, "language": language}
    done, failed = run(_add(files, account, chatbot, given))
    for line in failed:
        typer.echo(line, err=True)
    typer.echo(f"{done} added, {len(failed)} not")
    if failed:
        raise typer.Exit(REFUSED)


async def _add(
    files: Sequence[Path], account: str, chatbot: str, given: dict[str, Any]
) -> tuple[int, list[str]]:
    """How many were added, and what went wrong with the others. Raises TransientError."""
    done, failed = 0, []
    async with knowledge_of(account, chatbot) as knowledge:
        with Progress(console=Console(stderr=True)) as progress:
            for file in progress.track(files, description="adding"):
                try:
                    await _put(knowledge, file, document_id_of(file), given)
                except TransientError:
                    raise
                except ParleyError as error:
                    failed.append(f"{file.name}: {error.detail}")
                else:
                    done += 1
    return done, failed


def document_id_of(file: Path) -> str:
    """The id of the document that a file of this name becomes: the same for the same name."""
    return "doc-" + (re.sub(r"[^a-z0-9]+", "-", file.stem.casefold()).strip("-") or "document")[:200]


@app.command("list")
def list_documents(account: Account, chatbot: Chatbot, as_json: AsJson = False) -> None:
    """Every document of a chatbot."""
    found = run(_listed(account, chatbot))
    if as_json:
        print_json([one.model_dump(mode="json") for one in found])
        return
    table = Table("id", "title", "visibility", "language", "characters", "state")
    for one in found:
        size = f"{one.characters:,}"
        table.add_row(one.id, one.title, one.visibility, one.language or "?", size, one.state)
    Console(width=max(160, Console().width)).print(table)


async def _listed(account: str, chatbot: str) -> list[DocumentView]:
    found: list[DocumentView] = []
    cursor: str | None = None
    async with knowledge_of(account, chatbot) as knowledge:
        while True:
            query = ListDocuments(chatbot_id=chatbot, cursor=cursor, page_size=100)
            page = await knowledge.ask(query, DocumentPage)
            found += page.items
            cursor = page.next_cursor
            if cursor is None:
                return found


@app.command()
def show(document_id: DocumentId, account: Account, chatbot: Chatbot) -> None:
    """A document as it was understood, as Markdown."""

    async def shown() -> DocumentText:
        async with knowledge_of(account, chatbot) as knowledge:
            return await knowledge.ask(GetDocument(chatbot_id=chatbot, document_id=document_id), DocumentText)

    document = run(shown())
    typer.echo(document.text)
    if document.is_cut:
        typer.echo("(it goes on)", err=True)


@app.command()
def remove(
    document_ids: Annotated[list[str], typer.Argument(help="Ids as `list` shows them.")],
    account: Account,
    chatbot: Chatbot,
) -> None:
    """Take documents away, so that they are quoted no more."""

    async def removed() -> list[str]:
        missing = []
        async with knowledge_of(account, chatbot) as knowledge:
            for one in document_ids:
                try:
                    await knowledge.command(
                        RemoveDocument(actor=SYSTEM, chatbot_id=chatbot, document_id=one), DocumentView
                    )
                except DomainError as error:
                    missing.append(f"{one}: {error.detail}")
        return missing

    missing = run(removed())
    for line in missing:
        typer.echo(line, err=True)
    typer.echo(f"{len(document_ids) - len(missing)} removed, {len(missing)} not")
    if missing:
        raise typer.Exit(REFUSED)


@app.command()
def status(account: Account, chatbot: Chatbot, as_json: AsJson = False) -> None:
    """What answers are found with, and whether everything is indexed."""

    async def looked() -> KnowledgeStatus:
        async with knowledge_of(account, chatbot) as knowledge:
            return await knowledge.ask(GetKnowledgeStatus(chatbot_id=chatbot), KnowledgeStatus)

    found = run(looked())
    if as_json:
        print_json(found.model_dump(mode="json"))
        return
    for key, value in found.model_dump().items():
        typer.echo(f"{key:12} {'-' if value is None else value}")


@app.command()
def reindex() -> None:
    """Have every replica build its index anew beside the one that serves, and change over when it is full."""

    async def asked() -> int:
        settings = Environment()
        store = Store(settings.mongodb_url, settings.database("ai"))
        try:
            return await MongoDocuments(store).next_generation()
        finally:
            store.close()

    typer.echo(f"generation {run(asked())} is being built; `status` shows when it serves")
