"""What a chatbot learnt from people's decisions, for administrators."""

from typing import Annotated, Literal

from fastapi import FastAPI, Path, Query
from fastapi.responses import JSONResponse

from libs.contracts.learning import (
    DecidePhrasing,
    GetLearning,
    LearningView,
    ListPhrasings,
    PhrasingId,
    PhrasingPage,
    PhrasingState,
    PhrasingView,
)
from services.gateway.entrypoints.http_chatbots_models import PageQuery
from services.gateway.entrypoints.http_commanding import Call, Commanding, CurrentCall
from services.gateway.entrypoints.http_console import PathId
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_guard import CurrentPerson
from services.gateway.use_cases.documents import Documents

_CHATBOT = "/api/v1/chatbots/{chatbot_id}"
_PHRASING = f"{_CHATBOT}/documents/{{document_id}}/phrasings/{{phrasing_id}}"
_PathPhrasing = Annotated[PhrasingId, Path()]


class PhrasingQuery(PageQuery):
    """Which phrasings."""

    state: PhrasingState | None = None


def add_learning_routes(app: FastAPI, documents: Documents, commanding: Commanding) -> None:
    """`/api/v1/chatbots/{chatbot_id}/phrasings`, their decisions, and `…/learning`."""

    @app.get(
        f"{_CHATBOT}/phrasings",
        operation_id="listPhrasings",
        summary="Questions of contacts that documents are found by, because agents approved the answers",
        description="`waiting` ones are not used: answers to them were rejected as often as not, or "
        "everything learnt is looked at first (`AI_LEARNT_PHRASINGS`).",
        tags=["knowledge"],
        response_model=PhrasingPage,
        responses=errors(400, 401, 403, 404),
    )
    async def list_route(
        chatbot_id: PathId, page: Annotated[PhrasingQuery, Query()], caller: CurrentPerson
    ) -> JSONResponse:
        query = ListPhrasings(chatbot_id=chatbot_id, **page.model_dump())
        found = await documents.ask(caller, chatbot_id, query, PhrasingPage)
        return JSONResponse(found.model_dump(mode="json"))

    @app.get(
        f"{_CHATBOT}/learning",
        operation_id="getLearning",
        summary="How a chatbot's answers fared in the last ninety days",
        tags=["knowledge"],
        response_model=LearningView,
        responses=errors(401, 403, 404),
    )
    async def learning_route(chatbot_id: PathId, caller: CurrentPerson) -> JSONResponse:
        found = await documents.ask(caller, chatbot_id, GetLearning(chatbot_id=chatbot_id), LearningView)
        return JSONResponse(found.model_dump(mode="json"))

    _add_decisions(app, documents, commanding)


def _add_decisions(app: FastAPI, documents: Documents, commanding: Commanding) -> None:
    async def decide(
        call: Call, chatbot_id: str, document_id: str, phrasing_id: str, state: Literal["approved", "revoked"]
    ) -> JSONResponse:
        command_id = commanding.command_id(call)
        command = DecidePhrasing(
            actor=call.actor(),
            chatbot_id=chatbot_id,
            document_id=document_id,
            phrasing_id=phrasing_id,
            state=state,
        )

        async def work() -> PhrasingView:
            return await documents.carry_out(call.caller, chatbot_id, command, command_id, PhrasingView)

        return await commanding.once(call, command_id, None, work)

    @app.post(
        f"{_PHRASING}/approve",
        operation_id="approvePhrasing",
        summary="Have a document found by a phrasing, whatever is voted from then on",
        tags=["knowledge"],
        response_model=PhrasingView,
        responses=errors(401, 403, 404, 422, 504),
    )
    async def approve_route(
        chatbot_id: PathId, document_id: PathId, phrasing_id: _PathPhrasing, call: CurrentCall
    ) -> JSONResponse:
        return await decide(call, chatbot_id, document_id, phrasing_id, "approved")

    @app.post(
        f"{_PHRASING}/revoke",
        operation_id="revokePhrasing",
        summary="Have a document found by a phrasing no more, nor learn it again",
        tags=["knowledge"],
        response_model=PhrasingView,
        responses=errors(401, 403, 404, 422, 504),
    )
    async def revoke_route(
        chatbot_id: PathId, document_id: PathId, phrasing_id: _PathPhrasing, call: CurrentCall
    ) -> JSONResponse:
        return await decide(call, chatbot_id, document_id, phrasing_id, "revoked")
