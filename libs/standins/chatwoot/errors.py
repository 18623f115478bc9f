"""Chatwoot's refusals and the faults of its stand-in. Source: chatwoot, mid-2025 to 4.16."""

from libs.standins.faults import Fault
from libs.standins.http_api import BAD_GATEWAY, RefusedError, json_answer
from libs.standins.wire import Answer

NOT_SIGNED_IN = {"errors": ["You need to sign in or sign up before continuing."]}
INVALID_TOKEN = {"error": "Invalid Access Token"}
NOT_AUTHORISED = {"error": "You are not authorized to do this action"}
_UNAUTHORIZED = {"missing": NOT_SIGNED_IN, "token": INVALID_TOKEN, "account": NOT_AUTHORISED}

LOGIN_PAGE = Answer(200, b"<!DOCTYPE html><html><body>Chatwoot</body></html>", b"text/html")

FAULT_KINDS: dict[str, frozenset[str]] = {
    "rate_limit": frozenset({"retry_after"}),
    "too_many_messages": frozenset(),
    "server_error": frozenset({"accepted"}),
    "bad_gateway": frozenset({"accepted"}),
    "unauthorized": frozenset({"body"}),
    "conversation_gone": frozenset(),
    "html": frozenset({"accepted"}),
    "error": frozenset({"status", "error", "accepted"}),
    "failed_later": frozenset(),
}
"""Kind to the options it takes. ``html`` and ``failed_later`` answer 200."""


def refused(status: int, body: object, description: str) -> RefusedError:
    """Make the refusal of a call."""
    return RefusedError(json_answer(status, body), description)


def not_found() -> RefusedError:
    """What an id that is not there gets."""
    return refused(404, {"error": "Resource could not be found"}, "not found")


def unprocessable(error: str) -> RefusedError:
    """What a body that does not fit gets."""
    return refused(422, {"error": error}, error)


def wrong_answer(fault: Fault) -> Answer | None:
    """Return what a fault answers in place of the call; None for one that accepts it in its own way."""
    options = fault.options
    hint = options.get("retry_after")
    headers = () if hint is None else ((b"retry-after", f"{hint:g}".encode()),)
    answers = {
        "rate_limit": Answer(429, b"Retry later\n", b"text/plain", headers),
        "too_many_messages": json_answer(422, {"error": "Too many messages"}),
        "server_error": json_answer(500, {"status": 500, "error": "Internal Server Error"}),
        "bad_gateway": BAD_GATEWAY,
        "unauthorized": json_answer(401, _UNAUTHORIZED.get(str(options.get("body")), INVALID_TOKEN)),
        "conversation_gone": json_answer(404, {"error": "Resource could not be found"}),
        "html": LOGIN_PAGE,
        "error": json_answer(int(options.get("status", 422)), {"error": options.get("error", "refused")}),
    }
    return answers.get(fault.kind)
