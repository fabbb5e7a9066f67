"""The proxy as a whole process: what it tells of itself and where, and a provider in a package of its own that goes through it."""

import os
import socket
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
import urllib3

from solitude.client import Solitude
from tests.metrics.test_tracing import Collector, attributes
from tests.support import installed, processes, proxied
from tests.support.controlled import Controlled
from tests.support.environment import CLIENTS
from tests.support.free_port import free_port
from tests.support.processes import House
from tests.support.proxied import Plan
from tests.support.waiting import until

pytestmark = pytest.mark.long
TRACE, CALLER = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
SHOP = "https://shop.example"
CREDENTIAL = "sandbox-token"


class Listener:
    """A daemon of UDP on loopback, statsd's or syslog's, and all that it has heard."""

    def __init__(self) -> None:
        self._socket = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._socket.bind(("127.0.0.1", 0))
        self.address = f"127.0.0.1:{self._socket.getsockname()[1]}"
        self.heard: list[str] = []
        threading.Thread(target=self._listen, daemon=True).start()

    def _listen(self) -> None:
        while datagram := self._socket.recv(65_536):
            self.heard += datagram.decode(errors="replace").splitlines()

    def hears(self, *texts: str) -> str:
        """The first line that holds all of these, waited for."""
        return str(until(lambda: next((line for line in list(self.heard) if all(text in line for text in texts)), "")))


class Relay:
    """Stands before the simulators and keeps the names of the headers that a provider would see, in small letters."""

    def __init__(self) -> None:
        seen: list[set[str]] = []
        relay, http = self, urllib3.PoolManager(retries=False)

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                seen.append({name.lower() for name in self.headers})
                body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
                url, headers = f"{relay.root}{self.path}", dict(self.headers)
                answer = http.request(self.command, url, body=body or None, headers=headers, redirect=False)
                self.send_response(answer.status)
                for name in {"Content-Type", "Location"} & set(answer.headers):
                    self.send_header(name, answer.headers[name])
                self.send_header("Content-Length", str(len(answer.data)))
                self.end_headers()
                self.wfile.write(answer.data)

            def do_GET(self) -> None:
                self.do_POST()

            def do_HEAD(self) -> None:
                self.do_POST()

            def log_message(self, *_: object) -> None:
                pass

        self.seen, self.root = seen, ""
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}"


@dataclass(frozen=True)
class Paid:
    """A house in two processes after a payment through ACME, whose buyer approved."""

    house: House
    plan: Plan
    acme: Controlled
    status: str
    metrics: str
    statsd: Listener
    syslog: Listener
    collector: Collector
    relay: Relay


@pytest.fixture(scope="module")
def paid(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Paid]:
    home, planned = tmp_path_factory.mktemp("house"), proxied.plan(tmp_path_factory.mktemp("proxy"))
    statsd, syslog, collector, relay, port = Listener(), Listener(), Collector(), Relay(), free_port()
    for server in (collector.server, relay.server):
        threading.Thread(target=server.serve_forever, daemon=True).start()
    package = installed.as_if(installed.EXAMPLE, tmp_path_factory.mktemp("package"))
    both = {
        "PYTHONPATH": os.pathsep.join(filter(None, (package, os.environ.get("PYTHONPATH", "")))),
        "SOLITUDE_PROVIDERS": "acme",
        "SOLITUDE_ACME_URL": f"{relay.url}/acme",
        "SOLITUDE_TRACING_ENDPOINT": collector.url,
        "OTEL_BSP_SCHEDULE_DELAY": "100",
    }
    own = {
        "SOLITUDE_METRICS_PORT": str(port),
        "SOLITUDE_STATSD": statsd.address,
        "SOLITUDE_SYSLOG": f"udp://{syslog.address}",
    }
    with proxied.house(home, planned, **both) as house:
        relay.root = house.paypal.root
        with proxied.proxy(planned, house.paypal.root, **both, **own):
            acme = Controlled(house.paypal.root, "acme")
            status = pays(house, acme)
            metrics = urllib3.request("GET", f"http://127.0.0.1:{port}/metrics", timeout=10).data.decode()
            yield Paid(house, planned, acme, status, metrics, statsd, syslog, collector, relay)
    for server in (collector.server, relay.server):
        server.shutdown()
        server.server_close()


