"""The agent console's two fixed paths."""

from typing import Annotated

from fastapi import FastAPI, Path
from fastapi.responses import JSONResponse

from libs.contracts.conversation import ChangeStatus, MessageView, PostReply, StatusChanged
from services.gateway.entrypoints.http_commanding import Commanding, CurrentCall
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_models import ReplyBody, StatusBody

PathId = Annotated[str, Path(min_length=1, max_length=256)]

_CONVERSATION = "/app/chatbots/{chatbot_id}/conversations/{conversation_id}"


def add_console_routes(app: FastAPI, commanding: Commanding) -> None:
    """Reply and status, as frontends have called them from the first day."""

    @app.post(
        f"{_CONVERSATION}/replies",
        operation_id="replyToConversation",
        summary="Reply to a conversation that is handed off",
        tags=["console"],
        status_code=201,
        response_model=MessageView,
        responses=errors(401, 403, 404, 409, 415, 422, 504),
    )
    async def reply_route(
        chatbot_id: PathId,
        conversation_id: PathId,
        body: ReplyBody,
        call: CurrentCall,
    ) -> JSONResponse:
        command = PostReply(
            actor=call.actor(),
            conversation_id=conversation_id,
            chatbot_id=chatbot_id,
            content=body.content,
        )
        return await commanding(
            call,
            command,
            body=body,
            conversation_id=conversation_id,
            answer=MessageView,
            status=201,
        )

    @app.put(
        f"{_CONVERSATION}/status",
        operation_id="changeConversationStatus",
        summary="Close a conversation, or give it back to the AI",
        tags=["console"],
        response_model=StatusChanged,
        responses=errors(401, 403, 404, 409, 415, 422, 504),
    )
    async def status_route(
        chatbot_id: PathId,
        conversation_id: PathId,
        body: StatusBody,
        call: CurrentCall,
    ) -> JSONResponse:
        command = ChangeStatus(
            actor=call.actor(), conversation_id=conversation_id, chatbot_id=chatbot_id, status=body.status
        )
        return await commanding(
            call,
            command,
            body=body,
            conversation_id=conversation_id,
            answer=StatusChanged,
        )
