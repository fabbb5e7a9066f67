"""The money engine, whatever the provider: how long, how often and how much."""

from solitude.configuration import amount_limits
from solitude.money.money import Money
from solitude.settings.reading import environment

_get = environment.get
_NO_LIMITS: dict[str, tuple[Money, Money]] = {}

SOLITUDE_PAYMENTS_IN_PROGRESS_MAX: int = environment.number(
    "SOLITUDE_PAYMENTS_IN_PROGRESS_MAX",
    256,
    "Provider calls that one server process waits for at the same time; over it 503 `busy`.",
    unit="calls",
    least=1,
    most=65_536,
)
SOLITUDE_CALL_LEASE_S: int = environment.number(
    "SOLITUDE_CALL_LEASE_S",
    60,
    "How long a provider call may be under way before another process may ask what became of it. More than any time-out of a provider.",
    unit="s",
    least=5,
    most=3600,
)
SOLITUDE_RESEND_MAX_S: int = environment.number(
    "SOLITUDE_RESEND_MAX_S",
    3600,
    "How long after its first try a payment of unknown outcome may be sent again under the same key.",
    unit="s",
    least=0,
    most=6 * 3600,
)
SOLITUDE_RECOVERY_FIRST_S: int = environment.number(
    "SOLITUDE_RECOVERY_FIRST_S",
    5,
    "After a call of unknown outcome, or a notification that cannot be applied yet, the next try comes so much later; then ever later.",
    unit="s",
    least=1,
    most=3600,
)
SOLITUDE_RECOVERY_MAX_S: int = environment.number(
    "SOLITUDE_RECOVERY_MAX_S", 3600, "The longest time between two such tries.", unit="s", least=1, most=86_400
)
SOLITUDE_FOLLOW_UP_S: int = environment.number(
    "SOLITUDE_FOLLOW_UP_S",
    900,
    "The provider is asked about a payment or refund that waits for somebody, first after this time and then ever more rarely.",
    unit="s",
    least=10,
    most=86_400,
)
SOLITUDE_NOTIFICATION_ORPHAN_S: int = environment.number(
    "SOLITUDE_NOTIFICATION_ORPHAN_S",
    86_400,
    "A notification about something that is not in our books waits so long for it; then it is an orphan and raises the alarm.",
    unit="s",
    least=60,
)
SOLITUDE_WORKER_THREADS: int = environment.number(
    "SOLITUDE_WORKER_THREADS", 4, "What one worker does at the same time.", unit="threads", least=1, most=64
)
SOLITUDE_WORKER_IDLE_MS: int = environment.number(
    "SOLITUDE_WORKER_IDLE_MS",
    1_000,
    "A worker that finds nothing to do looks again after this.",
    unit="ms",
    least=10,
    most=60_000,
)
SOLITUDE_UNCERTAIN_WARNING_S: int = environment.number(
    "SOLITUDE_UNCERTAIN_WARNING_S",
    600,
    "`solitude check` warns when the oldest call of unknown outcome is older; six times that is critical.",
    unit="s",
    least=1,
)
SOLITUDE_FAILED_PRODUCTS_WARNING: int = environment.number(
    "SOLITUDE_FAILED_PRODUCTS_WARNING",
    0,
    "`solitude check` warns when the last transaction of more products than this failed.",
    unit="products",
)
SOLITUDE_STATUS_PROBE_TIMEOUT_MS: int = environment.number(
    "SOLITUDE_STATUS_PROBE_TIMEOUT_MS",
    2_000,
    "A provider that gives no HTTP answer within this is `proxies: false` at `/services/status/`.",
    unit="ms",
    least=10,
    most=10_000,
)
SOLITUDE_STATUS_PROBE_LIFE_S: int = environment.number(
    "SOLITUDE_STATUS_PROBE_LIFE_S",
    10,
    "So long one server process remembers whether the providers answered, however often it is asked.",
    unit="s",
    least=1,
    most=3600,
)
SOLITUDE_TRANSACTION_LOCKDOWN_S: int = environment.number(
    "SOLITUDE_TRANSACTION_LOCKDOWN_S",
    86_400,
    "How long a client may change a transaction that it keeps itself, from when it was made.",
    unit="s",
    least=1,
)
SOLITUDE_AMOUNT_LIMITS = _get(
    "SOLITUDE_AMOUNT_LIMITS",
    amount_limits,
    _NO_LIMITS,
    'Least and most of one payment per currency, JSON: `{"EUR": ["0.50", "2000"]}`; else 0.1 to 5000, rounded up to the smallest unit.',
    shown="none",
)
SOLITUDE_EVENTS_WAITING_MAX: int = environment.number(
    "SOLITUDE_EVENTS_WAITING_MAX",
    8,
    "Requests that one server process holds until there are new events; at most half of the threads for reading. "
    "One more is answered at once.",
    unit="requests",
    most=512,
)
SOLITUDE_EVENTS_POLL_MS: int = environment.number(
    "SOLITUDE_EVENTS_POLL_MS",
    200,
    "How often a request that is held looks for new events.",
    unit="ms",
    least=10,
    most=5000,
)
