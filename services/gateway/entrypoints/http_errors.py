"""Every error as one JSON object, and the one place that knows which status a code has.

DomainError      the status of its code, below
TransientError   503 with Retry-After; 504 when the command was accepted but not answered
PermanentError   500
"""

import random
from datetime import UTC, datetime
from math import ceil
from typing import Any
from uuid import uuid4

from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse

from libs.contracts.errors import DomainError, ErrorCode, ParleyError, TransientError
from libs.runtime.logs import get_logger
from libs.runtime.telemetry import current_trace_id

_log = get_logger("http")

STATUS = {
    ErrorCode.INVALID_TRANSITION: 409,
    ErrorCode.INVALID_STATUS: 422,
    ErrorCode.INVALID_ASSIGNEE: 422,
    ErrorCode.NOT_HANDED_OFF: 409,
    ErrorCode.NOT_FOUND: 404,
    ErrorCode.FORBIDDEN: 403,
    ErrorCode.CONFLICT: 409,
    ErrorCode.CONVERSATION_MERGED: 409,
    ErrorCode.STALE_ANSWER: 409,
    ErrorCode.SUGGESTION_NOT_PENDING: 400,
    ErrorCode.CHANNEL_REFUSED: 502,
    ErrorCode.EXPIRED: 503,
    ErrorCode.INVALID: 422,
    ErrorCode.USE_CURSOR: 400,
    ErrorCode.UNAUTHENTICATED: 401,
    ErrorCode.TOO_LARGE: 413,
    ErrorCode.UNSUPPORTED_MEDIA_TYPE: 415,
    ErrorCode.RATE_LIMITED: 429,
    ErrorCode.IDEMPOTENCY_KEY_REUSED: 422,
    ErrorCode.UNAVAILABLE: 503,
    ErrorCode.OUTCOME_UNKNOWN: 504,
    ErrorCode.CHANNEL_NOT_CONNECTED: 502,
    ErrorCode.UNREADABLE: 400,
    ErrorCode.INTERNAL: 500,
}

#: Where a code means something else than usual: nothing was sent yet, it cannot be started.
_STATUS_BY_OPERATION: dict[tuple[str, str], int] = {
    ("startConversation", ErrorCode.CHANNEL_NOT_CONNECTED): 409
}

#: What the framework itself refuses.
_FRAMEWORK = {
    400: (ErrorCode.INVALID, "The request cannot be read."),
    404: (ErrorCode.NOT_FOUND, "There is nothing here."),
    405: ("method_not_allowed", "This method is not allowed here."),
    408: ("request_timeout", "The body did not come in time."),
    413: (ErrorCode.TOO_LARGE, "The body is too large."),
}

#: What frontends show, to the letter, whatever the cause (by operation), and for one cause (by code).
_DETAIL_BY_OPERATION = {"changeConversationStatus": "Failed to update conversation status."}
_DETAIL_BY_CODE: dict[str, str] = {ErrorCode.NOT_HANDED_OFF: "Can only reply to handed-off conversations."}


