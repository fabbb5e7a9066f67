"""What Prometheus is shown by a server with two processes, and what the processes keep for it."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3
from prometheus_client.parser import text_string_to_metric_families

from solitude.client import Solitude
from solitude.configuration import networks
from solitude.telemetry import metrics_endpoint, metrics_prometheus
from solitude.telemetry.metrics_catalogue import METRICS
from tests.processes.test_serve import all_processes
from tests.support import processes
from tests.support.environment import CLIENTS
from tests.support.free_port import free_port
from tests.support.processes import House
from tests.support.statsd import Daemon
from tests.support.waiting import until
from tests.telemetry.conftest import Setup

http = urllib3.PoolManager(retries=False)
Series = dict[tuple[str, tuple[tuple[str, str], ...]], object]


def scraped(port: int) -> Series:
    """Every series by name and labels, as Prometheus's own parser reads it."""
    answer = http.request("GET", f"http://127.0.0.1:{port}/metrics", timeout=10)
    assert answer.status == 200
    families = text_string_to_metric_families(answer.data.decode())
    return {(one.name, tuple(sorted(one.labels.items()))): one.value for family in families for one in family.samples}


def value(series: Series, name: str, **labels: str) -> object:
    return series.get((name, tuple(sorted(labels.items()))))


@dataclass(frozen=True)
class Measured:
    house: House
    port: int
    statsd: list[str]


@pytest.fixture(scope="module")
def measured(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Measured]:
    """A server after a payment, a replay, a locked PIN and a request for nothing."""
    port, daemon = free_port(), Daemon()
    with processes.house(
        tmp_path_factory.mktemp("home"),
        workers=2,
        SOLITUDE_METRICS_PORT=str(port),
        SOLITUDE_STATSD="{}:{}".format(*daemon.address),
        SOLITUDE_WORKER_IDLE_MS="50",
        SOLITUDE_PIN_FAILURES="2",
    ) as house:
        client = Solitude(house.url, processes.KEY, str(CLIENTS[processes.KEY]))
        seller = client.create_seller("dev:ada")
        client.create_paypal_seller(seller, paypal_id="ada@dev.example")
        client.create_product(seller=seller, external_id="map", public_id="5530")
        asked = {"user_id": 1, "app_id": "5530", "amount": "2.49", "currency": "EUR", "idempotency_key": "once"}
        urls = {"return_url": "https://shop.example/ok", "cancel_url": "https://shop.example/no"}
        payment = client.pay(**asked, **urls)
        assert client.pay(**asked, **urls).uuid == payment.uuid
        assert payment.pay_url is not None
        house.paypal.approve(payment.pay_url)
        assert client.check(uuid=payment.uuid).status == "COMPLETED"
        client.create_buyer("shop:77", pin="1234")
        client.confirm_pin("shop:77", "1234")
        for _ in range(2):
            client.verify_pin("shop:77", "9999")
        client.events()
        http.request("BREW", f"{house.url}/nowhere/")
        until(lambda: value(scraped(port), "solitude_worker_lag_seconds") is not None, "a worker has told the backlog")
        yield Measured(house, port, _heard(daemon))
    daemon.socket.close()


def _heard(daemon: Daemon) -> list[str]:
    daemon.socket.setblocking(False)
    lines = []
    while True:
        try:
            lines.append(daemon.socket.recv(65_536).decode("ascii"))
        except BlockingIOError:
            return lines


@pytest.mark.long
def test_requests_are_counted_by_route_and_never_by_path(measured: Measured) -> None:
    series = scraped(measured.port)
    at = {"route": "/paypal/pay/", "method": "POST"}
    assert value(series, "solitude_http_responses_total", **at, status="201") == 2
    assert value(series, "solitude_http_request_duration_seconds_count", **at) == 2
    assert value(series, "solitude_http_responses_total", route="none", method="other", status="404") == 1
    assert not [labels for _, labels in series if "77" in str(labels) or "dev:ada" in str(labels)]


@pytest.mark.long
def test_what_was_asked_of_the_provider_is_counted_by_outcome(measured: Measured) -> None:
    series = scraped(measured.port)
    paid = {"provider": "paypal", "operation": "pay", "outcome": "pending"}
    assert value(series, "solitude_provider_calls_total", **paid) == 1
    taken = [
        (labels, number)
        for (name, labels), number in series.items()
        if name == "solitude_provider_exchange_duration_seconds_count" and dict(labels)["outcome"] == "answered"
    ]
    assert {dict(labels)["operation"] for labels, _ in taken} >= {"token", "pay", "capture"}
    assert value(series, "solitude_provider_exchanges_under_way", provider="paypal") == 0


