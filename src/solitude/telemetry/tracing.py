"""Traces by OpenTelemetry: one from a web head's request to each exchange with a provider. An extra (`solitude[tracing]`).

Without an endpoint nothing of it is imported, and a span costs a look at a variable. Spans are sent from a thread of their own; those
that cannot be sent are lost. Attributes are facts of our code and ids of our logs, and nothing out of a body, a query or a header.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Any

from solitude.version import VERSION

from . import context
from .logs import get_logger

log = get_logger("solitude.tracing")
# W3C Trace Context (https://www.w3.org/TR/trace-context/), the header in which a client names the trace that its request belongs to.
HEADER = "traceparent"
QUEUE_MAX_SPANS = 2048
SEND_MAX_S = 5


# What may be told besides attributes: that it went wrong, and a better name.
FAILED, NAME = "failed", "name"


class _Tracing:
    """What makes this process's spans; None where there are none."""

    tracer: Any = None
    provider: Any = None


def configure(endpoint: str, part: str) -> None:
    """Sends the spans of this process from now on to this URL by OTLP/HTTP (`http://collector:4318/v1/traces`); empty sends none.

    `part` is what this process is (`serve`, `worker`, `proxy`). Called once, in the process that serves. Where the extra is not
    installed, the log says so, and the server works without.
    """
    if not endpoint:
        return
    try:
        from opentelemetry.exporter.otlp.proto.http.trace_exporter import OTLPSpanExporter
        from opentelemetry.sdk.resources import Resource
        from opentelemetry.sdk.trace import TracerProvider
        from opentelemetry.sdk.trace.export import BatchSpanProcessor
    except ImportError:
        log.warning("tracing_off", reason="solitude[tracing] is not installed")
        return
    # Made here and not of the machine's environment.
    resource = Resource({"service.name": f"solitude-{part}", "service.version": VERSION})
    provider = TracerProvider(resource=resource)
    exporter = OTLPSpanExporter(endpoint=endpoint, timeout=SEND_MAX_S)
    provider.add_span_processor(BatchSpanProcessor(exporter, max_queue_size=QUEUE_MAX_SPANS))
    _Tracing.provider, _Tracing.tracer = provider, provider.get_tracer("solitude", VERSION)


def close() -> None:
    """Sends what is left, and makes no more spans."""
    provider, _Tracing.provider, _Tracing.tracer = _Tracing.provider, None, None
    if provider is not None:
        provider.shutdown()


@contextmanager
def incoming(name: str, traceparent: str) -> Iterator[dict[str, str | int]]:
    """The span of a request, in the trace that its header names, or of a job. What is put into the dictionary is told of it at the end."""
    with _span(name, "SERVER", traceparent) as told:
        yield told


@contextmanager
def outgoing(name: str) -> Iterator[dict[str, str | int]]:
    """The span of an exchange with a provider, in what goes on in this thread."""
    with _span(name, "CLIENT", "") as told:
        yield told


@contextmanager
def going_on(name: str, traceparent: str) -> Iterator[dict[str, str | int]]:
    """The span of work that goes on with what another trace has begun, perhaps hours ago: it has a link to that, and is not of it."""
    with _span(name, "INTERNAL", "", linked=traceparent) as told:
        yield told


def traceparent() -> str:
    """What names the span of what goes on in this thread, to be kept for `going_on`; empty where there is none."""
    return headers().get(HEADER, "")


def headers() -> dict[str, str]:
    """The header that names the span of what goes on in this thread, for another process of ours; empty where there is none."""
    if _Tracing.tracer is None:
        return {}
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    carried: dict[str, str] = {}
    TraceContextTextMapPropagator().inject(carried)
    return {HEADER: carried[HEADER]} if HEADER in carried else {}


@contextmanager
def _span(name: str, kind: str, traceparent: str, *, linked: str = "") -> Iterator[dict[str, str | int]]:
    told: dict[str, str | int] = {}
    if _Tracing.tracer is None:
        yield told
        return
    from opentelemetry.trace import SpanKind
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    parent = TraceContextTextMapPropagator().extract({HEADER: traceparent}) if traceparent else None
    # An error's text and trace may hold anything: the log has them, masked.
    with _Tracing.tracer.start_as_current_span(
        name,
        context=parent,
        kind=SpanKind[kind],
        links=_links(linked),
        record_exception=False,
        set_status_on_exception=False,
    ) as span:
        try:
            yield told
        finally:
            _tell(span, told)


def _links(traceparent: str) -> list[Any]:
    from opentelemetry.context import Context
    from opentelemetry.trace import Link, get_current_span
    from opentelemetry.trace.propagation.tracecontext import TraceContextTextMapPropagator

    # In a context of its own: of a header that is none this thread's span would come.
    found = get_current_span(
        TraceContextTextMapPropagator().extract({HEADER: traceparent}, Context())
    ).get_span_context()
    return [Link(found)] if found.is_valid else []


def _tell(span: Any, told: Mapping[str, str | int]) -> None:
    from opentelemetry.trace import StatusCode

    known = {f"solitude.{name}": value for name, value in context.current().items()}
    span.set_attributes({**known, **{name: value for name, value in told.items() if name not in (FAILED, NAME)}})
    if NAME in told:
        span.update_name(str(told[NAME]))
    if FAILED in told:
        span.set_status(StatusCode.ERROR)
