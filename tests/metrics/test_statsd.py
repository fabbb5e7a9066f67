"""What a statsd daemon hears, and that nobody notices when it does not listen."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from solitude.telemetry import metrics
from tests.support.statsd import Daemon
from tests.telemetry.conftest import Setup


def test_a_count_a_timing_and_a_gauge(daemon: Daemon) -> None:
    metrics.count("response.200")
    metrics.count("response.500", by=3)
    metrics.timing_ms("solitude.paypal.pay", 1234)
    metrics.gauge("uncertain.count", 7)
    heard = [daemon.hears() for _ in range(4)]
    assert heard == [
        "response.200:1|c",
        "response.500:3|c",
        "solitude.paypal.pay:1234.000000|ms",
        "uncertain.count:7|g",
    ]
    assert daemon.hears_nothing_more()


def test_a_prefix_stands_before_every_name(daemon: Daemon) -> None:
    metrics.configure(daemon.address, "shop.pay")
    metrics.count("response.200")
    metrics.gauge("uncertain.count", 0)
    assert (daemon.hears(), daemon.hears()) == ("shop.pay.response.200:1|c", "shop.pay.uncertain.count:0|g")


def test_over_ipv6() -> None:
    try:
        listening = Daemon("::1")
    except OSError:
        listening = Daemon("::ffff:127.0.0.1")
    metrics.configure(listening.address, "")
    metrics.count("response.200")
    assert listening.hears() == "response.200:1|c"
    metrics.close()
    listening.socket.close()


def test_without_a_daemon_nothing_is_sent(daemon: Daemon) -> None:
    metrics.configure(None, "shop")
    metrics.count("response.200")
    metrics.timing_ms("transaction.status.completed", 1)
    metrics.gauge("uncertain.count", 1)
    assert daemon.hears_nothing_more()


def test_a_daemon_that_is_away_is_not_noticed(daemon: Daemon) -> None:
    daemon.socket.close()
    for _ in range(100):
        metrics.count("response.200")


def test_a_metric_never_waits(daemon: Daemon) -> None:
    client = metrics._Sender.client
    assert client is not None
    assert not client._sock.getblocking()


@pytest.mark.parametrize("host", ["x" * 64 + ".example", "fe80::1%no-such-interface"])
def test_a_host_that_cannot_be_found_costs_the_metrics_and_not_the_start(setup: Setup, host: str) -> None:
    logged = setup()
    metrics.configure((host, 8125), "")
    metrics.count("response.200")
    assert [line["event"] for line in logged.json()] == ["metrics_off"]


@pytest.mark.parametrize(
    "end", ["", ".", "a.", ".a", "a b", "A", "a-b", "a:1|c", "a\n", "bea@buyer.example", "\u00e4", "a" * 129]
)
@pytest.mark.parametrize("on", [True, False])
def test_another_name_is_a_mistake(daemon: Daemon, end: str, on: bool) -> None:
    if not on:
        metrics.close()
    for name in (end, f"response.{end}"):
        for use in (metrics.count, lambda name: metrics.timing_ms(name, 1), lambda name: metrics.gauge(name, 1)):
            # Of another kind, a good name is a mistake too.
            if name != "response.a" or use is not metrics.count:
                with pytest.raises(ValueError, match="metric's name"):
                    use(name)
    assert daemon.hears_nothing_more()


@given(end=st.text(max_size=20), value=st.integers(-(2**63), 2**63))
def test_what_goes_out_is_one_line_of_ascii(end: str, value: int) -> None:
    listening, name = Daemon(), f"response.{end}"
    metrics.configure(listening.address, "")
    try:
        metrics.count(name, value)
    except ValueError:
        assert listening.hears_nothing_more()
    else:
        assert listening.hears() == f"{name}:{value}|c"
    finally:
        metrics.close()
        listening.socket.close()


@pytest.mark.long
def test_the_server_counts_its_answers_from_its_settings_on(tmp_path: Path) -> None:
    """In a process of its own, as an application server loads it."""
    listening = Daemon()
    code = (
        "from solitude.wsgi import application\n"
        "from django.test import RequestFactory\n"
        "for method in ('get', 'post'):\n"
        "    environ = getattr(RequestFactory(), method)('/nowhere/').environ\n"
        "    list(application(environ, lambda status, headers: print(status)))\n"
    )
    ended = subprocess.run(
        [sys.executable, "-c", code],
        env={
            "PATH": os.environ["PATH"],
            "PYTHONPATH": os.pathsep.join(sys.path),
            "SOLITUDE_DEBUG": "true",
            "SOLITUDE_ENV_FILE": "",
            "SOLITUDE_HOME": str(tmp_path),
            "SOLITUDE_STATSD": "{}:{}".format(*listening.address),
            "SOLITUDE_STATSD_PREFIX": "shop.pay",
        },
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ended.stdout.splitlines()[-2:] == ["404 Not Found", "404 Not Found"], ended.stderr
    assert (listening.hears(), listening.hears()) == ("shop.pay.response.404:1|c",) * 2
    assert listening.hears_nothing_more()
    listening.socket.close()
