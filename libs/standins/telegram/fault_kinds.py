"""Telegram's kinds of fault and what each answers."""

from collections.abc import Callable, Mapping
from typing import Any

from libs.standins.errors import FaultError
from libs.standins.faults import TRANSPORT_KINDS, Fault, FaultRule, parse_fault, parse_rule
from libs.standins.telegram.errors import (
    BLOCKED,
    ApiError,
    chat_not_found,
    migrated,
    not_found,
    too_many_requests,
    unauthorized,
)
from libs.standins.wire import Answer

KINDS: dict[str, frozenset[str]] = {
    **TRANSPORT_KINDS,
    "rate_limit": frozenset({"retry_after"}),
    "server_error": frozenset({"accepted"}),
    "bad_gateway": frozenset({"accepted"}),
    "unauthorized": frozenset(),
    "not_found": frozenset(),
    "blocked": frozenset(),
    "chat_not_found": frozenset(),
    "migrated": frozenset({"migrate_to_chat_id"}),
    "error": frozenset({"status", "description", "parameters", "accepted"}),
}
"""Kind to the options it takes."""

DEFAULT_HANG_S = 60.0
DEFAULT_SLOW_BODY_S = 5.0
DEFAULT_NEW_CHAT_ID = -1_002_200_330_077

BAD_GATEWAY = Answer(
    502,
    b"<html>\r\n<head><title>502 Bad Gateway</title></head>\r\n<body>\r\n<center><h1>502 Bad Gateway</h1>"
    b"</center>\r\n<hr><center>nginx</center>\r\n</body>\r\n</html>\r\n",
    b"text/html",
)
"""What the proxies in front of the Bot API answer: no JSON."""


def telegram_rule(body: Mapping[str, Any]) -> FaultRule:
    """Read a fault rule from JSON. Raises FaultError."""
    rule = parse_rule(body, KINDS)
    _check(rule.fault)
    return rule


def telegram_fault(body: Mapping[str, Any]) -> Fault:
    """Read one fault from JSON. Raises FaultError."""
    fault = parse_fault(body, KINDS)
    _check(fault)
    return fault


def _check(fault: Fault) -> None:
    if fault.kind not in _API_ERRORS:
        return
    if not isinstance(fault.options.get("parameters") or {}, dict):
        raise FaultError("parameters must be an object")
    try:
        code = api_error(fault).code
    except (TypeError, ValueError) as error:
        raise FaultError("status and migrate_to_chat_id must be whole numbers") from error
    if not 400 <= code <= 599:
        raise FaultError("status must be 400-599")


def api_error(fault: Fault) -> ApiError:
    """Return the refusal of a fault that is one of the Bot API's own (neither transport nor HTML)."""
    return _API_ERRORS[fault.kind](fault.options)


def _chosen_error(options: Mapping[str, Any]) -> ApiError:
    description = str(options.get("description", "Bad Request: refused on purpose"))
    return ApiError(int(options.get("status", 400)), description, options.get("parameters"))


_API_ERRORS: dict[str, Callable[[Mapping[str, Any]], ApiError]] = {
    # The Bot API gives whole seconds.
    "rate_limit": lambda options: too_many_requests(max(1, round(options.get("retry_after", 1)))),
    "server_error": lambda _: ApiError(500, "Internal Server Error"),
    "unauthorized": lambda _: unauthorized(),
    "not_found": lambda _: not_found(),
    "blocked": lambda _: ApiError(403, BLOCKED),
    "chat_not_found": lambda _: chat_not_found(),
    "migrated": lambda options: migrated(int(options.get("migrate_to_chat_id", DEFAULT_NEW_CHAT_ID))),
    "error": _chosen_error,
}
