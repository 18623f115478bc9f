"""A file as an answer: whole or in part, with what keeps a browser from running it."""

from collections.abc import AsyncIterator, Callable
from datetime import datetime
from typing import Any
from urllib.parse import quote

from fastapi.responses import Response, StreamingResponse
from pydantic import BaseModel, ConfigDict
from starlette.requests import Request

from libs.contracts.files import StoredFile, kind_of
from libs.contracts.vocabulary import MessageKind
from services.gateway.domain.byte_ranges import NoSuchPartError, part_of
from services.gateway.domain.uploads import served_type, shown_inline
from services.gateway.entrypoints.http_docs import Responses
from services.gateway.entrypoints.http_errors import error_response

#: Checked again each time, so that whoever loses sight of a conversation loses its files, too.
_HEADERS = {
    "Accept-Ranges": "bytes",
    "Cache-Control": "private, no-cache",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'; sandbox",
    "Vary": "Authorization",
}

Read = Callable[..., AsyncIterator[bytes]]


class FileAnswer(BaseModel):
    """An uploaded file. Its `id` goes into the `attachments` of a message before `expires_at`, or it is
    removed. `content_type` is what its first bytes say; `size` is in bytes.
    """

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "id": "0190f1c2-7a00-7c3b-9a51-2f6d1c0b8e13",
                    "kind": "image",
                    "filename": "kettle.png",
                    "content_type": "image/png",
                    "size": 48213,
                    "created_at": "2026-11-28T14:00:00Z",
                    "expires_at": "2026-11-29T14:00:00Z",
                }
            ]
        }
    )

    id: str
    kind: MessageKind
    filename: str | None
    content_type: str
    size: int
    created_at: datetime
    expires_at: datetime | None

    @classmethod
    def of(cls, stored: StoredFile) -> "FileAnswer":
        """From the store's."""
        shown = stored.model_dump(include=set(cls.model_fields))
        return cls(kind=kind_of(stored.content_type), **shown)


def file_response(request: Request, stored: StoredFile, read: Read) -> Response:
    """The file, or the part of it that `Range` names; 304 for who has it, 416 past its end."""
    tag = f'"{stored.sha256}"'
    headers = {**_HEADERS, "ETag": tag}
    given = request.headers.get("if-none-match", "").strip()
    if given == "*" or tag in {one.strip().removeprefix("W/") for one in given.split(",")}:
        return Response(status_code=304, headers=headers)
    try:
        # A part of another version of the file is of no use: then the whole is sent.
        fits = request.headers.get("if-range", tag).strip() == tag
        part = part_of(request.headers.get("range"), stored.size) if fits else None
    except NoSuchPartError:
        return error_response(
            request,
            416,
            "range_not_satisfiable",
            "The file ends before that.",
            headers={"Content-Range": f"bytes */{stored.size}"},
        )
    headers |= {
        "Content-Type": served_type(stored.content_type),
        "Content-Disposition": _disposition(stored),
        "Content-Length": str(part.length if part else stored.size),
    }
    if part:
        headers["Content-Range"] = part.content_range
        content = read(stored.account_id, stored.id, start=part.start, length=part.length)
    else:
        content = read(stored.account_id, stored.id)
    return StreamingResponse(content, 206 if part else 200, headers=headers)


def _disposition(stored: StoredFile) -> str:
    """RFC 6266: the name in ASCII for old clients, and as it is for the others."""
    kind = "inline" if shown_inline(stored.content_type) else "attachment"
    if stored.filename is None:
        return kind
    plain = stored.filename.encode("ascii", "replace").decode()
    plain = "".join("_" if one in '"\\%?' or not one.isprintable() else one for one in plain)
    return f"{kind}; filename=\"{plain}\"; filename*=UTF-8''{quote(stored.filename, safe='')}"


#: How OpenAPI describes the form that is uploaded, and the file that is downloaded.
FORM: dict[str, Any] = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {
                "schema": {
                    "type": "object",
                    "required": ["file"],
                    "properties": {"file": {"type": "string", "format": "binary"}},
                    "additionalProperties": False,
                }
            }
        },
    }
}
_CONTENT = {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}
BINARY: Responses = {
    200: {"description": "The file.", "content": _CONTENT},
    206: {"description": "The part that `Range` names.", "content": _CONTENT},
    304: {"description": "The file is as `If-None-Match` says."},
}
