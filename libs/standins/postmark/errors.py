"""Postmark's refusals and the faults of its stand-in. Source: Postmark's list of API error codes (2026)."""

from typing import Any

from libs.standins.faults import Fault
from libs.standins.http_api import BAD_GATEWAY, RefusedError, json_answer
from libs.standins.wire import Answer

_STATUS = {10: 401, 100: 503, 429: 429}
_MESSAGES = {
    10: "The Server Token you provided in the X-Postmark-Server-Token request header was invalid.",
    100: "Postmark is down for maintenance.",
    400: "The 'From' address you supplied is not a Sender Signature on your account.",
    405: "You ran out of credits.",
    429: "Rate limit exceeded.",
    500: "Internal server error.",
}

FAULT_KINDS: dict[str, frozenset[str]] = {
    "rate_limit": frozenset({"retry_after"}),
    "server_error": frozenset({"accepted"}),
    "maintenance": frozenset({"accepted"}),
    "bad_gateway": frozenset({"accepted"}),
    "unauthorized": frozenset(),
    "inactive": frozenset({"status"}),
    "error": frozenset({"code", "message", "status", "accepted"}),
    "bounce_later": frozenset({"type"}),
    "partly_inactive": frozenset({"addresses"}),
    "delayed": frozenset(),
}
"""Kind to the options it takes. The last three answer 200."""


def postmark_error(code: int, message: str = "", *, status: int | None = None, hint: Any = None) -> Answer:
    """Write Postmark's error body."""
    body = {"ErrorCode": code, "Message": message or _MESSAGES.get(code, "Refused.")}
    headers = () if hint is None else ((b"retry-after", f"{hint:g}".encode()),)
    return json_answer(status or _STATUS.get(code, 422), body, *headers)


def refused(code: int, message: str = "", *, status: int | None = None) -> RefusedError:
    """Make the refusal of a call."""
    return RefusedError(postmark_error(code, message, status=status), message or str(code))


def inactive(addresses: list[str]) -> str:
    """What Postmark says about addresses that it writes to no more."""
    return (
        f"Recipient is inactive. Found inactive addresses: {', '.join(addresses)}. Inactive recipients are "
        "ones that have generated a hard bounce, a spam complaint, or a manual suppression."
    )


def wrong_answer(fault: Fault) -> Answer | None:
    """Return what a fault answers in place of the call; None for those that accept it in their own way."""
    options = fault.options
    plain = {"server_error": (500, 500), "maintenance": (100, 503), "unauthorized": (10, 401)}
    if fault.kind in plain:
        code, status = plain[fault.kind]
        return postmark_error(code, status=status)
    if fault.kind == "bad_gateway":
        return BAD_GATEWAY
    if fault.kind == "rate_limit":
        return postmark_error(429, hint=options.get("retry_after"))
    if fault.kind == "inactive":
        return postmark_error(406, inactive(["gone@sample.test"]), status=options.get("status", 422))
    if fault.kind == "error":
        message = str(options.get("message", ""))
        return postmark_error(int(options.get("code", 300)), message, status=options.get("status"))
    return None
