"""How long each class of data is kept, and how what is over goes."""

from solitude.configuration import days_or_keep
from solitude.settings.reading import environment

_get = environment.get
# The longest period that can be asked for: 30 years.
_MOST = 10_958


def _days(name: str, default: int | None, what: str, *, least: int, keep: bool = False) -> int | None:
    """Days, or None for ever, where that is lawful (`keep`)."""
    limits = f"at least {least}" + (", or `keep`" if keep else "")
    return _get(
        f"SOLITUDE_RETENTION_{name}_DAYS",
        days_or_keep(least, _MOST, keep=keep),
        default,
        f"How long {what} {'are' if what.endswith('s') else 'is'} kept ({limits}): see [retention](retention.md).",
        unit="days",
        shown="keep" if default is None else None,
    )


SOLITUDE_RETENTION_NOTIFICATION_BODIES_DAYS: int | None = _days(
    "NOTIFICATION_BODIES", 180, "what providers' notifications say, in their words,", least=30
)
SOLITUDE_RETENTION_NOTIFICATIONS_DAYS: int | None = _days(
    "NOTIFICATIONS", 1461, "the record that a notification came", least=180, keep=True
)
SOLITUDE_RETENTION_CALL_BODIES_DAYS: int | None = _days(
    "CALL_BODIES", 540, "what was said in calls of providers", least=180
)
SOLITUDE_RETENTION_CALLS_DAYS: int | None = _days("CALLS", 4018, "the record of a provider call", least=2922, keep=True)
SOLITUDE_RETENTION_EVENTS_DAYS: int | None = _days("EVENTS", 730, "the feed's events", least=30)
SOLITUDE_RETENTION_TRANSACTIONS_DAYS: int | None = _days(
    "TRANSACTIONS", 4018, "what links a transaction to persons", least=2922
)
SOLITUDE_RETENTION_TRANSACTION_NOTES_DAYS: int | None = _days(
    "TRANSACTION_NOTES", 540, "the free text of transactions", least=30
)
SOLITUDE_RETENTION_SELLERS_DAYS: int | None = _days(
    "SELLERS", 540, "the personal data of a seller who has ended", least=180
)
SOLITUDE_RETENTION_BUYERS_DAYS: int | None = _days("BUYERS", 1461, "the account of a buyer who does nothing", least=365)
SOLITUDE_RETENTION_CLOSED_BUYERS_DAYS: int | None = _days(
    "CLOSED_BUYERS", 180, "the nameless row of a closed account, which nothing names any more,", least=1
)
SOLITUDE_RETENTION_PREAPPROVALS_DAYS: int | None = _days("PREAPPROVALS", 180, "a pre-approval that has ended", least=1)
SOLITUDE_RETENTION_PENDING_PREAPPROVALS_DAYS: int | None = _days(
    "PENDING_PREAPPROVALS", 30, "a pre-approval whose buyer never came back", least=1
)
SOLITUDE_RETENTION_BRAINTREE_CARDS_DAYS: int | None = _days(
    "BRAINTREE_CARDS", 540, "what is known of a card that is no longer used", least=1
)
SOLITUDE_RETENTION_PINS_DAYS: int | None = _days(
    "PINS", None, "the PIN of a buyer who does nothing", least=365, keep=True
)
SOLITUDE_RETENTION_RUNS_DAYS: int | None = _days("RUNS", 1096, "the record that retention ran", least=30, keep=True)
SOLITUDE_RETENTION_ACCESS_LOG_DAYS: int | None = _days(
    "ACCESS_LOG", 1096, "the record of who saw or changed personal data", least=180
)

SOLITUDE_RETENTION_EVERY_S: int = environment.number(
    "SOLITUDE_RETENTION_EVERY_S",
    21_600,
    "So long after one run of a class of data the next one begins.",
    unit="s",
    least=60,
    most=86_400,
)
SOLITUDE_RETENTION_BATCH_ROWS: int = environment.number(
    "SOLITUDE_RETENTION_BATCH_ROWS",
    500,
    "Rows that are deleted or changed in one transaction, at most.",
    unit="rows",
    least=1,
    most=5000,
)
SOLITUDE_RETENTION_PAUSE_MS: int = environment.number(
    "SOLITUDE_RETENTION_PAUSE_MS",
    1000,
    "The pause between two such transactions, so that payments come in between.",
    unit="ms",
    most=60_000,
)
SOLITUDE_RETENTION_OVERDUE_S: int = environment.number(
    "SOLITUDE_RETENTION_OVERDUE_S",
    86_400,
    "`solitude check` warns of a class of data of which something should have gone longer ago than this.",
    unit="s",
    least=3600,
    most=2_678_400,
)
