"""What every stand-in's control API shares: JSON in and out, and errors that say what to change."""

import json
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from libs.standins.errors import StandinError

MAX_BODY_BYTES = 32 * 1_048_576
MAX_WAIT_S = 30.0
DEFAULT_LIMIT = 100
MAX_LIMIT = 1_000

ExceptionHandler = Callable[[Request, Exception], Awaitable[Response]]

_JSON_NAMES: dict[type, str] = {
    int: "a whole number",
    float: "a number",
    str: "text",
    bool: "true or false",
    dict: "an object",
    list: "an array",
}


async def json_object(request: Request) -> dict[str, Any]:
    """Read the request's body as a JSON object; no body is an empty one. StandinError 400, 413."""
    size = 0
    pieces = []
    async for piece in request.stream():
        size += len(piece)
        if size > MAX_BODY_BYTES:
            raise StandinError(f"the body has more than {MAX_BODY_BYTES} bytes", 413)
        pieces.append(piece)
    if not size:
        return {}
    try:
        body = json.loads(b"".join(pieces))
    except ValueError as error:
        raise StandinError("the body is not JSON") from error
    if not isinstance(body, dict):
        raise StandinError("the body must be a JSON object")
    return body


def only(body: Mapping[str, Any], *names: str) -> None:
    """Refuse members that nothing reads: they are misspelt ones. StandinError."""
    if unknown := sorted(set(body) - set(names)):
        raise StandinError(f"unknown: {', '.join(unknown)}; known: {', '.join(sorted(names))}")


def take(body: Mapping[str, Any], name: str, *kinds: type, default: Any = ...) -> Any:
    """Return a member of one of the types; without ``default`` it is required. StandinError."""
    value = body.get(name)
    if value is None:
        if default is ...:
            raise StandinError(f"{name} is required")
        return default
    # A boolean is an int to Python, never to a reader of JSON.
    if not isinstance(value, kinds) or (isinstance(value, bool) and bool not in kinds):
        raise StandinError(f"{name} must be {' or '.join(_JSON_NAMES[kind] for kind in kinds)}")
    return value


def query_int(request: Request, name: str) -> int | None:
    """Return a whole number of the query string, None when absent. StandinError."""
    text = request.query_params.get(name)
    if text is None:
        return None
    try:
        return int(text)
    except ValueError:
        raise StandinError(f"{name} must be a whole number") from None


def query_limit(request: Request) -> int:
    """Return how many entries are asked for: ``limit``, 1-1000, without it 100. StandinError."""
    limit = query_int(request, "limit")
    if limit is None:
        return DEFAULT_LIMIT
    if not 1 <= limit <= MAX_LIMIT:
        raise StandinError(f"limit must be 1-{MAX_LIMIT}")
    return limit


def wait_seconds(given: str | float) -> float:
    """Check how long a request is to wait: 0-30 seconds. StandinError."""
    try:
        seconds = float(given)
    except ValueError:
        raise StandinError("wait_seconds must be a number") from None
    if not 0 <= seconds <= MAX_WAIT_S:
        raise StandinError(f"wait_seconds must be 0-{MAX_WAIT_S:.0f}")
    return seconds


def exception_handlers() -> dict[Any, ExceptionHandler]:
    """Return Starlette's handlers: every refusal is ``{"error": text}``."""

    async def refuse(request: Request, error: Exception) -> Response:  # noqa: ARG001 - Starlette's signature
        if isinstance(error, StandinError):
            return JSONResponse({"error": str(error)}, status_code=error.status)
        if isinstance(error, HTTPException):
            return JSONResponse({"error": error.detail}, status_code=error.status_code, headers=error.headers)
        raise error

    return {StandinError: refuse, HTTPException: refuse}
