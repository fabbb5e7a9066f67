"""What every log line says about the work it belongs to. Kept per thread and task; ends with the request or job."""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager

from structlog import contextvars

from . import redaction

# In the order in which log lines show them.
NAMES = ("request_id", "client", "transaction", "correlation_id")
# These come from request headers and providers' answers.
VALUE_LIMIT_CHARACTERS = 128
ID_BYTES = 8


def new_id() -> str:
    """A new name for a request or a job: 16 hexadecimal digits, which a log never takes for the number of a card."""
    while True:
        drawn = secrets.token_hex(ID_BYTES)
        if redaction.mask(drawn) == drawn:
            return drawn


def bind(
    *,
    request_id: str | None = None,
    client: str | None = None,
    transaction: str | None = None,
    correlation_id: str | None = None,
) -> None:
    """Puts these values on every log line until `clear`; None leaves a value as it is."""
    contextvars.bind_contextvars(**_given(request_id, client, transaction, correlation_id))


@contextmanager
def bound(
    *,
    request_id: str | None = None,
    client: str | None = None,
    transaction: str | None = None,
    correlation_id: str | None = None,
) -> Iterator[None]:
    """Puts these values on the log lines within the block; afterwards the earlier ones hold again."""
    with contextvars.bound_contextvars(**_given(request_id, client, transaction, correlation_id)):
        yield


def about(transaction: str, client: str = "") -> None:
    """From now on the work is about this transaction, of this client: another one's correlation id says nothing of it.

    A client that signed the request stays the one.
    """
    if current().get("transaction") != transaction[:VALUE_LIMIT_CHARACTERS]:
        contextvars.unbind_contextvars("correlation_id")
    bind(transaction=transaction, client=None if current().get("client") else client or None)


def clear() -> None:
    """Forgets all values: the first and the last thing that a request or job does, for threads are used again."""
    contextvars.clear_contextvars()


def current() -> dict[str, str]:
    """The values bound now, in the order of `NAMES`."""
    held = contextvars.get_contextvars()
    return {name: held[name] for name in NAMES if name in held}


def _given(*values: str | None) -> dict[str, str]:
    return {
        name: value[:VALUE_LIMIT_CHARACTERS] for name, value in zip(NAMES, values, strict=True) if value is not None
    }
