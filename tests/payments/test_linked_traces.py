"""Who goes on with a call leaves a trace that leads back to the request that began it."""

from collections.abc import Iterator

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.export import SimpleSpanProcessor
from opentelemetry.sdk.trace.export.in_memory_span_exporter import InMemorySpanExporter
from tests.payments.passing import make_due
from tests.support.marketplace import Marketplace
from tests.support.simulator import Simulator

from solitude.payments import recovery
from solitude.payments.models import ProviderCall
from solitude.telemetry import tracing

TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
HEADER = {"traceparent": f"00-{TRACE}-{CALLER}-01"}


@pytest.fixture
def spans(monkeypatch: pytest.MonkeyPatch) -> Iterator[InMemorySpanExporter]:
    exporter, provider = InMemorySpanExporter(), TracerProvider()
    provider.add_span_processor(SimpleSpanProcessor(exporter))
    monkeypatch.setattr(tracing._Tracing, "tracer", provider.get_tracer("tests"))
    yield exporter
    provider.shutdown()


def test_a_worker_that_finds_out_links_to_the_span_of_the_request(
    shop: Marketplace, paypal: Simulator, spans: InMemorySpanExporter
) -> None:
    app_id = shop.product()
    paypal.fault("create_order", "disconnect_after")
    assert shop.pay(app_id, HEADER).status >= 500
    make_due()
    recovery.run_once()

    by_name = {span.name: span for span in spans.get_finished_spans()}
    request, found_out = by_name["POST /paypal/pay/"], by_name["recovery pay"]
    assert f"{request.context.trace_id:032x}" == TRACE
    (link,) = found_out.links
    assert (link.context.trace_id, link.context.span_id) == (request.context.trace_id, request.context.span_id)
    # It is a trace of its own, and what it asks of PayPal is below it.
    assert found_out.parent is None
    assert found_out.context.trace_id != request.context.trace_id
    asked = [
        span for span in spans.get_finished_spans() if span.parent and span.parent.span_id == found_out.context.span_id
    ]
    assert asked


def test_where_there_are_no_traces_nothing_is_kept(shop: Marketplace, paypal: Simulator) -> None:
    shop.pay(shop.product(), HEADER)
    assert ProviderCall.objects.get(operation="pay").traceparent == ""


@pytest.mark.parametrize("kept", ["", "nonsense", f"00-{'0' * 32}-{CALLER}-01"])
def test_what_names_no_span_is_linked_to_nothing(kept: str, spans: InMemorySpanExporter) -> None:
    with tracing.incoming("GET /a/", ""), tracing.going_on("recovery pay", kept):
        pass
    assert [len(span.links) for span in spans.get_finished_spans()] == [0, 0]
