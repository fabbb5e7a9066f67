"""What is measured of the exchanges with a provider."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http import HTTPStatus
from typing import TYPE_CHECKING

from solitude.telemetry import metrics, tracing

from .failures import NoAnswer, NotSent

if TYPE_CHECKING:
    from .http import Answer, Request


def exchange(provider: str, timer: str, operation: str, outcome: "Answer | NotSent | NoAnswer") -> None:
    """How long it took, and what it came to. `timer`: see `Outlet`."""
    took_ms, operation = outcome.duration_ms, metrics.word(operation)
    if timer:
        metrics.timing_ms(timer.format(operation=operation), took_ms)
    of = {"provider": provider, "operation": operation, "outcome": _word(outcome)}
    metrics.timing_ms("solitude_provider_exchange_duration_seconds", took_ms, **of)


@contextmanager
def traced(provider: str, request: "Request") -> Iterator[Callable[["Answer | NotSent | NoAnswer"], None]]:
    """The exchange as a span; what is yielded takes what it came to. Nothing of the trace goes to a provider."""
    with tracing.outgoing(f"{provider} {metrics.word(request.operation)}") as told:

        def tell(outcome: "Answer | NotSent | NoAnswer") -> None:
            told.update({"solitude.provider": provider, "solitude.operation": request.operation})
            told.update({"http.request.method": request.method, "solitude.outcome": _word(outcome)})
            if not isinstance(outcome, NotSent | NoAnswer):
                told["http.response.status_code"] = outcome.status
            if _word(outcome) != "answered":
                told[tracing.FAILED] = 1

        yield tell


def limit(provider: str, at_once: int) -> None:
    """How many exchanges an outlet of this process lets go on at once; a provider may have several."""
    metrics.add("solitude_provider_exchanges_limit", at_once, provider=provider)


@contextmanager
def under_way(provider: str) -> Iterator[None]:
    """For the time of an exchange."""
    metrics.add("solitude_provider_exchanges_under_way", 1, provider=provider)
    try:
        yield
    finally:
        metrics.add("solitude_provider_exchanges_under_way", -1, provider=provider)


def _word(outcome: "Answer | NotSent | NoAnswer") -> str:
    match outcome:
        case NotSent():
            return "not_sent"
        case NoAnswer():
            return "unknown"
    return "answered" if outcome.status < HTTPStatus.INTERNAL_SERVER_ERROR else "failed"