def pays(house: House, acme: Controlled) -> str:
    """A buyer approves a payment; where it stands when the marketplace has looked."""
    trace = f"00-{TRACE}-{CALLER}-01"
    client = Solitude(house.url, processes.KEY, str(CLIENTS[processes.KEY]), timeout_s=60, trace=lambda: trace)
    seller = client.create_seller("dev:ada")
    client.call("POST", "/acme/seller/", {"seller": seller.resource_uri, "account": "account-1"})
    client.create_product(seller=seller, external_id="map", public_id="5530")
    urls = {"return_url": f"{SHOP}/ok", "cancel_url": f"{SHOP}/no"}
    payment = client.take_payment("5530", amount="2.49", currency="EUR", provider="acme", **urls)
    acme._click(str(payment.pay_url), {"action": "approve"})
    return client.check_payment(payment.uuid).status


def test_a_provider_in_a_package_of_its_own_is_asked_by_the_proxy_which_alone_has_its_token(paid: Paid) -> None:
    assert paid.status == "completed"
    assert [payment["status"] for payment in paid.acme.state()["payments"]] == ["paid"]
    assert "passed_on" in paid.plan.logs()
    assert "SOLITUDE_ACME_TOKEN" not in paid.house.environment
    assert CREDENTIAL not in paid.house.logs() + paid.plan.logs()


def test_it_says_at_its_start_that_it_is_the_proxy_and_looks_for_no_database(paid: Paid) -> None:
    logs = paid.plan.logs()
    assert '"event":"process_started","role":"proxy"' in logs
    assert '"database":"none"' in logs
    assert "cs6Label=role cs6=proxy" in logs
    for needless in ("key_ring", "worker_has_no_database", "ImproperlyConfigured"):
        assert needless not in logs
    assert not {path.name for path in paid.plan.home.rglob("*")} & {"keys.json", "solitude.sqlite3"}


def test_what_it_sent_on_is_counted_for_statsd_and_for_prometheus(paid: Paid) -> None:
    assert paid.statsd.hears("solitude.proxy.acme.provider:").endswith("|ms")
    counted = [line for line in paid.metrics.splitlines() if line.startswith("solitude_proxy_duration_seconds_count")]
    assert len(counted) == 1
    assert '{proxy="provider",service="acme"}' in counted[0]
    assert float(counted[0].rpartition(" ")[2]) >= 2


def test_its_log_goes_to_syslog_as_the_others_do(paid: Paid) -> None:
    assert paid.syslog.hears("process_started", "proxy")
    assert paid.syslog.hears("CEF:0", "Process started")
    assert paid.syslog.hears("passed_on", "acme")


def test_one_trace_goes_through_the_hop_and_ends_before_the_provider(paid: Paid) -> None:
    exchange = span_of(paid, lambda part, span: (part, span.name) == ("solitude-proxy", "acme pay"))
    received = span_of(paid, lambda _, span: span.span_id == exchange.parent_span_id)
    assert received.name.startswith("POST /")
    hop = span_of(paid, lambda part, span: (part, span.span_id) == ("solitude-serve", received.parent_span_id))
    assert hop.name == "acme pay"
    assert attributes(exchange)["solitude.request_id"] == attributes(hop)["solitude.request_id"]
    assert [names for names in paid.relay.seen if "idempotency-key" in names]
    assert not set().union(*paid.relay.seen) & {"traceparent", "tracestate", "baggage"}


def span_of(paid: Paid, is_it: Callable[[str, Any], bool]) -> Any:
    """The first span of the caller's trace, waited for, of which this is true; asked with the name of its process."""

    def found() -> Any:
        ours = [(told["service.name"], span) for told, span in list(paid.collector.spans)]
        return next((span for part, span in ours if span.trace_id.hex() == TRACE and is_it(part, span)), None)

    return until(found)
