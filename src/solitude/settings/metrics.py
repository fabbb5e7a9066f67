"""What is measured, and who gets it."""

from solitude.configuration import host_and_port, metrics_prefix
from solitude.settings.reading import environment

_get = environment.get

SOLITUDE_STATSD: tuple[str, int] | None = _get(
    "SOLITUDE_STATSD", host_and_port, None, "`host:port` of a statsd daemon that gets metrics over UDP; empty = off."
)
SOLITUDE_STATSD_PREFIX: str = _get(
    "SOLITUDE_STATSD_PREFIX", metrics_prefix, "", "Before the name of every metric, with a dot between them."
)