@pytest.mark.long
def test_what_both_processes_have_counted_is_one_sum(measured: Measured) -> None:
    series = scraped(measured.port)
    assert value(series, "solitude_idempotency_replays_total") == 1
    assert value(series, "solitude_pin_locks_total") == 1
    assert value(series, "solitude_transaction_age_seconds_count", status="completed") == 1
    assert value(series, "solitude_uncertain_calls") == 0
    assert value(series, "solitude_notifications_waiting") == 0
    assert value(series, "solitude_feed_behind_events", client=processes.KEY) is not None
    assert not [labels for _, labels in series if "pid" in dict(labels)]


@pytest.mark.long
def test_statsd_hears_the_documented_names_of_the_same_payment(measured: Measured) -> None:
    names = {line.partition(":")[0] for line in measured.statsd}
    assert names >= {
        "response.201",
        "transaction.status.completed",
        "solitude.paypal.pay",
        "solitude.paypal.capture",
        "solitude.pending_transactions",
        "uncertain.count",
        "notifications.waiting",
        "worker.lag_s",
    }
    assert not [line for line in measured.statsd if "shop:77" in line]


@pytest.mark.long
def test_there_is_nothing_else_at_the_port_and_nothing_of_it_at_the_api(measured: Measured) -> None:
    assert http.request("GET", f"http://127.0.0.1:{measured.port}/services/status/").status == 404
    assert http.request("GET", f"{measured.house.url}/metrics").status == 404


@pytest.mark.long
def test_a_process_that_is_gone_leaves_its_counts_and_takes_its_gauges(measured: Measured) -> None:
    """The last test of this server."""
    before = scraped(measured.port)
    (folder,) = (measured.house.home / "metrics").iterdir()
    parent = folder.name.removeprefix("serve-")
    child = next(one.pid for one in all_processes() if str(one.parent) == parent)
    os.kill(child, signal.SIGKILL)
    until(lambda: not Path(f"/proc/{child}").exists(), "the process is gone")
    after = scraped(measured.port)
    at = {"route": "/paypal/pay/", "method": "POST", "status": "201"}
    assert value(after, "solitude_http_responses_total", **at) == value(before, "solitude_http_responses_total", **at)
    assert not list(folder.glob(f"gauge_*_{child}.db"))
    assert list(folder.glob(f"counter_{child}.db"))


@contextmanager
def collecting(folder: Path, port: int, allowed: str) -> Iterator[None]:
    with metrics_endpoint.collecting("serve", ("127.0.0.1", port), networks(allowed), folder):
        yield


def test_another_network_may_not_ask_and_the_folder_goes_with_the_command(tmp_path: Path) -> None:
    port = free_port()
    with collecting(tmp_path, port, "192.0.2.0/24"):
        assert http.request("GET", f"http://127.0.0.1:{port}/metrics").status == 403
        assert os.environ[metrics_prometheus.FOLDER] == str(tmp_path / f"serve-{os.getpid()}")
    assert metrics_prometheus.FOLDER not in os.environ
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_command_has_left_is_swept_and_what_another_needs_is_not(tmp_path: Path) -> None:
    (tmp_path / "serve-999999999").mkdir()
    (tmp_path / "serve-1").mkdir()
    (tmp_path / "worker-999999999").mkdir()
    with collecting(tmp_path, free_port(), "127.0.0.1"):
        assert {path.name for path in tmp_path.iterdir()} == {"serve-1", "worker-999999999", f"serve-{os.getpid()}"}


def test_a_port_that_is_taken_costs_the_metrics_and_not_the_start(tmp_path: Path, setup: Setup) -> None:
    logged, port = setup(), free_port()
    with socket.create_server(("127.0.0.1", port)), collecting(tmp_path, port, "127.0.0.1"):
        assert metrics_prometheus.FOLDER not in os.environ
    assert [line["event"] for line in logged.json()] == ["metrics_off"]
    assert list(tmp_path.iterdir()) == []


def test_a_scraper_that_says_nothing_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_endpoint._Handler, "timeout", 0.2)
    port = free_port()
    with collecting(tmp_path, port, "127.0.0.1"), socket.create_connection(("127.0.0.1", port)) as silent:
        silent.settimeout(10)
        assert http.request("GET", f"http://127.0.0.1:{port}/metrics", timeout=10).status == 200
        assert silent.recv(1) == b""


