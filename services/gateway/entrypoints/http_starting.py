"""Start a conversation."""

from fastapi import FastAPI
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from libs.contracts.starting import StartedConversation
from libs.contracts.vocabulary import Channel
from services.gateway.entrypoints.http_commanding import Commanding, CurrentCall
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_models import AnyId, Said, body_config
from services.gateway.use_cases.start_conversation import Opening, StartConversationAsAgent


class StartBody(BaseModel):
    """`to` is the address on the channel: for Telegram a chat's id, for the widget a visitor's."""

    model_config = body_config(
        {
            "chatbot_id": "bot-kettle",
            "channel": "telegram",
            "to": "550011",
            "name": "Mira",
            "content": "Your kettle is ready to be picked up.",
        }
    )

    chatbot_id: AnyId
    channel: Channel = Field(strict=False)
    to: str = Field(min_length=1, max_length=256)
    name: str | None = Field(default=None, max_length=512)
    subject: str | None = Field(default=None, min_length=1, max_length=512)
    content: Said


def add_starting_routes(app: FastAPI, start: StartConversationAsAgent, commanding: Commanding) -> None:
    """`POST /api/v1/conversations`."""

    @app.post(
        "/api/v1/conversations",
        operation_id="startConversation",
        summary="Write to somebody first",
        description="Finds or makes the contact and the thread. Where the AI answers by itself, the caller "
        "takes over. 409 `channel_not_connected` when the chatbot has no usable connection of the channel.",
        tags=["conversations"],
        status_code=201,
        response_model=StartedConversation,
        responses=errors(401, 403, 404, 409, 415, 422, 504),
    )
    async def start_route(body: StartBody, call: CurrentCall) -> JSONResponse:
        command_id = commanding.command_id(call)
        given = body.model_dump() | {"name": body.name or ""}

        async def work() -> StartedConversation:
            return await start(call.caller, Opening(**given), command_id=command_id)

        return await commanding.once(call, command_id, body, work, status=201)
