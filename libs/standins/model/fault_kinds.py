"""The endpoint's kinds of fault, and what each makes of an answer."""

import json
from collections.abc import Mapping
from typing import Any, Final

from libs.standins.errors import FaultError
from libs.standins.faults import TRANSPORT_KINDS, Fault, FaultRule, parse_rule
from libs.standins.model.errors import ApiError, Headers
from libs.standins.model.replies import JsonObject
from libs.standins.wire import Answer

#: Kind to the options it takes.
KINDS: Final[dict[str, frozenset[str]]] = {
    **TRANSPORT_KINDS,
    # Refusals.
    "rate_limit": frozenset({"retry_after", "retry_after_ms"}),
    "quota": frozenset(),
    "server_error": frozenset({"status", "should_retry"}),
    "bad_gateway": frozenset(),
    "unauthorized": frozenset(),
    "forbidden": frozenset(),
    "not_found": frozenset(),
    "conflict": frozenset(),
    "unprocessable": frozenset(),
    "context_length": frozenset(),
    "no_structured_output": frozenset(),
    # HTTP 200 that is none.
    "html": frozenset(),
    "not_json": frozenset(),
    "error_body": frozenset(),
    "no_choices": frozenset(),
    "no_usage": frozenset(),
    "no_finish_reason": frozenset(),
    "length": frozenset(),
    "content_filter": frozenset(),
    "refusal": frozenset(),
    "empty": frozenset(),
    "garbage": frozenset(),
    "bad_arguments": frozenset(),
    # Streams.
    "no_done": frozenset(),
    "cut_stream": frozenset(),
    "hang_stream": frozenset({"seconds"}),
    "error_chunk": frozenset(),
    # Embeddings.
    "shuffled": frozenset(),
    "too_few": frozenset(),
}

DEFAULT_HANG_S: Final = 60.0
DEFAULT_SLOW_BODY_S: Final = 5.0

HTML: Final = b"<html><head><title>Welcome</title></head><body>Sign in to continue.</body></html>"
BAD_GATEWAY: Final = Answer(503, b"<html><body><h1>503 Service Unavailable</h1></body></html>", b"text/html")

GARBAGE: Final = "]]>} ~~ {{{ the the the \\u00"


def model_rule(body: Mapping[str, Any]) -> FaultRule:
    """Read a fault rule from JSON. Raises FaultError."""
    rule = parse_rule(body, KINDS)
    status = rule.fault.options.get("status", 500)
    if not isinstance(status, int) or not 500 <= status <= 599:
        raise FaultError("status must be 500-599")
    milliseconds = rule.fault.options.get("retry_after_ms", 0)
    if isinstance(milliseconds, bool) or not isinstance(milliseconds, int | float) or milliseconds < 0:
        raise FaultError("retry_after_ms must be a number of milliseconds")
    return rule


def refused(fault: Fault) -> ApiError | None:
    """The refusal that a fault is, or None where it is of another sort."""
    match fault.kind:
        case "rate_limit":
            return ApiError(
                429,
                "Rate limit reached; try again later.",
                kind="requests",
                code="rate_limit_exceeded",
                headers=_hints(fault),
            )
        case "server_error":
            retry = fault.options.get("should_retry")
            headers = () if retry is None else ((b"x-should-retry", str(retry).lower().encode()),)
            return ApiError(
                int(fault.options.get("status", 500)),
                "The server had an error.",
                kind="server_error",
                headers=headers,
            )
        case _:
            given = _REFUSALS.get(fault.kind)
            return None if given is None else ApiError(given[0], given[1], kind=given[2], code=given[3])


_REFUSALS: Final[dict[str, tuple[int, str, str, str | None]]] = {
    "quota": (429, "You exceeded your current quota.", "insufficient_quota", "insufficient_quota"),
    "unauthorized": (401, "Incorrect API key provided.", "invalid_request_error", "invalid_api_key"),
    "forbidden": (403, "You are not allowed to use this model.", "invalid_request_error", None),
    "not_found": (404, "The model does not exist.", "invalid_request_error", "model_not_found"),
    "conflict": (409, "Another request is under way.", "invalid_request_error", None),
    "unprocessable": (422, "The request cannot be processed.", "invalid_request_error", None),
    "context_length": (
        400,
        "This model's maximum context length is 8192 tokens.",
        "invalid_request_error",
        "context_length_exceeded",
    ),
}


def _hints(fault: Fault) -> Headers:
    headers: list[tuple[bytes, bytes]] = []
    if "retry_after_ms" in fault.options:
        headers.append((b"retry-after-ms", str(fault.options["retry_after_ms"]).encode()))
    if "retry_after" in fault.options or not headers:
        headers.append((b"retry-after", str(fault.options.get("retry_after", 1)).encode()))
    return tuple(headers)


def odd_answer(fault: Fault, body: JsonObject) -> Answer:
    """A completion's or an embedding's answer, made odd in the way of the fault."""
    match fault.kind:
        case "html":
            return Answer(200, HTML, b"text/html")
        case "not_json":
            return Answer(200, json.dumps(body).encode()[:-7])
        case "error_body":
            body = {"error": {"message": "overloaded", "type": "server_error", "code": None}}
        case "no_choices" | "no_usage":
            body = {name: value for name, value in body.items() if name != fault.kind.removeprefix("no_")}
        case "shuffled":
            body = {**body, "data": body["data"][::-1]}
        case "too_few":
            body = {**body, "data": body["data"][:-1]}
        case _:
            body = {**body, "choices": [_odd_choice(fault.kind, one) for one in body["choices"]]}
    return as_answer(body)


def _odd_choice(kind: str, choice: JsonObject) -> JsonObject:
    said = str(choice["message"].get("content") or "")
    finish_reason: str | None = choice["finish_reason"]
    changes: JsonObject = {}
    match kind:
        case "no_finish_reason":
            finish_reason = None
        case "length":
            finish_reason, changes = "length", {"content": said[: len(said) // 2]}
        case "content_filter":
            finish_reason, changes = "content_filter", {"content": None}
        case "refusal":
            changes = {"content": None, "refusal": "I cannot help with that."}
        case "empty":
            changes = {"content": ""}
        case "bad_arguments":
            function = {"name": "answer", "arguments": '{"a": '}
            call = {"id": "call_1", "type": "function", "function": function}
            finish_reason, changes = "tool_calls", {"content": None, "tool_calls": [call]}
        case _:
            changes = {"content": GARBAGE}
    return {**choice, "finish_reason": finish_reason, "message": {**choice["message"], **changes}}


def as_answer(body: JsonObject) -> Answer:
    """An object as a healthy answer."""
    return Answer(
        200, json.dumps(body, separators=(",", ":")).encode(), headers=((b"x-request-id", b"req_1"),)
    )
