"""Conditional requests (RFC 9110, section 13): entity tags of threads, `If-None-Match` and `If-Match`.

A thread's tag is `"<version>.<hash>"`: the conversation's version, and what this caller was shown of it. A
change is compared by the version alone, so that a tag from any view of the thread will do.
"""

import hashlib
import re
from datetime import datetime
from email.utils import format_datetime

from fastapi.responses import JSONResponse, Response
from starlette.requests import Request

from libs.contracts.errors import DomainError, ErrorCode
from libs.contracts.reading import ConversationThread
from libs.contracts.tickets import TicketThread

_TAG = re.compile(r'(W/)?"([\x21\x23-\x7e\x80-\xff]*)"')
_VERSION = re.compile(r"([0-9]{1,15})(\.[0-9a-f]+)?")
#: No conversation is at this version: a tag that we did not make fits none.
_NEVER = -1


def thread_response(request: Request, thread: ConversationThread | TicketThread) -> Response:
    """The thread with its tag and time; 304 without it for a client that has it."""
    conversation = thread.conversation if isinstance(thread, ConversationThread) else thread.ticket
    answer = JSONResponse(thread.model_dump(mode="json"))
    tag = f'"{conversation.version}.{hashlib.sha256(answer.body).hexdigest()[:16]}"'
    headers = {
        "ETag": tag,
        "Last-Modified": _http_date(conversation.updated_at),
        # What is shown depends on who asks.
        "Vary": "Authorization",
    }
    given = request.headers.get("if-none-match", "").strip()
    if given == "*" or tag.removeprefix('"')[:-1] in {value for _, value in _TAG.findall(given)}:
        return Response(status_code=304, headers=headers)
    answer.headers.update(headers)
    return answer


def if_match(request: Request) -> int | None:
    """The version that a change is meant for; None when it is meant for any. Weak and foreign tags fit none.

    Raises DomainError `unreadable` for what is no entity tag.
    """
    given = request.headers.get("if-match")
    if given is None or given.strip() == "*":
        return None
    tag = _TAG.fullmatch(given.strip())
    if tag is None:
        raise DomainError(ErrorCode.UNREADABLE, "If-Match takes one entity tag, as the thread's ETag has it.")
    version = None if tag[1] else _VERSION.fullmatch(tag[2])
    return int(version[1]) if version else _NEVER


def _http_date(moment: datetime) -> str:
    return format_datetime(moment.replace(microsecond=0), usegmt=True)
