"""How people keep conversations in order: labels, priority, and what belongs together."""

from typing import Annotated

from fastapi import FastAPI, Path
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from libs.contracts.base import Command
from libs.contracts.conversation import ConversationView
from libs.contracts.merging import MergeConversations
from libs.contracts.organising import LabelConversation, SetPriority
from services.gateway.entrypoints.http_commanding import Call, Commanding, CurrentCall
from services.gateway.entrypoints.http_console import PathId
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_organising_models import LabelsBody, MergeIntoBody, PriorityBody

_CONVERSATION = "/api/v1/conversations/{conversation_id}"
_ERRORS = errors(401, 403, 404, 409, 415, 422, 504)

LabelInPath = Annotated[str, Path(min_length=1, max_length=64)]


class Organising:
    """One command about one conversation, answered with its view."""

    def __init__(self, commanding: Commanding) -> None:
        self._commanding = commanding

    async def __call__(
        self,
        call: Call,
        command: Command,
        conversation_id: str,
        body: BaseModel | None = None,
    ) -> JSONResponse:
        """Have it carried out."""
        return await self._commanding(
            call,
            command,
            body=body,
            conversation_id=conversation_id,
            answer=ConversationView,
        )


def add_organising_routes(app: FastAPI, commanding: Commanding) -> None:
    """`/api/v1/conversations/{id}/labels`, `priority`, `merge`."""
    organise = Organising(commanding)
    _add_merge(app, organise)
    _add_labels(app, organise)
    _add_priority(app, organise)


def _add_labels(app: FastAPI, organise: Organising) -> None:
    @app.put(
        f"{_CONVERSATION}/labels",
        operation_id="setLabels",
        summary="Give a conversation exactly these labels",
        description="Labels are kept in lower case and in alphabetical order; 20 at most.",
        tags=["conversations"],
        response_model=ConversationView,
        responses=_ERRORS,
    )
    async def set_route(
        conversation_id: PathId,
        body: LabelsBody,
        call: CurrentCall,
    ) -> JSONResponse:
        command = LabelConversation(
            actor=call.actor(), conversation_id=conversation_id, add=tuple(body.labels), replace=True
        )
        return await organise(call, command, conversation_id, body)

    @app.post(
        f"{_CONVERSATION}/labels",
        operation_id="addLabels",
        summary="Put further labels on a conversation",
        description="Those that it has already are answered as done.",
        tags=["conversations"],
        response_model=ConversationView,
        responses=_ERRORS,
    )
    async def add_route(
        conversation_id: PathId,
        body: LabelsBody,
        call: CurrentCall,
    ) -> JSONResponse:
        command = LabelConversation(
            actor=call.actor(), conversation_id=conversation_id, add=tuple(body.labels)
        )
        return await organise(call, command, conversation_id, body)

    @app.delete(
        f"{_CONVERSATION}/labels/{{label:path}}",
        operation_id="removeLabel",
        summary="Take a label off a conversation",
        description="One that it does not have is answered as done.",
        tags=["conversations"],
        response_model=ConversationView,
        responses=_ERRORS,
    )
    async def remove_route(
        conversation_id: PathId,
        label: LabelInPath,
        call: CurrentCall,
    ) -> JSONResponse:
        command = LabelConversation(actor=call.actor(), conversation_id=conversation_id, remove=(label,))
        return await organise(call, command, conversation_id)


def _add_priority(app: FastAPI, organise: Organising) -> None:
    @app.put(
        f"{_CONVERSATION}/priority",
        operation_id="setPriority",
        summary="Say how urgent a conversation is",
        tags=["conversations"],
        response_model=ConversationView,
        responses=_ERRORS,
    )
    async def priority_route(
        conversation_id: PathId,
        body: PriorityBody,
        call: CurrentCall,
    ) -> JSONResponse:
        command = SetPriority(actor=call.actor(), conversation_id=conversation_id, priority=body.priority)
        return await organise(call, command, conversation_id, body)


def _add_merge(app: FastAPI, organise: Organising) -> None:
    @app.post(
        f"{_CONVERSATION}/merge",
        operation_id="mergeConversations",
        summary="Make a conversation part of another one, for good",
        description="Both have to be of one channel connection and one contact, tickets of one requester, "
        "and the other one open. Its messages are read in the other thread, by the time they were written; "
        "whatever comes later in its own thread is part of the other one; labels, private notes, drafts, "
        "scheduled replies and unread messages go over, its pending suggestion is superseded. It takes no "
        "further command (409 `conversation_merged`). Answered with the other conversation.",
        tags=["conversations"],
        response_model=ConversationView,
        responses=_ERRORS,
    )
    async def merge_route(
        conversation_id: PathId,
        body: MergeIntoBody,
        call: CurrentCall,
    ) -> JSONResponse:
        command = MergeConversations(
            actor=call.actor(), conversation_id=conversation_id, into_conversation_id=body.into
        )
        return await organise(call, command, conversation_id, body)
