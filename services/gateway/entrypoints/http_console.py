"""The agent console's two fixed paths."""

from typing import Annotated, Any

from fastapi import FastAPI, Path
from fastapi.responses import JSONResponse

from libs.contracts.conversation import MessageView, StatusChanged
from services.gateway.domain.callers import PersonCaller
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_guard import CurrentPerson
from services.gateway.entrypoints.http_models import ReplyBody, StatusBody
from services.gateway.entrypoints.http_once import IdempotencyKey, Once
from services.gateway.use_cases.change_status import ChangeConversationStatus
from services.gateway.use_cases.post_reply import PostAgentReply

PathId = Annotated[str, Path(min_length=1, max_length=256)]

_CONVERSATION = "/app/chatbots/{chatbot_id}/conversations/{conversation_id}"


def add_console_routes(
    app: FastAPI, post_reply: PostAgentReply, change_status: ChangeConversationStatus, once: Once
) -> None:
    """Reply and status of spec section 3."""

    def request_id(
        key: str | None, caller: PersonCaller, method: str, chatbot_id: str, conversation_id: str
    ) -> str:
        path = _CONVERSATION.format(chatbot_id=chatbot_id, conversation_id=conversation_id)
        return once.request_id(key, caller.account_id, caller.person.id, f"{method} {path}")

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
        caller: CurrentPerson,
        key: IdempotencyKey = None,
    ) -> JSONResponse:
        command_id = request_id(key, caller, "POST replies", chatbot_id, conversation_id)

        async def work() -> MessageView:
            return await post_reply(
                caller,
                chatbot_id=chatbot_id,
                conversation_id=conversation_id,
                content=body.content,
                command_id=command_id,
            )

        return _answer(await once(key, command_id, body, work), 201)

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
        caller: CurrentPerson,
        key: IdempotencyKey = None,
    ) -> JSONResponse:
        command_id = request_id(key, caller, "PUT status", chatbot_id, conversation_id)

        async def work() -> StatusChanged:
            return await change_status(
                caller,
                chatbot_id=chatbot_id,
                conversation_id=conversation_id,
                status=body.status,
                command_id=command_id,
            )

        return _answer(await once(key, command_id, body, work), 200)


def _answer(body: dict[str, Any], status: int) -> JSONResponse:
    """Dumped by its model already: validating it once more would only cost time."""
    return JSONResponse(body, status_code=status)
