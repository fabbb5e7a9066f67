"""Traces, as a collector gets them: an HTTP server on loopback that reads OTLP's protobuf messages."""

import os
import subprocess
import sys
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest

from solitude.client import Solitude
from tests.support import processes
from tests.support.environment import CLIENTS
from tests.support.waiting import until

pytestmark = pytest.mark.long

WITHIN_S = 30
TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SERVER, CLIENT = 2, 3


class Collector:
    """What was sent to it: each span with the attributes of its resource."""

    def __init__(self) -> None:
        spans: list[tuple[dict[str, Any], Any]] = []
        raw: list[bytes] = []

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                raw.append(body)
                for resource in ExportTraceServiceRequest.FromString(body).resource_spans:
                    for scope in resource.scope_spans:
                        spans.extend((attributes(resource.resource), span) for span in scope.spans)
                self.send_response(200)
                self.send_header("Content-Length", "0")
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.spans, self.raw = spans, raw
        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1/traces"

    def has(self, name: str) -> tuple[dict[str, Any], Any]:
        """The span of this name, waited for."""
        found = until(lambda: [one for one in list(self.spans) if one[1].name == name], f"the span {name}", WITHIN_S)
        return found[0]


def attributes(of: Any) -> dict[str, Any]:
    return {one.key: getattr(one.value, one.value.WhichOneof("value")) for one in of.attributes}


@pytest.fixture
def collector() -> Iterator[Collector]:
    made = Collector()
    threading.Thread(target=made.server.serve_forever, daemon=True).start()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.mark.long
def test_one_trace_goes_from_the_web_head_to_the_provider(tmp_path: Path, collector: Collector) -> None:
    settings = {"SOLITUDE_TRACING_ENDPOINT": collector.url, "OTEL_BSP_SCHEDULE_DELAY": "100"}
    with processes.house(tmp_path, **settings) as house:
        trace = f"00-{TRACE}-{CALLER}-01"
        client = Solitude(house.url, processes.KEY, str(CLIENTS[processes.KEY]), trace=lambda: trace)
        seller = client.create_seller("dev:ada")
        client.create_paypal_seller(seller, paypal_id="ada@dev.example")
        client.create_product(seller=seller, external_id="map", public_id="5530")
        urls = {"return_url": "https://shop.example/ok", "cancel_url": "https://shop.example/no"}
        client.pay(user_id=1, app_id="5530", amount="2.49", currency="EUR", **urls)
        resource, request = collector.has("POST /paypal/pay/")
        _, exchange = collector.has("paypal pay")

    assert resource["service.name"] == "solitude-serve"
    assert (request.trace_id.hex(), request.parent_span_id.hex(), request.kind) == (TRACE, CALLER, SERVER)
    assert (exchange.trace_id, exchange.parent_span_id, exchange.kind) == (request.trace_id, request.span_id, CLIENT)
    told = attributes(request)
    assert (told["http.route"], told["http.response.status_code"]) == ("/paypal/pay/", 201)
    assert told["solitude.client"] == processes.KEY
    assert attributes(exchange)["solitude.outcome"] == "answered"
    assert attributes(exchange)["solitude.request_id"] == told["solitude.request_id"]
    sent = b"".join(collector.raw)
    for secret in (b"ada@dev.example", str(CLIENTS[processes.KEY]).encode(), b"Bearer", b"shop.example"):
        assert secret not in sent


def in_a_process(code: str) -> str:
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    return ended.stdout + ended.stderr


def test_without_an_endpoint_nothing_of_it_is_imported() -> None:
    in_a_process(
        "import sys\n"
        "from solitude.telemetry import tracing\n"
        "tracing.configure('', 'serve')\n"
        "with tracing.incoming('GET', '00-bad') as told: told['a'] = 1\n"
        "assert not [name for name in sys.modules if name.startswith('opentelemetry')]\n"
    )


def test_without_the_extra_the_log_says_so_and_the_server_works() -> None:
    said = in_a_process(
        "import sys\n"
        "sys.modules['opentelemetry'] = None\n"
        "from solitude.telemetry import tracing\n"
        "tracing.configure('http://127.0.0.1:9/v1/traces', 'serve')\n"
        "with tracing.incoming('GET', '') as told: told['a'] = 1\n"
        "print('works')\n"
    )
    assert "tracing_off" in said
    assert "works" in said


def test_an_error_is_marked_and_its_text_stays_here(collector: Collector) -> None:
    in_a_process(
        "from solitude.telemetry import tracing\n"
        f"tracing.configure({collector.url!r}, 'serve')\n"
        "try:\n"
        "    with tracing.incoming('GET /a/', '') as told:\n"
        "        told[tracing.FAILED] = 1\n"
        "        raise ValueError('a secret of somebody')\n"
        "except ValueError: pass\n"
        "tracing.close()\n"
    )
    _, span = collector.has("GET /a/")
    assert span.status.code == 2
    assert b"a secret" not in b"".join(collector.raw)


@pytest.mark.parametrize("traceparent", ["", "nonsense", f"00-{'0' * 32}-{CALLER}-01", "x" * 10_000])
def test_a_header_that_is_none_begins_a_trace_of_its_own(collector: Collector, traceparent: str) -> None:
    in_a_process(
        "from solitude.telemetry import tracing\n"
        f"tracing.configure({collector.url!r}, 'serve')\n"
        f"with tracing.incoming('GET /a/', {traceparent!r}): pass\n"
        "tracing.close()\n"
    )
    _, span = collector.has("GET /a/")
    assert span.trace_id != bytes(16)
    assert span.parent_span_id == b""
