"""When a provider is left alone because it does not answer."""

from solitude.settings.reading import environment

SOLITUDE_BREAKER_FAILURES: int = environment.number(
    "SOLITUDE_BREAKER_FAILURES",
    5,
    "After so many calls in a row that a provider did not answer, or answered with 5xx, nothing is sent there for a while.",
    unit="calls",
    least=1,
    most=1000,
)
SOLITUDE_BREAKER_OPEN_S: int = environment.number(
    "SOLITUDE_BREAKER_OPEN_S",
    30,
    "How long that is; then one call is let through, and if that is answered all are.",
    unit="s",
    least=1,
    most=3600,
)
