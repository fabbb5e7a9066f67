"""Counters, timings and gauges for a statsd daemon, over UDP; none at all until `configure` names one.

A metric may get lost on its way, but it never fails or delays the work that it tells of. Its name is a fact of our code
and holds nothing out of a request: a name of another form is a mistake of the caller, and the only thing that raises.
`docs/metrics.md` lists the names.
"""

import re

import statsd

from .logs import get_logger

NAME_MAX_CHARS = 128
_NAME = re.compile(r"[a-z0-9_]+(\.[a-z0-9_]+)*")

log = get_logger("solitude.metrics")


class _Sender:
    """Where this process's metrics go."""

    client: statsd.StatsClient | None = None


def configure(address: tuple[str, int] | None, prefix: str) -> None:
    """Sends metrics from now on to this host and port, their names after the prefix and a dot; None sends none.

    The host's name is looked up here and never again. One that cannot be found costs the metrics, not the start.
    """
    close()
    if address is None:
        return
    host, port = address
    try:
        client = statsd.StatsClient(host, port, prefix=prefix or None, ipv6=":" in host)
    except (OSError, UnicodeError):
        log.warning("metrics_off", host=host, port=port)
        return
    # A full buffer of the system loses a metric instead of making a payment wait.
    client._sock.settimeout(0)
    _Sender.client = client


def close() -> None:
    """Sends no more metrics."""
    client, _Sender.client = _Sender.client, None
    if client is not None:
        client.close()


def count(name: str, by: int = 1) -> None:
    _check(name)
    if (client := _Sender.client) is not None:
        client.incr(name, by)


def timing_ms(name: str, value_ms: int) -> None:
    _check(name)
    if (client := _Sender.client) is not None:
        client.timing(name, value_ms)


def gauge(name: str, value: int) -> None:
    _check(name)
    if (client := _Sender.client) is not None:
        client.gauge(name, value)


def _check(name: str) -> None:
    """Also when nothing is sent, so that a mistake shows in every test."""
    if len(name) > NAME_MAX_CHARS or not _NAME.fullmatch(name):
        raise ValueError("a metric's name is made of small letters, digits and _, with dots between the words")
