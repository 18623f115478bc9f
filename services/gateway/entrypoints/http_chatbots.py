"""Chatbots, for administrators."""

from typing import Annotated

from fastapi import FastAPI, Query
from fastapi.responses import JSONResponse

from libs.contracts.chatbots import (
    ChatbotPage,
    ChatbotView,
    CreateChatbot,
    DeleteChatbot,
    GetChatbot,
    ListChatbots,
    UpdateChatbot,
)
from services.gateway.entrypoints.http_chatbots_models import ChatbotBody, ChatbotChangesBody, PageQuery
from services.gateway.entrypoints.http_commanding import Commanding, CurrentCall
from services.gateway.entrypoints.http_console import PathId
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_guard import CurrentPerson
from services.gateway.use_cases.run_query import Queries

_CHATBOTS = "/api/v1/chatbots"
_CHATBOT = f"{_CHATBOTS}/{{chatbot_id}}"


def add_chatbot_routes(app: FastAPI, queries: Queries, commanding: Commanding) -> None:
    """`/api/v1/chatbots` and one of them."""
    _add_reads(app, queries)

    @app.post(
        _CHATBOTS,
        operation_id="createChatbot",
        summary="A new chatbot",
        tags=["administration"],
        status_code=201,
        response_model=ChatbotView,
        responses=errors(401, 403, 404, 409, 415, 422, 504),
    )
    async def create_route(body: ChatbotBody, call: CurrentCall) -> JSONResponse:
        # A repeat of the request names the same chatbot.
        chatbot_id = commanding.command_id(call)
        command = CreateChatbot(actor=call.actor(), chatbot=body.chatbot(chatbot_id))
        return await commanding(call, command, body=body, answer=ChatbotView, status=201)

    @app.patch(
        _CHATBOT,
        operation_id="updateChatbot",
        summary="Change a chatbot",
        description="Messages that come within some seconds may still be answered as before.",
        tags=["administration"],
        response_model=ChatbotView,
        responses=errors(401, 403, 404, 415, 422, 504),
    )
    async def update_route(
        chatbot_id: PathId,
        body: ChatbotChangesBody,
        call: CurrentCall,
    ) -> JSONResponse:
        command = UpdateChatbot(
            actor=call.actor(), chatbot_id=chatbot_id, cleared=body.cleared(), **body.model_dump()
        )
        return await commanding(call, command, body=body, answer=ChatbotView)

    @app.delete(
        _CHATBOT,
        operation_id="deleteChatbot",
        summary="Remove a chatbot that nothing needs any more",
        description="409 while it is a department's default or has open conversations. Its "
        "channels are disconnected and its documents removed soon after. The answer is the chatbot as it "
        "was.",
        tags=["administration"],
        response_model=ChatbotView,
        responses=errors(401, 403, 404, 409, 422, 504),
    )
    async def delete_route(chatbot_id: PathId, call: CurrentCall) -> JSONResponse:
        command = DeleteChatbot(actor=call.actor(), chatbot_id=chatbot_id)
        return await commanding(call, command, answer=ChatbotView)


def _add_reads(app: FastAPI, queries: Queries) -> None:
    @app.get(
        _CHATBOTS,
        operation_id="listChatbots",
        summary="A page of the account's chatbots",
        tags=["administration"],
        response_model=ChatbotPage,
        responses=errors(400, 401, 403),
    )
    async def list_route(page: Annotated[PageQuery, Query()], caller: CurrentPerson) -> JSONResponse:
        query = ListChatbots(person=caller.person, **page.model_dump())
        found = await queries.ask(query, account_id=caller.account_id, answer=ChatbotPage)
        return JSONResponse(found.model_dump(mode="json"))

    @app.get(
        _CHATBOT,
        operation_id="getChatbot",
        summary="One chatbot",
        tags=["administration"],
        response_model=ChatbotView,
        responses=errors(401, 403, 404),
    )
    async def get_route(chatbot_id: PathId, caller: CurrentPerson) -> JSONResponse:
        query = GetChatbot(person=caller.person, chatbot_id=chatbot_id)
        found = await queries.ask(query, account_id=caller.account_id, answer=ChatbotView)
        return JSONResponse(found.model_dump(mode="json"))
