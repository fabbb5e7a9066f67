"""Every metric that there is: what is not here cannot be told. `docs/metrics.md` holds the tables that are made of this.

A metric has a name at statsd, one at Prometheus, or both. In a name for statsd a word in angle brackets stands for one that is put
there; at Prometheus it is a label. Which values it takes is bounded by our code and our settings: nothing of a buyer, a seller or a
payment is ever one. Names for Prometheus end as its conventions have it (https://prometheus.io/docs/practices/naming/).
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache, cached_property

# Upper bounds, in seconds.
CALLS_S = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60)
AGES_S = (1, 5, 15, 60, 300, 900, 3_600, 21_600, 86_400, 259_200)
_PLACE = re.compile(r"<(\w+)>")


class Kind(StrEnum):
    COUNTER = "counter"
    TIMER = "timer"  # ms at statsd; a histogram of seconds at Prometheus
    GAUGE = "gauge"


class Over(StrEnum):
    """What a gauge is when several processes of one server have set it. Those of processes that are gone do not count."""

    SUM = "livesum"
    MOST = "livemax"
    NEWEST = "livemostrecent"


@dataclass(frozen=True)
class Metric:
    kind: Kind
    meaning: str
    statsd: str = ""
    prometheus: str = ""
    own_labels: tuple[str, ...] = ()
    buckets_s: tuple[int | float, ...] = CALLS_S
    over: Over = Over.NEWEST

    @cached_property
    def labels(self) -> tuple[str, ...]:
        """Its labels at Prometheus: the places in its name for statsd, or those that only Prometheus is told."""
        return self.own_labels or tuple(_PLACE.findall(self.statsd))

    @cached_property
    def pattern(self) -> re.Pattern[str]:
        """What its names at statsd look like."""
        literals = _PLACE.split(self.statsd)
        parts = [f"(?P<{part}>[a-z0-9_]+)" if place % 2 else re.escape(part) for place, part in enumerate(literals)]
        return re.compile("".join(parts))


def _counter(statsd: str, prometheus: str, meaning: str, *labels: str) -> Metric:
    return Metric(Kind.COUNTER, meaning, statsd, prometheus, labels)


def _timer(statsd: str, prometheus: str, meaning: str, *labels: str, ages: bool = False) -> Metric:
    return Metric(Kind.TIMER, meaning, statsd, prometheus, labels, AGES_S if ages else CALLS_S)


def _gauge(statsd: str, prometheus: str, meaning: str, *labels: str, over: Over = Over.NEWEST) -> Metric:
    return Metric(Kind.GAUGE, meaning, statsd, prometheus, labels, over=over)


_SERVER = (
    _counter("response.<status>", "", "answers with this HTTP status, `response.201`"),
    _timer("", "solitude_http_request_duration_seconds", "requests, by the route that they took", "route", "method"),
    _counter(
        "", "solitude_http_responses_total", "answers, by the route and the HTTP status", "route", "method", "status"
    ),
    _counter(
        "", "solitude_http_turned_away_total", "requests that had no turn, and were answered 503, by kind", "kind"
    ),
    _counter("", "solitude_idempotency_replays_total", "answers that were given again for an idempotency key"),
    _counter("", "solitude_pin_locks_total", "buyers' accounts that were locked after wrong PINs"),
    _gauge(
        "",
        "solitude_feed_behind_events",
        "how far behind the newest event of the feed a client was when it last read",
        "client",
    ),
    _gauge("", "solitude_build_info", "1; the labels say what runs", "version", "python", over=Over.MOST),
)
_PAYMENTS = (
    _timer(
        "transaction.status.<status>",
        "solitude_transaction_age_seconds",
        "a transaction that has come to this status, `transaction.status.completed`: how old it is then",
        ages=True,
    ),
    _gauge(
        "solitude.pending_transactions",
        "solitude_pending_transactions",
        "payments and refunds that wait for the buyer or the provider",
    ),
    _counter(
        "",
        "solitude_provider_calls_total",
        "operations of the money engine at a provider, by what they came to; `unknown`: nobody knows yet",
        "provider",
        "operation",
        "outcome",
    ),
    _gauge("uncertain.count", "solitude_uncertain_calls", "provider calls whose outcome is not known"),
    _gauge("uncertain.oldest_s", "solitude_uncertain_oldest_seconds", "how long ago the oldest of them was begun"),
    _gauge(
        "notifications.waiting", "solitude_notifications_waiting", "notifications that are kept and not applied yet"
    ),
    _gauge("notifications.oldest_s", "solitude_notifications_oldest_seconds", "how long the oldest of them has waited"),
    _timer(
        "recovery.time_to_truth",
        "solitude_recovery_time_to_truth_seconds",
        "from the beginning of a call to the evidence that a worker found for its outcome",
        ages=True,
    ),
)
_OUTBOUND = (
    _timer(
        "",
        "solitude_provider_exchange_duration_seconds",
        "exchanges with a provider, `answered`, `failed` (5xx), `not_sent` or without answer (`unknown`)",
        "provider",
        "operation",
        "outcome",
    ),
    _gauge(
        "",
        "solitude_provider_exchanges_under_way",
        "exchanges that wait for this provider now",
        "provider",
        over=Over.SUM,
    ),
    _gauge("", "solitude_provider_exchanges_limit", "how many may, in all processes", "provider", over=Over.SUM),
    _counter(
        "breaker.opened.<provider>",
        "solitude_breaker_opened_total",
        "a provider has not answered so often in a row that nothing is sent there for a while; in each process",
    ),
    _gauge(
        "",
        "solitude_breaker_open",
        "1 from then on until the provider answers again, in any process",
        "provider",
        over=Over.MOST,
    ),
    _timer("solitude.paypal.ipn.validate", "", "asking PayPal whether an IPN is its own, however it ended"),
    _timer("solitude.paypal.<operation>", "", "calls of PayPal, `solitude.paypal.capture`, however they ended"),
    _timer(
        "solitude.bango.request.<operation>",
        "",
        "calls of Bango, `solitude.bango.request.createpackage`, however they ended",
    ),
    _counter("solitude.bango.response.checktoken_fail", "", "tokens of buyers' returns that Bango does not confirm"),
    _counter(
        "solitude.bango.response.<code>",
        "solitude_bango_responses_total",
        "answers of Bango with this code, `solitude.bango.response.ok`; `other` for those behind the first hundred codes of a process",
    ),
    _counter(
        "bango.notification.<outcome>",
        "solitude_bango_notifications_total",
        "returns of buyers from Bango's page that were taken in, by what became of the payment: `completed`, `cancelled`, `failed`",
    ),
    _timer("solitude.braintree.api", "", "messages to Braintree's gateway, however they ended"),
    _counter("solitude.braintree.response.<status>", "", "answers of Braintree's gateway with this HTTP status"),
    _timer(
        "solitude.provider.<name>.proxy.<method>",
        "",
        "calls of a provider of the reference kind, however they ended; `-` in its name is `_` here",
    ),
    _timer(
        "solitude.proxy.<service>.<proxy>",
        "solitude_proxy_duration_seconds",
        "calls that the proxy has made for a provider, `solitude.proxy.bango.bango`, `solitude.proxy.acme.provider`, however they ended",
    ),
)
_WORKER = (
    _timer("", "solitude_worker_job_duration_seconds", "jobs of the worker that found something to do", "job_name"),
    _counter("", "solitude_worker_job_failures_total", "jobs of the worker that ended with an error", "job_name"),
    _gauge(
        "", "solitude_worker_last_turn_timestamp_seconds", "when a worker last looked for work, in seconds since 1970"
    ),
    _gauge("worker.lag_s", "solitude_worker_lag_seconds", "how long the work that is most overdue has been due"),
    _gauge("", "solitude_database_connections", "connections to the database by state; of PostgreSQL only", "state"),
    _gauge("", "solitude_database_connections_limit", "how many it allows; of PostgreSQL only"),
)
_RUNNING = (
    _counter(
        "syslog.lost.<stream>",
        "solitude_syslog_lost_lines_total",
        "log lines that syslog did not get, by stream",
    ),
    _counter("syslog.away.<stream>", "solitude_syslog_away_total", "times that syslog went away, by stream"),
    _gauge(
        "",
        "solitude_months_ahead",
        "months after this one for which the tables by month are ready (PostgreSQL); below 2 something is wrong",
    ),
    _gauge("keys.rows_left", "solitude_keys_rows_left", "rows that are still under an older key while a rotation runs"),
    _counter(
        "retention.rows.<data>",
        "solitude_retention_rows_total",
        "rows that retention has deleted, anonymised or truncated, by class of data",
    ),
    _gauge(
        "retention.overdue_classes",
        "solitude_retention_overdue_classes",
        "classes of data of which rows should be gone",
    ),
    _counter("retention.failed", "solitude_retention_failures_total", "runs of retention that ended with an error"),
    _gauge(
        "audit.unsealed_oldest_s",
        "solitude_audit_unsealed_oldest_seconds",
        "how old the oldest row is that should be under a seal one day and is not yet",
    ),
    _counter(
        "audit.<act>",
        "solitude_audit_rows_total",
        "rows that a seal was written about, by what it says of them: `audit.sealed`",
    ),
)
# Of two that fit, the first is meant.
METRICS = (*_SERVER, *_PAYMENTS, *_OUTBOUND, *_WORKER, *_RUNNING)
_BY_PROMETHEUS = {metric.prometheus: metric for metric in METRICS if metric.prometheus}


@dataclass(frozen=True, slots=True)
class Named:
    """The metric of a name, and the labels that are in it."""

    metric: Metric
    labels: Mapping[str, str]


@cache
def named(name: str) -> Named | None:
    """The metric of this name, of statsd's form or of Prometheus's.

    Remembered without limit: there are as many names as there are values in code and settings.
    """
    if (metric := _BY_PROMETHEUS.get(name)) is not None:
        return Named(metric, {})
    for metric in METRICS:
        if metric.statsd and (found := metric.pattern.fullmatch(name)):
            return Named(metric, found.groupdict())
    return None


def word(text: str) -> str:
    """A text as one word of a name: `paypal-classic` is `paypal_classic`."""
    return re.sub(r"[^a-z0-9_]", "_", text.lower()) or "none"


def statsd_table() -> str:
    """The names at statsd as a Markdown table."""
    rows = [f"| `{one.statsd}` | {one.kind} | {one.meaning} |" for one in METRICS if one.statsd]
    return "\n".join(["| name | kind | what it says |", "|---|---|---|", *rows]) + "\n"


def prometheus_table() -> str:
    """The names at Prometheus as a Markdown table."""
    kinds = {Kind.TIMER: "histogram"}
    rows = [
        f"| `{one.prometheus}` | {kinds.get(one.kind, one.kind)} | {', '.join(f'`{label}`' for label in one.labels)} | {one.meaning} |"
        for one in METRICS
        if one.prometheus
    ]
    return "\n".join(["| name | kind | labels | what it says |", "|---|---|---|---|", *rows]) + "\n"
