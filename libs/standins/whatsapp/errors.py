"""Graph's errors: what each code answers. Source: Cloud API error codes of 2026, see docs of the platform."""

from collections.abc import Mapping
from typing import Any

from libs.standins.errors import FaultError
from libs.standins.faults import Fault
from libs.standins.http_api import BAD_GATEWAY, RefusedError, json_answer
from libs.standins.wire import Answer

WINDOW_CLOSED = 131047

#: Code to HTTP status and title, where it is not 400.
_STATUS = {
    0: 401,
    2: 503,
    3: 500,
    10: 403,
    190: 401,
    368: 403,
    130497: 403,
    131000: 500,
    131005: 403,
    131016: 500,
    131031: 403,
    132001: 404,
}
_TITLES = {
    2: "API Service",
    4: "Application request limit reached",
    33: "Business phone number has been deleted",
    100: "Invalid parameter",
    190: "Invalid OAuth access token",
    80007: "Business account rate limit reached",
    130429: "Cloud API message throughput has been reached",
    131000: "Something went wrong",
    131008: "Required parameter is missing",
    131009: "Parameter value is not valid",
    131021: "Recipient cannot be sender",
    131026: "Message undeliverable",
    WINDOW_CLOSED: "Re-engagement message",
    131051: "Message type is not currently supported",
    131053: "Media upload error",
    131056: "Pair rate limit hit",
    132000: "Number of parameters does not match the expected number of params",
    132001: "Template name does not exist in the translation",
}


def error_object(code: int, details: str = "") -> dict[str, Any]:
    """Return an error as receipts carry it."""
    title = _TITLES.get(code, "Error")
    return {"code": code, "title": title, "message": title, "error_data": {"details": details or title}}


def graph_error(
    code: int, details: str = "", *, status: int | None = None, retry_after: float | None = None
) -> Answer:
    """Write Graph's error body."""
    title = _TITLES.get(code, "Error")
    error = {
        "message": f"(#{code}) {title}",
        "type": "OAuthException",
        "code": code,
        "error_data": {"messaging_product": "whatsapp", "details": details or title},
        "fbtrace_id": "AStandInTrace",
    }
    hint = () if retry_after is None else ((b"retry-after", f"{retry_after:g}".encode()),)
    return json_answer(status or _STATUS.get(code, 400), {"error": error}, *hint)


def refused(code: int, details: str = "") -> RefusedError:
    """Make the refusal of a call."""
    return RefusedError(graph_error(code, details), details or _TITLES.get(code, "Error"))


FAULT_KINDS: dict[str, frozenset[str]] = {
    "rate_limit": frozenset({"code", "retry_after"}),
    "server_error": frozenset({"accepted"}),
    "unavailable": frozenset({"accepted"}),
    "bad_gateway": frozenset({"accepted"}),
    "unauthorized": frozenset(),
    "undeliverable": frozenset(),
    "window_closed": frozenset(),
    "error": frozenset({"code", "details", "status", "accepted"}),
    "failed_later": frozenset({"code"}),
    "no_messages": frozenset(),
    "other_wa_id": frozenset({"wa_id"}),
}
"""Kind to the options it takes. The last three answer 200."""


_FAULT_CODES = {
    "server_error": 131000,
    "unavailable": 2,
    "unauthorized": 190,
    "undeliverable": 131026,
    "window_closed": WINDOW_CLOSED,
}


def wrong_answer(fault: Fault) -> Answer | None:
    """Return what a fault answers in place of the call; None for those that accept it in their own way."""
    options: Mapping[str, Any] = fault.options
    if fault.kind == "bad_gateway":
        return BAD_GATEWAY
    if fault.kind == "rate_limit":
        return graph_error(int(options.get("code", 130429)), retry_after=options.get("retry_after"))
    if fault.kind == "error":
        details = str(options.get("details", ""))
        return graph_error(int(options.get("code", 100)), details, status=options.get("status"))
    code = _FAULT_CODES.get(fault.kind)
    return None if code is None else graph_error(code)


def check(fault: Fault) -> Fault:
    """Refuse options of the wrong type. FaultError."""
    for name in ("code", "status"):
        value = fault.options.get(name, 0)
        if not isinstance(value, int) or isinstance(value, bool):
            raise FaultError(f"{name} must be a whole number")
    return fault
