"""How far the team has read a conversation."""

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from libs.contracts.conversation import ConversationView
from libs.contracts.read_marks import MarkRead
from services.gateway.entrypoints.http_commanding import Commanding, CurrentCall
from services.gateway.entrypoints.http_console import PathId
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_models import AnyId, body_config


class ReadBody(BaseModel):
    """Up to which message; without one, all of it."""

    model_config = body_config({"message_id": "0190f1c2-7a00-7c3b-9a51-2f6d1c0b8e11"})

    message_id: AnyId | None = None


def add_read_mark_routes(app: FastAPI, commanding: Commanding) -> None:
    """`/api/v1/conversations/{id}/read`."""

    @app.post(
        "/api/v1/conversations/{conversation_id}/read",
        operation_id="markRead",
        summary="The team has read a conversation up to a message",
        description="Its `unread` counts what came later. A mark never goes back.",
        tags=["conversations"],
        response_model=ConversationView,
        responses=errors(401, 403, 404, 409, 415, 422, 504),
    )
    async def read_route(
        conversation_id: PathId,
        body: ReadBody,
        call: CurrentCall,
    ) -> JSONResponse:
        command = MarkRead(actor=call.actor(), conversation_id=conversation_id, message_id=body.message_id)
        return await commanding(
            call,
            command,
            body=body,
            conversation_id=conversation_id,
            answer=ConversationView,
        )
