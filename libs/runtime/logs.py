"""Structured logs: one JSON object a line on standard error, without secrets and without what people wrote.

The rule is by key: values under the keys below never leave the process, whoever logs them. Exceptions appear
as their type and the places they passed, never with their text, because a library's error may quote a body.
"""

import logging
import sys
import traceback
from typing import Any

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

_PRIVATE = frozenset(
    [
        "content",
        "text",
        "body",
        "name",
        "email",
        "phone",
        "address",
        "token",
        "password",
        "secret",
        "key",
        "credentials",
        "authorization",
        "cookie",
        "url",
        "session_id",
        "target",
        "contact",
        "visitor_name",
        "message",
        "quote",
        "query",
        "filename",
        "data",
    ]
)


def _drop_private(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    for key in list(event):
        if key in _PRIVATE:
            event[key] = "[removed]"
    return event


def _without_text(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    error = event.pop("exc_info", None)
    if error is True:
        error = sys.exc_info()[1]
    if isinstance(error, tuple):
        error = error[1]
    if isinstance(error, BaseException):
        event["error_type"] = type(error).__qualname__
        event["error_at"] = [
            f"{frame.filename.rpartition('/')[2]}:{frame.lineno} {frame.name}"
            for frame in traceback.extract_tb(error.__traceback__)[-6:]
        ]
    return event


class _LibraryHandler(logging.Handler):
    """Libraries' own log records: logger and level, and the message's template without its arguments."""

    def emit(self, record: logging.LogRecord) -> None:
        logger = get_logger(record.name)
        logger.log(record.levelno, "library", template=str(record.msg)[:200] if record.args else record.name)


#: What every record passes before it is written.
PROCESSORS: tuple[Processor, ...] = (
    structlog.contextvars.merge_contextvars,
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso", utc=True),
    _drop_private,
    _without_text,
)


def configure_logs(service: str, level: str) -> None:
    """Set up once a process; every line carries `service`."""
    structlog.configure(
        processors=[*PROCESSORS, structlog.processors.JSONRenderer()],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelName(level.upper())),
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )
    structlog.contextvars.bind_contextvars(service=service)
    logging.basicConfig(handlers=[_LibraryHandler()], level=logging.WARNING, force=True)


def get_logger(name: str) -> Any:
    """A logger; `name` appears as `component`."""
    return structlog.get_logger(component=name)
