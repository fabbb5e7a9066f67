"""What is measured, and who gets it."""

from pathlib import Path

from solitude.configuration import Network, folder, host_and_port, metrics_prefix, networks, web_url
from solitude.settings.process import SOLITUDE_HOME
from solitude.settings.reading import environment

_get = environment.get

SOLITUDE_STATSD: tuple[str, int] | None = _get(
    "SOLITUDE_STATSD", host_and_port, None, "`host:port` of a statsd daemon that gets metrics over UDP; empty = off."
)
SOLITUDE_STATSD_PREFIX: str = _get(
    "SOLITUDE_STATSD_PREFIX", metrics_prefix, "", "Before the name of every metric, with a dot between them."
)
SOLITUDE_METRICS_PORT: int = environment.number(
    "SOLITUDE_METRICS_PORT",
    0,
    "Where `serve`, `worker` and `proxy` show Prometheus their metrics, at `/metrics`; 0 = off. On one machine each has its own.",
    most=65_535,
)
SOLITUDE_METRICS_HOST: str = environment.text(
    "SOLITUDE_METRICS_HOST", "127.0.0.1", "The address of this machine on which they do."
)
SOLITUDE_METRICS_ALLOWED_NETWORKS: tuple[Network, ...] = _get(
    "SOLITUDE_METRICS_ALLOWED_NETWORKS",
    networks,
    networks("127.0.0.0/8, ::1/128"),
    "Networks from which Prometheus may ask, comma separated.",
)
SOLITUDE_METRICS_DIR: Path = _get(
    "SOLITUDE_METRICS_DIR",
    folder,
    None,
    "Where the processes of one command count for Prometheus; best in memory, such as `/run/solitude`.",
    shown="`SOLITUDE_HOME/metrics`",
) or (SOLITUDE_HOME / "metrics")
SOLITUDE_TRACING_ENDPOINT: str = _get(
    "SOLITUDE_TRACING_ENDPOINT",
    web_url,
    "",
    "Where traces go by OTLP/HTTP, e.g. `http://collector:4318/v1/traces`; needs `solitude[tracing]`; empty = off.",
)
