"""What agents do with a conversation's status, and whose it is."""

from fastapi import FastAPI
from fastapi.responses import JSONResponse

from libs.contracts.conversation import ConversationView, HandOffConversation, StatusChanged
from libs.contracts.vocabulary import HandoffReason
from libs.contracts.workflow import (
    ArchiveConversation,
    AssignConversation,
    CloseConversation,
    MoveConversation,
    ReopenConversation,
    ResolveConversation,
    ReturnConversationToAI,
    TransferConversation,
    UnarchiveConversation,
)
from services.gateway.entrypoints.http_commanding import Commanding, CurrentCall
from services.gateway.entrypoints.http_console import PathId
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_workflow_models import (
    AssignBody,
    HandOffBody,
    ReasonBody,
    TransferBody,
)

_CONVERSATION = "/api/v1/conversations/{conversation_id}"
_ERRORS = errors(401, 403, 404, 409, 415, 422, 504)


def add_workflow_routes(app: FastAPI, commanding: Commanding) -> None:
    """`/api/v1/conversations/{id}/…`: status and assignment."""
    _add_move(app, commanding, ReturnConversationToAI, "return-to-ai", "Give a conversation back to the AI")
    _add_move(app, commanding, ResolveConversation, "resolve", "Mark a conversation as resolved")
    _add_move(app, commanding, CloseConversation, "close", "Close a conversation")
    _add_move(app, commanding, ReopenConversation, "reopen", "Reopen a resolved or closed conversation")
    _add_move(app, commanding, ArchiveConversation, "archive", "Put a conversation out of sight", "PATCH")
    _add_move(app, commanding, UnarchiveConversation, "unarchive", "Bring it back as it was", "PATCH")
    _add_hand_off(app, commanding)
    _add_assignment(app, commanding)


def _add_move(
    app: FastAPI,
    commanding: Commanding,
    kind: type[MoveConversation],
    path: str,
    summary: str,
    method: str = "POST",
) -> None:
    @app.api_route(
        f"{_CONVERSATION}/{path}",
        methods=[method],
        operation_id=f"{kind.__name__[0].lower()}{kind.__name__[1:]}",
        summary=summary,
        description="What is so already is answered as done.",
        tags=["conversations"],
        response_model=ConversationView,
        responses=_ERRORS,
    )
    async def move_route(
        conversation_id: PathId,
        call: CurrentCall,
        body: ReasonBody | None = None,
    ) -> JSONResponse:
        given = body or ReasonBody()
        command = kind(actor=call.actor(), conversation_id=conversation_id, reason=given.reason)
        return await commanding(
            call,
            command,
            body=given,
            conversation_id=conversation_id,
            answer=ConversationView,
        )


def _add_hand_off(app: FastAPI, commanding: Commanding) -> None:
    @app.post(
        f"{_CONVERSATION}/hand-off",
        operation_id="handOffConversation",
        summary="Hand a conversation to people",
        tags=["conversations"],
        response_model=StatusChanged,
        responses=_ERRORS,
    )
    async def hand_off_route(
        conversation_id: PathId,
        call: CurrentCall,
        body: HandOffBody | None = None,
    ) -> JSONResponse:
        given = body or HandOffBody()
        command = HandOffConversation(
            actor=call.actor(),
            conversation_id=conversation_id,
            reason=HandoffReason.REQUESTED_BY_AGENT,
            comment=given.reason,
            department=given.department,
        )
        return await commanding(
            call,
            command,
            body=given,
            conversation_id=conversation_id,
            answer=StatusChanged,
        )


def _add_assignment(app: FastAPI, commanding: Commanding) -> None:
    @app.post(
        f"{_CONVERSATION}/assign",
        operation_id="assignConversation",
        summary="Give a conversation to an agent, or to nobody",
        description="Only to somebody who can see it by their departments (422 `invalid_assignee`).",
        tags=["conversations"],
        response_model=ConversationView,
        responses=_ERRORS,
    )
    async def assign_route(
        conversation_id: PathId,
        body: AssignBody,
        call: CurrentCall,
    ) -> JSONResponse:
        command = AssignConversation(
            actor=call.actor(), conversation_id=conversation_id, agent_id=body.agent_id
        )
        return await commanding(
            call,
            command,
            body=body,
            conversation_id=conversation_id,
            answer=ConversationView,
        )

    @app.post(
        f"{_CONVERSATION}/transfer",
        operation_id="transferConversation",
        summary="Move a conversation to another department",
        tags=["conversations"],
        response_model=ConversationView,
        responses=_ERRORS,
    )
    async def transfer_route(
        conversation_id: PathId,
        body: TransferBody,
        call: CurrentCall,
    ) -> JSONResponse:
        command = TransferConversation(
            actor=call.actor(), conversation_id=conversation_id, **body.model_dump()
        )
        return await commanding(
            call,
            command,
            body=body,
            conversation_id=conversation_id,
            answer=ConversationView,
        )
