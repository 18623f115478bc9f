"""The AI service's knowledge, in memory."""

from typing import Any, TypeVar

from pydantic import BaseModel

from libs.contracts.base import Command, Query
from libs.contracts.errors import ParleyError
from libs.contracts.knowledge import (
    DocumentPage,
    DocumentView,
    KnowledgeStatus,
    PutDocument,
    ReindexKnowledge,
)
from libs.contracts.learning import DecidePhrasing

A = TypeVar("A", bound=BaseModel)


class KnownDocuments:
    """Answers what a test says, and notes what it was asked."""

    def __init__(self) -> None:
        self.asked: list[tuple[str, Query]] = []
        self.carried_out: list[tuple[str, str, Command]] = []
        self.answer: BaseModel = DocumentPage(items=())
        self.fails: ParleyError | None = None

    async def ask(self, query: Query, *, account_id: str, answer: type[A]) -> A:
        self.asked.append((account_id, query))
        assert isinstance(self.answer, answer)
        return self.answer

    async def carry_out(
        self,
        command: Any,
        *,
        account_id: str,
        id: str,  # noqa: A002 - the port's
        answer: type[A],
    ) -> A:
        self.carried_out.append((account_id, id, command))
        if self.fails:
            raise self.fails
        if isinstance(command, DecidePhrasing):
            return answer.model_validate(
                {
                    "id": command.phrasing_id,
                    "document_id": command.document_id,
                    "document_title": "Untitled",
                    "question": "how much",
                    "quote": "",
                    "state": command.state,
                }
            )
        if isinstance(command, ReindexKnowledge):
            status = KnowledgeStatus(
                state="ready", engine="fake", documents=1, chunks=1, generation=3, next_generation=4
            )
            return answer.model_validate(status.model_dump())
        title = command.title if isinstance(command, PutDocument) else None
        view = DocumentView(
            id=command.document_id,
            chatbot_id=command.chatbot_id,
            title=title or "Untitled",
            visibility="public",
            revision=1,
            characters=5,
            state="indexed",
        )
        return answer.model_validate(view.model_dump())
