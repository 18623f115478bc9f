"""What is around every handler: a span, the log's context and the metrics, so that no handler has them."""

from collections.abc import Awaitable, Callable
from time import perf_counter
from typing import Any

import structlog
from aio_pika.abc import AbstractIncomingMessage
from faststream import BaseMiddleware, StreamMessage
from opentelemetry.trace import SpanKind

from libs.runtime import metrics
from libs.runtime.telemetry import current_trace_id, span

_FIELD = b'"traceparent":"'
_LENGTH = 55


async def observed(message: AbstractIncomingMessage, handle: Callable[[], Awaitable[Any]]) -> None:
    """Run `handle`, which returns the outcome's word. Names and labels are types, never ids: an id in a label
    would make a time series of its own.
    """
    message_type = message.type or "unknown"
    started = perf_counter()
    with (
        span(f"process {message_type}", kind=SpanKind.CONSUMER, parent=traceparent_of(message.body)),
        structlog.contextvars.bound_contextvars(
            message_id=message.message_id, message_type=message_type, trace_id=current_trace_id()
        ),
    ):
        outcome = await handle()
    metrics.HANDLING.labels(message_type).observe(perf_counter() - started)
    metrics.CONSUMED.labels(message_type, outcome if isinstance(outcome, str) else "none").inc()


def traceparent_of(body: bytes) -> str | None:
    """The envelope's trace context, without decoding it twice. A text inside that imitates the field can at
    most give a span another parent.
    """
    at = body.rfind(_FIELD)
    if at < 0:
        return None
    return body[at + len(_FIELD) : at + len(_FIELD) + _LENGTH].decode("ascii", "replace")


class ObservingMiddleware(BaseMiddleware):
    """The same, as FastStream takes it."""

    async def consume_scope(self, call_next: Callable[[Any], Awaitable[Any]], msg: StreamMessage[Any]) -> Any:
        """Run the handler observed."""
        await observed(msg.raw_message, lambda: call_next(msg))
