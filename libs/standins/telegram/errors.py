"""Refusals of the Bot API: the HTTP status and ``error_code`` are one number."""

from collections.abc import Mapping
from typing import Any

BLOCKED = "Forbidden: bot was blocked by the user"
"""Words of the 403 after the person blocked the bot."""


class ApiError(Exception):
    """A call was refused; carries the three members of Telegram's error body."""

    def __init__(self, code: int, description: str, parameters: Mapping[str, Any] | None = None) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters


def bad_request(reason: str) -> ApiError:
    """400, with a first letter in lower case as Telegram writes it."""
    return ApiError(400, f"Bad Request: {reason}")


def chat_not_found() -> ApiError:
    """400: the bot does not know this chat."""
    return bad_request("chat not found")


def migrated(new_chat_id: int) -> ApiError:
    """400: the group became a supergroup and has a new id."""
    return ApiError(
        400,
        "Bad Request: group chat was upgraded to a supergroup chat",
        {"migrate_to_chat_id": new_chat_id},
    )


def kicked(chat_type: str) -> str:
    """Words of the 403 after the bot was removed from a group."""
    return f"Forbidden: bot was kicked from the {chat_type} chat"


def too_many_requests(seconds: int) -> ApiError:
    """429 with the pause to keep, in seconds."""
    return ApiError(429, f"Too Many Requests: retry after {seconds}", {"retry_after": seconds})


def unauthorized() -> ApiError:
    """401: no bot has this token."""
    return ApiError(401, "Unauthorized")


def not_found(what: str = "") -> ApiError:
    """404: malformed token, unknown method, unknown file."""
    return ApiError(404, f"Not Found: {what}" if what else "Not Found")
