"""Traces across HTTP and broker, by W3C trace context in the envelope's `traceparent`.

Without an OTLP endpoint nothing is exported, but ids are still made and passed on: the trace id in an error
answer leads to the log lines of every service that touched the request.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager

from opentelemetry import propagate, trace
from opentelemetry.context import Context
from opentelemetry.sdk.resources import Resource
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import BatchSpanProcessor
from opentelemetry.sdk.trace.sampling import ParentBasedTraceIdRatio
from opentelemetry.trace import Span, SpanKind

_tracer = trace.get_tracer("parley")


def configure_telemetry(service: str, instance: str, ratio: float) -> TracerProvider:
    """Set up once a process. Exports where OTEL_EXPORTER_OTLP_ENDPOINT points."""
    provider = TracerProvider(
        resource=Resource.create({"service.name": f"parley-{service}", "service.instance.id": instance}),
        sampler=ParentBasedTraceIdRatio(ratio),
        shutdown_on_exit=False,
    )
    if os.environ.get("OTEL_EXPORTER_OTLP_ENDPOINT"):
        # Imported here: protobuf alone costs 10 MiB of each service, whether or not it exports.
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter  # noqa: PLC0415

        provider.add_span_processor(BatchSpanProcessor(OTLPSpanExporter()))
    trace.set_tracer_provider(provider)
    return provider


def _context(traceparent: str | None) -> Context | None:
    return propagate.extract({"traceparent": traceparent}) if traceparent else None


@contextmanager
def span(name: str, *, kind: SpanKind = SpanKind.INTERNAL, parent: str | None = None) -> Iterator[Span]:
    """A span; `parent` is a traceparent from elsewhere, otherwise the current span is the parent."""
    with _tracer.start_as_current_span(
        name, context=_context(parent), kind=kind, record_exception=False, set_status_on_exception=True
    ) as opened:
        yield opened


def current_traceparent() -> str | None:
    """The current span as a traceparent header, or None outside of one."""
    context = trace.get_current_span().get_span_context()
    if not context.is_valid:
        return None
    return f"00-{context.trace_id:032x}-{context.span_id:016x}-{int(context.trace_flags):02x}"


def current_trace_id() -> str | None:
    """The current trace's id in hex, or None outside of one."""
    context = trace.get_current_span().get_span_context()
    return f"{context.trace_id:032x}" if context.is_valid else None
