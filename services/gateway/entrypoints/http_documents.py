"""A chatbot's documents, for administrators."""

from typing import Annotated, Any

from fastapi import FastAPI, Query
from fastapi.responses import JSONResponse
from pydantic import BaseModel, ConfigDict, Field

from libs.contracts.base import Query as Asking
from libs.contracts.knowledge import (
    MOST_DOCUMENT_BYTES,
    DocumentFormat,
    DocumentPage,
    DocumentText,
    DocumentView,
    GetDocument,
    GetKnowledgeStatus,
    KnowledgeStatus,
    ListDocuments,
    ReindexKnowledge,
    Title,
    Visibility,
)
from services.gateway.domain.callers import PersonCaller
from services.gateway.entrypoints.http_chatbots_models import PageQuery
from services.gateway.entrypoints.http_commanding import Call, Commanding, CurrentCall
from services.gateway.entrypoints.http_console import PathId
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_edge import Bounds, BoundsOf
from services.gateway.entrypoints.http_guard import CurrentPerson
from services.gateway.use_cases.documents import CONTENT_TYPES, FINAL, Documents, GivenDocument, format_of

_CHATBOT = "/api/v1/chatbots/{chatbot_id}"
_DOCUMENTS = f"{_CHATBOT}/documents"
_DOCUMENT = f"{_DOCUMENTS}/{{document_id}}"
_FILE: dict[str, Any] = {
    "requestBody": {
        "required": True,
        # Client generators know this type alone among those that are taken.
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
_ABOUT_FILE = (
    "The body is the file: Markdown, text, HTML, PDF, or CSV of questions and answers. `format` says which; "
    f"without it the Content-Type does, one of {', '.join(CONTENT_TYPES)}. What the query says counts before "
    "what the file says."
)
_ABOUT_REINDEX = (
    "All chatbots share the index. `getKnowledgeStatus` tells how far it is (`next_generation`, `rebuilt` of "
    "`to_rebuild`), until `generation` is the new one. While one is being built no other one is begun."
)


def bounds_of_documents(seconds: float, others: BoundsOf) -> BoundsOf:
    """The bounds of requests that bring a document; those of ``others`` for any other request."""
    bounds = Bounds(MOST_DOCUMENT_BYTES, seconds)

    def bounds_of(method: str, path: str) -> Bounds | None:
        brings = method in ("POST", "PUT") and path.startswith("/api/v1/chatbots/") and "/documents" in path
        return bounds if brings else others(method, path)

    return bounds_of


class GivenQuery(BaseModel):
    """What is said beside the file."""

    model_config = ConfigDict(extra="forbid", hide_input_in_errors=True)

    format: DocumentFormat | None = None
    title: Title | None = None
    visibility: Visibility | None = Field(
        default=None, description="`internal`: for agents alone, never quoted to visitors."
    )
    language: str | None = Field(
        default=None, max_length=2, pattern="^[a-z]{2}$", description="Two letters; guessed without."
    )


Given = Annotated[GivenQuery, Query()]


def add_document_routes(app: FastAPI, documents: Documents, commanding: Commanding) -> None:
    """`/api/v1/chatbots/{chatbot_id}/documents`, one of them, and `…/knowledge`."""
    _add_reads(app, documents)
    _add_changes(app, documents, commanding)


def _add_changes(app: FastAPI, documents: Documents, commanding: Commanding) -> None:
    async def put(
        call: Call,
        chatbot_id: str,
        document_id: str | None,
        given: GivenQuery,
    ) -> JSONResponse:
        kind = given.format or format_of(call.request.headers.get("content-type"))
        said = GivenDocument(format=kind, **given.model_dump(exclude={"format"}))
        uploaded = await documents.upload(call.caller, chatbot_id, call.request.stream(), said)
        command_id = commanding.command_id(call)

        async def work() -> DocumentView:
            return await documents.put(
                call.caller, chatbot_id, document_id or command_id, uploaded, command_id
            )

        try:
            answer = await commanding.once(
                call, command_id, uploaded.given, work, status=200 if document_id else 201
            )
        except FINAL:
            await documents.forget(uploaded)
            raise
        await documents.forget(uploaded)
        return answer

    @app.post(
        _DOCUMENTS,
        operation_id="createDocument",
        summary="A new document",
        description=_ABOUT_FILE,
        tags=["knowledge"],
        status_code=201,
        response_model=DocumentView,
        responses=errors(400, 401, 403, 404, 415, 422, 504),
        openapi_extra=_FILE,
    )
    async def create_route(chatbot_id: PathId, given: Given, call: CurrentCall) -> JSONResponse:
        return await put(call, chatbot_id, None, given)

    @app.put(
        _DOCUMENT,
        operation_id="putDocument",
        summary="A document of this id, or its new version",
        description=_ABOUT_FILE,
        tags=["knowledge"],
        response_model=DocumentView,
        responses=errors(400, 401, 403, 404, 415, 422, 504),
        openapi_extra=_FILE,
    )
    async def put_route(
        chatbot_id: PathId,
        document_id: PathId,
        given: Given,
        call: CurrentCall,
    ) -> JSONResponse:
        return await put(call, chatbot_id, document_id, given)

    @app.delete(
        _DOCUMENT,
        operation_id="removeDocument",
        summary="Take a document away, so that it is quoted no more",
        description="The answer is the document as it was.",
        tags=["knowledge"],
        response_model=DocumentView,
        responses=errors(401, 403, 404, 422, 504),
    )
    async def remove_route(
        chatbot_id: PathId,
        document_id: PathId,
        call: CurrentCall,
    ) -> JSONResponse:
        command_id = commanding.command_id(call)

        async def work() -> DocumentView:
            return await documents.remove(call.caller, chatbot_id, document_id, command_id)

        return await commanding.once(call, command_id, None, work)

    @app.post(
        f"{_CHATBOT}/knowledge/reindex",
        operation_id="reindexKnowledge",
        summary="Build the index anew while the present one answers",
        description=_ABOUT_REINDEX,
        tags=["knowledge"],
        status_code=202,
        response_model=KnowledgeStatus,
        responses=errors(401, 403, 404, 422, 504),
    )
    async def reindex_route(chatbot_id: PathId, call: CurrentCall) -> JSONResponse:
        command_id = commanding.command_id(call)
        command = ReindexKnowledge(actor=call.actor(), chatbot_id=chatbot_id)

        async def work() -> KnowledgeStatus:
            return await documents.carry_out(call.caller, chatbot_id, command, command_id, KnowledgeStatus)

        return await commanding.once(call, command_id, None, work, status=202)


def _add_reads(app: FastAPI, documents: Documents) -> None:
    async def asked(
        caller: PersonCaller, chatbot_id: str, query: Asking, answer: type[BaseModel]
    ) -> JSONResponse:
        found = await documents.ask(caller, chatbot_id, query, answer)
        return JSONResponse(found.model_dump(mode="json"))

    @app.get(
        _DOCUMENTS,
        operation_id="listDocuments",
        summary="A page of a chatbot's documents",
        tags=["knowledge"],
        response_model=DocumentPage,
        responses=errors(400, 401, 403, 404),
    )
    async def list_route(
        chatbot_id: PathId, page: Annotated[PageQuery, Query()], caller: CurrentPerson
    ) -> JSONResponse:
        query = ListDocuments(chatbot_id=chatbot_id, **page.model_dump())
        return await asked(caller, chatbot_id, query, DocumentPage)

    @app.get(
        _DOCUMENT,
        operation_id="getDocument",
        summary="A document as it was understood",
        tags=["knowledge"],
        response_model=DocumentText,
        responses=errors(401, 403, 404),
    )
    async def get_route(chatbot_id: PathId, document_id: PathId, caller: CurrentPerson) -> JSONResponse:
        query = GetDocument(chatbot_id=chatbot_id, document_id=document_id)
        return await asked(caller, chatbot_id, query, DocumentText)

    @app.get(
        f"{_CHATBOT}/knowledge",
        operation_id="getKnowledgeStatus",
        summary="What a chatbot's answers are found with, and whether everything is indexed",
        tags=["knowledge"],
        response_model=KnowledgeStatus,
        responses=errors(401, 403, 404),
    )
    async def status_route(chatbot_id: PathId, caller: CurrentPerson) -> JSONResponse:
        return await asked(caller, chatbot_id, GetKnowledgeStatus(chatbot_id=chatbot_id), KnowledgeStatus)
