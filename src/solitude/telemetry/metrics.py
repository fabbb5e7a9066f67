"""Counters, timings and gauges, for a statsd daemon over UDP and for Prometheus; for nobody until somebody is configured.

A metric may get lost on its way, but it never fails or delays the work that it tells of. Its name is in the catalogue
(`metrics_catalogue`) and holds nothing out of a request: another name is a mistake of the caller, and the only thing that raises.
"""

import statsd

from . import metrics_prometheus
from .logs import get_logger
from .metrics_catalogue import Kind, Metric, named, word

__all__ = ["add", "close", "configure", "count", "gauge", "timing_ms", "word"]

NAME_MAX_CHARS = 128

log = get_logger("solitude.metrics")


class _Sender:
    """Where this process's metrics go at statsd."""

    client: statsd.StatsClient | None = None


def configure(address: tuple[str, int] | None, prefix: str) -> None:
    """Sends metrics from now on to this host and port, their names after the prefix and a dot; None sends none.

    The host's name is looked up here and never again. One that cannot be found costs the metrics, not the start. Where the command
    that began this process collects for Prometheus, they are kept for that as well.
    """
    close()
    metrics_prometheus.join()
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


def count(name: str, by: int = 1, **labels: str) -> None:
    """`by` more of something. `labels` are for what only Prometheus is told, all that the catalogue names."""
    metric = _told(name, by, labels, Kind.COUNTER)
    if metric.statsd and (client := _Sender.client) is not None:
        client.incr(name, by)


def timing_ms(name: str, value_ms: int, **labels: str) -> None:
    """How long something took, or how old it was."""
    metric = _told(name, value_ms, labels, Kind.TIMER)
    if metric.statsd and (client := _Sender.client) is not None:
        client.timing(name, value_ms)


def gauge(name: str, value: int, **labels: str) -> None:
    """How much of something there is now."""
    metric = _told(name, value, labels, Kind.GAUGE)
    if metric.statsd and (client := _Sender.client) is not None:
        client.gauge(name, value)


def add(name: str, by: int, **labels: str) -> None:
    """So much more, or less, of something than there was in this process. For gauges of Prometheus alone."""
    found = named(name)
    if found is None or found.metric.kind != Kind.GAUGE or found.metric.statsd or {*labels} != {*found.metric.labels}:
        raise _mistake()
    metrics_prometheus.add(found.metric, by, labels)


def _told(name: str, value: int, labels: dict[str, str], kind: Kind) -> Metric:
    """The metric, after Prometheus is told. Checked also when nobody is, so that a mistake shows in every test."""
    found = named(name) if len(name) <= NAME_MAX_CHARS else None
    if found is None or found.metric.kind != kind:
        raise _mistake()
    labels = labels or dict(found.labels)
    if {*labels} != {*found.metric.labels}:
        raise _mistake()
    if found.metric.prometheus:
        metrics_prometheus.tell(found.metric, value, labels)
    return found.metric


def _mistake() -> ValueError:
    return ValueError("a metric's name is in the catalogue, with its kind and its labels")
