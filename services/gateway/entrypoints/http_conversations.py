"""The conversation API's list and thread."""

from typing import Annotated

from fastapi import FastAPI, Query, Request
from fastapi.responses import Response

from libs.contracts.reading import ConversationPage, ConversationThread, GetConversation, ListConversations
from services.gateway.entrypoints.http_conditions import thread_response
from services.gateway.entrypoints.http_console import PathId
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_guard import CurrentPerson
from services.gateway.entrypoints.http_models import ListQuery, ThreadQuery
from services.gateway.use_cases.get_conversation import GetVisibleConversation
from services.gateway.use_cases.list_conversations import ListVisibleConversations


def add_conversation_routes(
    app: FastAPI, list_conversations: ListVisibleConversations, get_conversation: GetVisibleConversation
) -> None:
    """`/api/v1/conversations` and one of them."""

    @app.get(
        "/api/v1/conversations",
        operation_id="listConversations",
        summary="A page of the conversations that the caller may see",
        description="`page` reaches 10,000 rows deep; behind that, `cursor` goes on (400 `use_cursor`).",
        tags=["conversations"],
        response_model=ConversationPage,
        responses=errors(400, 401, 403),
    )
    async def list_route(filters: Annotated[ListQuery, Query()], caller: CurrentPerson) -> Response:
        query = ListConversations(person=caller.person, **filters.model_dump())
        return Response(await list_conversations(caller, query), media_type="application/json")

    @app.get(
        "/api/v1/conversations/{conversation_id}",
        operation_id="getConversation",
        summary="One thread: the conversation, its messages, the timeline of its transitions",
        description="Of one that others were merged into: with their messages, in the order of time. "
        "`previous_cursor` goes on with what was written before.",
        tags=["conversations"],
        response_model=ConversationThread,
        responses={304: {"description": "As it was, by `If-None-Match`."}, **errors(400, 401, 403, 404)},
    )
    async def thread_route(
        request: Request,
        conversation_id: PathId,
        asked: Annotated[ThreadQuery, Query()],
        caller: CurrentPerson,
    ) -> Response:
        query = GetConversation(person=caller.person, conversation_id=conversation_id, **asked.model_dump())
        thread = await get_conversation(caller, query)
        return thread_response(request, thread)
