"""A chatbot's knowledge over the broker, as `parley kb` needs it."""

import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Annotated, Any, TypeVar

import typer
from pydantic import BaseModel

from cli.environment import Environment
from libs.contracts import topology
from libs.contracts.base import Command, Query
from libs.runtime.blob_store import open_blobs
from libs.runtime.blobs import Blobs
from libs.runtime.ids import new_id
from libs.runtime.mongo import Store
from libs.runtime.rpc import RpcClient

_SECONDS = 60.0

Account = Annotated[str, typer.Option(help="The account's id.")]
Chatbot = Annotated[str, typer.Option(help="The chatbot's id.")]
AsJson = Annotated[bool, typer.Option("--json", help="One JSON document, for programs.")]
T = TypeVar("T", bound=BaseModel)


@dataclass(frozen=True)
class KnowledgeSession:
    """One chatbot's knowledge, over the broker and the blob store."""

    rpc: RpcClient
    blobs: Blobs
    account: str
    chatbot: str

    async def ask(self, query: Query, answer: type[T]) -> T:
        """The answer to a query."""
        return await self.rpc.ask(
            query, service="ai", account_id=self.account, answer=answer, time_limit=10.0
        )

    async def command(self, command: Command, answer: type[T]) -> T:
        """Its answer. Raises DomainError, TransientError."""
        result = await self.rpc.command(
            command,
            exchange=topology.AI_COMMANDS,
            routing_key=command.type,
            account_id=self.account,
            id=new_id(),
            time_limit=_SECONDS,
        )
        return answer.model_validate(result)


@asynccontextmanager
async def knowledge_of(account: str, chatbot: str) -> AsyncIterator[KnowledgeSession]:
    """Connected, and closed behind it."""
    settings = Environment()
    store = Store(settings.mongodb_url, settings.database("blobs"))
    blobs = open_blobs(settings, store)
    rpc = RpcClient(settings.rabbitmq_url, "parley kb")
    try:
        yield KnowledgeSession(rpc, blobs, account, chatbot)
    finally:
        await blobs.close()
        await rpc.close()
        store.close()


def print_json(document: Any) -> None:
    """One JSON document."""
    typer.echo(json.dumps(document, indent=2, ensure_ascii=False))
