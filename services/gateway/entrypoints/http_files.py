"""Files of conversations: uploaded before a message names them, read by who may read the conversation."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import FastAPI, Header, Request
from fastapi.responses import JSONResponse, Response

from libs.contracts.errors import DomainError, ErrorCode
from services.gateway.domain.callers import VisitorCaller
from services.gateway.domain.rate_limits import TokenBuckets
from services.gateway.entrypoints.http_console import PathId
from services.gateway.entrypoints.http_docs import errors
from services.gateway.entrypoints.http_edge import Bounds, BoundsOf
from services.gateway.entrypoints.http_file_answers import BINARY, FORM, FileAnswer, file_response
from services.gateway.entrypoints.http_guard import CurrentPerson, bearer_token
from services.gateway.entrypoints.http_once import IdempotencyKey, Once
from services.gateway.entrypoints.multipart import uploaded_file
from services.gateway.entrypoints.request_limits import address_of
from services.gateway.use_cases.download_file import DownloadFile
from services.gateway.use_cases.file_ports import Files
from services.gateway.use_cases.ports import Tokens
from services.gateway.use_cases.upload_file import UploadFile

_OF_CONVERSATION = "/api/v1/conversations/{conversation_id}/attachments"
_OF_VISITOR = "/api/v1/widget/attachments"
_UPLOAD = (
    "multipart/form-data with the one field `file`. Its kind is told from its first bytes; programs and "
    "pages are refused (415). The file waits a day for a message to name it."
)
_DOWNLOAD = (
    "Only what a browser cannot run is shown inline; pages and SVG come as `application/octet-stream`. Takes "
    "`Range`, `If-Range` and `If-None-Match`."
)

RangeHeader = Annotated[str | None, Header(alias="Range", max_length=256)]


#: What a form has beside its file: boundaries and the headers of the part.
_AROUND = 65_536


def bounds_of_uploads(most_bytes: int, seconds: float) -> BoundsOf:
    """The bounds of requests that bring a file."""
    bounds = Bounds(most_bytes + _AROUND, seconds)

    def bounds_of(method: str, path: str) -> Bounds | None:
        return bounds if method == "POST" and path.endswith("/attachments") else None

    return bounds_of


@dataclass(frozen=True)
class FileRoutes:
    """What the routes are made of."""

    upload: UploadFile
    download: DownloadFile
    files: Files
    once: Once
    tokens: Tokens
    limit: TokenBuckets
    clock: Callable[[], float]

    def count(self, key: str) -> None:
        """Raise DomainError `rate_limited` past the uploads that a caller has."""
        wait = self.limit.take(key, self.clock())
        if wait:
            raise DomainError(ErrorCode.RATE_LIMITED, "Too many uploads.", retry_after=wait)

    def visitor(self, request: Request) -> VisitorCaller:
        """The visitor whose session's token came. Raises DomainError `unauthenticated`."""
        return self.tokens.read_visitor(bearer_token(request) or "")


def add_file_routes(app: FastAPI, routes: FileRoutes) -> None:
    """`/api/v1/conversations/{id}/attachments` and `/api/v1/widget/attachments`."""
    _add_of_conversation(app, routes)
    _add_of_visitor(app, routes)


def _add_of_conversation(app: FastAPI, routes: FileRoutes) -> None:
    @app.post(
        _OF_CONVERSATION,
        operation_id="uploadAttachment",
        summary="Upload a file for a message of this conversation",
        description=_UPLOAD,
        tags=["attachments"],
        status_code=201,
        response_model=FileAnswer,
        responses=errors(400, 401, 403, 404, 415, 422, 429),
        openapi_extra=FORM,
    )
    async def upload_route(
        request: Request, conversation_id: PathId, caller: CurrentPerson, key: IdempotencyKey = None
    ) -> JSONResponse:
        person = f"{caller.account_id}/{caller.person.id}"
        routes.count(person)
        file_id = routes.once.request_id(key, "upload", person, conversation_id)
        upload = await uploaded_file(request)
        stored = await routes.upload.by_person(caller, conversation_id, upload, file_id)
        return JSONResponse(FileAnswer.of(stored).model_dump(mode="json"), 201)

    @app.get(
        _OF_CONVERSATION + "/{file_id}",
        operation_id="downloadAttachment",
        summary="Read a file of this conversation",
        description=_DOWNLOAD,
        tags=["attachments"],
        response_class=Response,
        responses={**errors(401, 403, 404, 416), **BINARY},
    )
    async def download_route(
        request: Request,
        conversation_id: PathId,
        file_id: PathId,
        caller: CurrentPerson,
        _: RangeHeader = None,
    ) -> Response:
        stored = await routes.download.by_person(caller, conversation_id, file_id)
        return file_response(request, stored, routes.files.read)


def _add_of_visitor(app: FastAPI, routes: FileRoutes) -> None:
    @app.post(
        _OF_VISITOR,
        operation_id="uploadVisitorAttachment",
        summary="Upload a file of the widget's visitor",
        description=_UPLOAD + " With the token of a widget session.",
        tags=["widget"],
        status_code=201,
        response_model=FileAnswer,
        responses=errors(400, 401, 415, 422, 429),
        openapi_extra=FORM,
    )
    async def visitor_upload_route(request: Request, key: IdempotencyKey = None) -> JSONResponse:
        visitor = routes.visitor(request)
        # A new session is easily had: an address has as many uploads as one visitor.
        for counted in (f"{visitor.connection_id}/{visitor.visitor_id}", address_of(request)):
            routes.count(counted)
        file_id = routes.once.request_id(key, "upload", visitor.connection_id, visitor.visitor_id)
        stored = await routes.upload.by_visitor(visitor, await uploaded_file(request), file_id)
        return JSONResponse(FileAnswer.of(stored).model_dump(mode="json"), 201)

    @app.get(
        _OF_VISITOR + "/{file_id}",
        operation_id="downloadVisitorAttachment",
        summary="Read a file of the visitor's own conversation",
        description=_DOWNLOAD + " With the token of a widget session.",
        tags=["widget"],
        response_class=Response,
        responses={**errors(401, 404, 416), **BINARY},
    )
    async def visitor_download_route(request: Request, file_id: PathId, _: RangeHeader = None) -> Response:
        visitor = routes.visitor(request)
        stored = await routes.download.by_visitor(visitor, file_id)
        return file_response(request, stored, routes.files.read)