class ErrorBody(BaseModel):
    """Every error. `code` is stable and for programs, `detail` for people; `trace_id` finds the logs."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "detail": "Can only reply to handed-off conversations.",
                    "code": "not_handed_off",
                    "conversation_id": "0190f1c2-7a00-7c3b-9a51-2f6d1c0b8e11-3fa7",
                    "timestamp": "2026-11-20T14:00:00.000Z",
                    "trace_id": "5b8aa5a2d2c872e8321cf37308d69df2",
                }
            ]
        }
    )

    detail: str
    code: str
    conversation_id: str | None
    timestamp: str
    trace_id: str


def operation_of(request: Request) -> str:
    """The operation id of the route that took the request, or its name; empty where none did."""
    route = request.scope.get("route")
    return str(getattr(route, "operation_id", None) or getattr(route, "name", ""))


def _named(request: Request) -> str | None:
    """The conversation that the address names; a ticket is one."""
    named: str | None = request.path_params.get("conversation_id") or request.path_params.get("ticket_id")
    return named


def error_response(
    request: Request,
    status: int,
    code: str,
    detail: str,
    *,
    conversation_id: str | None = None,
    headers: dict[str, str] | None = None,
) -> JSONResponse:
    """An error in the one format."""
    body = ErrorBody(
        detail=_DETAIL_BY_OPERATION.get(operation_of(request), detail),
        code=code,
        conversation_id=conversation_id or _named(request),
        timestamp=datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
        trace_id=current_trace_id() or uuid4().hex,
    )
    return JSONResponse(body.model_dump(), status_code=status, headers=headers)


async def on_parley_error(request: Request, error: Exception) -> JSONResponse:
    """A rule that says no, or a part that is away."""
    assert isinstance(error, ParleyError)  # noqa: S101 - registered for these only
    status = status_of(error, query=request.method == "GET")
    status = _STATUS_BY_OPERATION.get((operation_of(request), error.code), status)
    detail = (
        _DETAIL_BY_CODE.get(ErrorCode(error.code), error.detail) if error.code in STATUS else error.detail
    )
    if status >= 500:
        _log.warning("request failed", operation=operation_of(request), code=error.code, status=status)
    if status == 500:
        detail = "Something went wrong."
    return error_response(
        request,
        status,
        error.code,
        detail,
        conversation_id=error.conversation_id,
        headers=_retry_header(error, status),
    )


def status_of(error: ParleyError, *, query: bool = False) -> int:
    """The HTTP status. What does not fit is 400 in a query and 422 in a body."""
    if isinstance(error, DomainError):
        if query and error.code == ErrorCode.INVALID:
            return 400
        return STATUS[ErrorCode(error.code)] if error.code in STATUS else 400
    if isinstance(error, TransientError):
        return 504 if error.code == ErrorCode.OUTCOME_UNKNOWN else 503
    return 500


def _retry_header(error: ParleyError, status: int) -> dict[str, str] | None:
    if status == 401:
        return {"WWW-Authenticate": "Bearer"}
    if status == 429:
        return {"Retry-After": str(max(1, ceil(error.retry_after or 1)))}
    if status == 503:
        # Spread, so that not everybody comes back in the same second.
        return {"Retry-After": str(random.randint(1, 5))}  # noqa: S311 - jitter
    return None


async def on_http_exception(request: Request, error: Exception) -> JSONResponse:
    """What Starlette or FastAPI refuse by themselves: unknown routes, wrong methods, unreadable bodies."""
    assert isinstance(error, HTTPException)  # noqa: S101 - registered for these only
    code, detail = _FRAMEWORK.get(error.status_code, (ErrorCode.INVALID, "The request was refused."))
    return error_response(request, error.status_code, code, detail, headers=dict(error.headers or {}))


async def on_validation_error(request: Request, error: Exception) -> JSONResponse:
    """A path, query or body that does not fit. Says where, never what was there."""
    assert isinstance(error, RequestValidationError)  # noqa: S101 - registered for these only
    problems = error.errors()
    sources = {str(problem["loc"][0]) for problem in problems}
    if "path" in sources:
        return error_response(request, 404, ErrorCode.NOT_FOUND, "There is nothing here.")
    if isinstance(error.body, bytes):  # left unread, for its content type
        code = ErrorCode.UNSUPPORTED_MEDIA_TYPE
        return error_response(request, 415, code, "The body has to be application/json.")
    code = ErrorCode.INVALID
    if operation_of(request) == "changeConversationStatus":
        code = ErrorCode.INVALID_STATUS
    detail = "; ".join(_problem(problem) for problem in problems[:5])
    return error_response(request, 400 if sources == {"query"} else 422, code, detail)


def _problem(problem: dict[str, Any]) -> str:
    where = ".".join(str(part) for part in problem["loc"][1:])
    if problem["type"] == "extra_forbidden":
        return f"{problem['loc'][0]}: there is a field that is not known"
    if problem["type"] == "json_invalid":
        return "body: not JSON"
    return f"{where or problem['loc'][0]}: {problem['msg']}"


async def on_unexpected(request: Request, error: Exception) -> JSONResponse:
    """A mistake of ours. The log has the places it passed, not what was in them."""
    _log.error("unexpected", operation=operation_of(request), exc_info=error)
    return error_response(request, 500, ErrorCode.INTERNAL, "Something went wrong.")
