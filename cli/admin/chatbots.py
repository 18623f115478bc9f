"""parley admin chatbots: the chatbots of an account."""

from typing import Annotated

import typer

from cli.admin.directory import Account, AsJson, Clear, ask, carry_out, given, operator, show, show_all
from libs.contracts.base import SYSTEM
from libs.contracts.chatbots import (
    ChatbotPage,
    ChatbotView,
    CreateChatbot,
    DeleteChatbot,
    GetChatbot,
    ListChatbots,
    UpdateChatbot,
)
from libs.contracts.vocabulary import BotMode
from libs.runtime.ids import new_id

app = typer.Typer(no_args_is_help=True, help="Chatbots: create, list, get, change, delete.")

Id = Annotated[str, typer.Argument(help="As `list` shows it.")]
Mode = Annotated[BotMode | None, typer.Option(help="Whether the bot answers, suggests, or neither.")]
Department = Annotated[str | None, typer.Option(help="Where its conversations belong.")]
Keywords = Annotated[
    list[str] | None, typer.Option("--handoff-keyword", help="Goes to people at once; several times.")
]
AutoSuggest = Annotated[bool | None, typer.Option(help="Suggestions while people answer.")]

_COLUMNS = {"id": "id", "name": "name", "mode": "mode", "department": "department"}


@app.command()
def create(
    name: Annotated[str, typer.Argument(help="Its name.")],
    account: Account,
    mode: Mode = None,
    instructions: str | None = None,
    department: Department = None,
    handoff_keyword: Keywords = None,
    auto_suggest: AutoSuggest = None,
    as_json: AsJson = False,
) -> None:
    """A new chatbot."""
    settings = given(
        mode=mode,
        instructions=instructions,
        department=department,
        handoff_keywords=tuple(handoff_keyword) if handoff_keyword else None,
        auto_suggest=auto_suggest,
    )
    command = CreateChatbot(actor=SYSTEM, chatbot=ChatbotView(id=new_id(), name=name, **settings))
    show(carry_out(account, command, ChatbotView), as_json=as_json)


@app.command("list")
def list_chatbots(account: Account, as_json: AsJson = False) -> None:
    """Every chatbot."""
    found: list[ChatbotView] = []
    cursor = None
    while True:
        query = ListChatbots(person=operator(account), page_size=100, cursor=cursor)
        page = ask(account, query, ChatbotPage)
        found += page.items
        cursor = page.next_cursor
        if cursor is None:
            break
    show_all(found, _COLUMNS, as_json=as_json)


@app.command()
def get(chatbot_id: Id, account: Account, as_json: AsJson = False) -> None:
    """One chatbot."""
    query = GetChatbot(person=operator(account), chatbot_id=chatbot_id)
    show(ask(account, query, ChatbotView), as_json=as_json)


@app.command()
def change(
    chatbot_id: Id,
    account: Account,
    name: str | None = None,
    mode: Mode = None,
    instructions: str | None = None,
    department: Department = None,
    handoff_keyword: Keywords = None,
    auto_suggest: AutoSuggest = None,
    clear: Clear = None,
    as_json: AsJson = False,
) -> None:
    """Change what is given; the rest stays."""
    settings = given(
        name=name,
        mode=mode,
        instructions=instructions,
        department=department,
        handoff_keywords=tuple(handoff_keyword) if handoff_keyword else None,
        auto_suggest=auto_suggest,
    )
    command = UpdateChatbot(actor=SYSTEM, chatbot_id=chatbot_id, cleared=tuple(clear or ()), **settings)
    show(carry_out(account, command, ChatbotView), as_json=as_json)


@app.command()
def delete(chatbot_id: Id, account: Account) -> None:
    """Remove a chatbot that nothing needs any more."""
    carry_out(account, DeleteChatbot(actor=SYSTEM, chatbot_id=chatbot_id), ChatbotView)
    typer.echo(f"chatbot {chatbot_id} removed")