def test_a_scraper_that_sends_a_byte_at_a_time_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(metrics_endpoint._Handler, "timeout", 0.3)
    port, ended = free_port(), threading.Event()

    def drip(slow: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while not ended.wait(0.05):
                slow.send(b"G")

    with collecting(tmp_path, port, "127.0.0.1"), socket.create_connection(("127.0.0.1", port)) as slow:
        dripping = threading.Thread(target=drip, args=[slow])
        dripping.start()
        try:
            assert http.request("GET", f"http://127.0.0.1:{port}/metrics", timeout=10, retries=False).status == 200
        finally:
            ended.set()
            dripping.join()


def in_a_process(folder: Path, code: str) -> str:
    """The library decides when it is imported, so each of these is a process of its own."""
    environment = {"PATH": os.environ["PATH"], metrics_prometheus.FOLDER: str(folder)}
    environment["PYTHONPATH"] = os.pathsep.join(sys.path)
    ended = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, timeout=60, check=True
    )
    return ended.stdout


EVERYTHING = """
import json
from pathlib import Path
from solitude.configuration import networks
from solitude.telemetry import metrics_endpoint, metrics_prometheus
from solitude.telemetry.metrics_catalogue import METRICS
from solitude.telemetry.metrics_endpoint import shown
metrics_prometheus.join()
for metric in METRICS:
    if metric.prometheus:
        metrics_prometheus.tell(metric, 2000, {label: "word" for label in metric.labels})
print(json.dumps(shown(Path(__import__("os").environ["PROMETHEUS_MULTIPROC_DIR"]), "")[1].decode()))
"""


def test_every_metric_of_the_catalogue_can_be_shown(tmp_path: Path) -> None:
    text = json.loads(in_a_process(tmp_path, EVERYTHING))
    samples = {one.name: one for family in text_string_to_metric_families(text) for one in family.samples}
    for metric in METRICS:
        if metric.prometheus:
            name = f"{metric.prometheus}_sum" if metric.kind == "timer" else metric.prometheus
            assert set(samples[name].labels) == set(metric.labels)
            assert samples[name].value == (2 if metric.kind == "timer" else 2000)


def test_the_room_on_the_disk_is_taken_before_anything_is_counted(tmp_path: Path) -> None:
    """Or a full disk would end the process when it counts."""
    in_a_process(tmp_path, "from solitude.telemetry import metrics_prometheus as own; own.join()")
    files = list(tmp_path.glob("*.db"))
    assert len(files) == 5
    assert all(path.stat().st_blocks * 512 >= path.stat().st_size >= 256 * 1024 for path in files)


def test_without_room_the_process_counts_nothing_and_goes_on(tmp_path: Path) -> None:
    code = (
        "import os\n"
        "from solitude.telemetry import metrics, metrics_prometheus\n"
        "def full(*_): raise OSError(28, 'No space left on device')\n"
        "os.posix_fallocate = full\n"
        "metrics_prometheus.join()\n"
        "metrics.count('response.200')\n"
        "print(metrics_prometheus._Kept.metrics)\n"
    )
    assert in_a_process(tmp_path, code).strip() == "None"


def test_where_nobody_collects_the_library_is_not_even_imported() -> None:
    code = (
        "import sys\n"
        "from solitude.telemetry import metrics\n"
        "metrics.configure(None, '')\n"
        "metrics.count('response.200')\n"
        "assert 'prometheus_client' not in sys.modules\n"
    )
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": os.pathsep.join(sys.path)}
    subprocess.run([sys.executable, "-c", code], env=environment, check=True, timeout=60)


def test_the_counts_of_processes_that_are_gone_are_bounded(tmp_path: Path) -> None:
    code = (
        "import os\n"
        "from pathlib import Path\n"
        "from solitude.telemetry import metrics_prometheus as own, metrics_endpoint\n"
        "from solitude.telemetry.metrics_catalogue import named\n"
        "folder = Path(os.environ['PROMETHEUS_MULTIPROC_DIR'])\n"
        "own.join()\n"
        "own.tell(named('solitude_pin_locks_total').metric, 1, {})\n"
        "counted = (folder / f'counter_{os.getpid()}.db').read_bytes()[:65536]\n"
        "for pid in range(10**8, 10**8 + 100):\n"
        "    (folder / f'counter_{pid}.db').write_bytes(counted)\n"
        "    (folder / f'gauge_livesum_{pid}.db').touch()\n"
        "text = metrics_endpoint.shown(folder, '')[1].decode()\n"
        "print(next(line for line in text.splitlines() if line.startswith('solitude_pin_locks_total')))\n"
        "print(len(list(folder.glob('gauge_livesum_1*.db'))))\n"
    )
    shown = in_a_process(tmp_path, code).splitlines()
    assert shown[0] == "solitude_pin_locks_total 65.0"
