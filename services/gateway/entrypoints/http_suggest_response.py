"""`POST /ai/suggest-response`: a reply for the assigned agent of a ticket."""

from typing import Annotated, Literal

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from libs.contracts.conversation import Citation
from libs.contracts.tickets import ContextMessage
from services.gateway.entrypoints.http_commanding import Commanding, CurrentCall
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_models import AnyId, body_config
from services.gateway.use_cases.suggest_response import SuggestResponseAndWait

_LONGEST = 16_384
_Text = Annotated[str, Field(max_length=_LONGEST)]


class ContextBody(BaseModel):
    """One of the last messages, in the shape of the ticket's room; of its other fields none counts."""

    model_config = ConfigDict(extra="ignore", strict=True, frozen=True, hide_input_in_errors=True)

    content: str = Field(min_length=1, max_length=_LONGEST)
    sender_role: str = Field(default="user", max_length=300)
    isAI: bool = False  # noqa: N815 - as frontends know it

    def message(self) -> ContextMessage:
        """In the conversation's words."""
        role: Literal["contact", "ai", "agent"] = "contact" if self.sender_role == "user" else "agent"
        return ContextMessage(role="ai" if self.isAI else role, content=self.content)


class SuggestResponseBody(BaseModel):
    """The ticket and its last messages, the oldest first: texts of the requester, or messages of the room."""

    model_config = body_config(
        {
            "ticket_id": "0190f1c27a007c3b9a512f6d1c0b8e11-3fa7",
            "conversation_context": [{"sender_role": "user", "content": "How do I reset my password?"}],
        }
    )

    ticket_id: AnyId
    conversation_context: list[_Text | ContextBody] = Field(default_factory=list, max_length=20)

    def messages(self) -> tuple[ContextMessage, ...]:
        """What is not blank of the context."""
        given = (
            ContextBody(content=one or " ") if isinstance(one, str) else one
            for one in self.conversation_context
        )
        return tuple(one.message() for one in given if one.content.strip())


class SuggestedResponse(BaseModel):
    """What an agent may send, edited or not, under the suggestion's id."""

    suggested_response: str
    isAI: Literal[True] = True  # noqa: N815 - as frontends know it
    suggestion_id: str
    confidence: float
    citations: tuple[Citation, ...] = ()


def add_suggest_response_route(app: FastAPI, commanding: Commanding, suggest: SuggestResponseAndWait) -> None:
    """The one route."""

    @app.post(
        "/ai/suggest-response",
        operation_id="suggestResponse",
        summary="Propose a reply to the assigned agent of a ticket",
        description="From the knowledge and the context. It always comes, whatever its confidence.",
        tags=["tickets"],
        response_model=SuggestedResponse,
        responses=errors(401, 403, 404, 415, 422, 504),
    )
    async def suggest_route(body: SuggestResponseBody, call: CurrentCall) -> JSONResponse:
        command_id = commanding.command_id(call)

        async def work() -> SuggestedResponse:
            found = await suggest(call.caller, body.ticket_id, body.messages(), command_id)
            return SuggestedResponse(
                suggested_response=found.body,
                suggestion_id=found.id,
                confidence=found.confidence,
                citations=found.citations,
            )

        return await commanding.once(call, command_id, body, work)
