"""What this process keeps for Prometheus: files that the command which began it reads when it is asked (`metrics_endpoint`).

The library's way for several processes (https://prometheus.github.io/client_python/multiprocess/): each counts in files of its own that
are mapped into its memory. Nothing is imported and nothing kept where nobody collects.
"""

import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from solitude.version import VERSION

from .logs import get_logger
from .metrics_catalogue import METRICS, Kind, Metric, Over

log = get_logger("solitude.metrics")
# The library reads it when it is imported.
FOLDER = "PROMETHEUS_MULTIPROC_DIR"
# To write into a mapped file that the full disk has no room for ends the process. So the room is taken at the start, for more than
# all series that there can be; a file that grew nevertheless would do so by doubling.
ROOM_BYTES = {"histogram": 8 * 1024 * 1024, "counter": 2 * 1024 * 1024, "gauge": 256 * 1024}


class _Kept:
    """The library's metrics in this process, by name; None where nobody collects."""

    metrics: Mapping[str, Any] | None = None


def join() -> None:
    """From now on this process keeps its metrics, if the command that began it collects them."""
    folder = os.environ.get(FOLDER)
    if not folder or _Kept.metrics is not None:
        return
    try:
        _take_room(Path(folder))
    except OSError as error:
        log.warning("metrics_off", folder=folder, reason=error.strerror)
        return
    _Kept.metrics = {metric.prometheus: _made(metric) for metric in METRICS if metric.prometheus}
    running = {"version": VERSION, "python": platform.python_version()}
    _Kept.metrics["solitude_build_info"].labels(**running).set(1)


def tell(metric: Metric, value: int, labels: Mapping[str, str]) -> None:
    """A count, a time in ms or the value of a gauge."""
    if _Kept.metrics is None:
        return
    one = _one(metric, labels)
    if metric.kind == Kind.COUNTER:
        one.inc(value)
    elif metric.kind == Kind.TIMER:
        one.observe(value / 1000)
    else:
        one.set(value)


def add(metric: Metric, by: int, labels: Mapping[str, str]) -> None:
    """So much more of a gauge, or less."""
    if _Kept.metrics is not None:
        _one(metric, labels).inc(by)


def _one(metric: Metric, labels: Mapping[str, str]) -> Any:
    kept = _Kept.metrics[metric.prometheus]  # type: ignore[index]
    return kept.labels(**labels) if labels else kept


def _made(metric: Metric) -> Any:
    from prometheus_client import Counter, Gauge, Histogram

    if metric.kind == Kind.COUNTER:
        return Counter(metric.prometheus, metric.meaning, metric.labels, registry=None)
    if metric.kind == Kind.TIMER:
        return Histogram(metric.prometheus, metric.meaning, metric.labels, registry=None, buckets=metric.buckets_s)
    return Gauge(metric.prometheus, metric.meaning, metric.labels, registry=None, multiprocess_mode=metric.over.value)


def _take_room(folder: Path) -> None:
    """Makes this process's files, with their room on the disk. Raises OSError where there is none."""
    gauges = {f"gauge_{over}": ROOM_BYTES["gauge"] for over in Over}
    for name, size_bytes in {"histogram": ROOM_BYTES["histogram"], "counter": ROOM_BYTES["counter"], **gauges}.items():
        descriptor = os.open(folder / f"{name}_{os.getpid()}.db", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            os.posix_fallocate(descriptor, 0, size_bytes)
        finally:
            os.close(descriptor)
