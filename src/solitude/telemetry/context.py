"""What every log line says about the work it belongs to. Kept per thread and task; ends with the request or job."""

import secrets
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from types import MappingProxyType

from . import redaction

# In the order in which log lines show them.
NAMES = ("request_id", "client", "transaction", "correlation_id")
# These come from request headers and providers' answers.
VALUE_LIMIT_CHARACTERS = 128
ID_BYTES = 8

_NOTHING: Mapping[str, str] = MappingProxyType({})
# In the order of `NAMES`. It is replaced and never changed: a task that has begun meanwhile goes on with what it has.
_bound: ContextVar[Mapping[str, str]] = ContextVar("bound", default=_NOTHING)


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
    _hold({**_bound.get(), **_given(request_id, client, transaction, correlation_id)})


@contextmanager
def bound(
    *,
    request_id: str | None = None,
    client: str | None = None,
    transaction: str | None = None,
    correlation_id: str | None = None,
) -> Iterator[None]:
    """Puts these values on the log lines within the block; afterwards the earlier ones hold again."""
    given = _given(request_id, client, transaction, correlation_id)
    before = _bound.get()
    _hold({**before, **given})
    try:
        yield
    finally:
        # What the block has bound besides these stays.
        now = {name: value for name, value in _bound.get().items() if name not in given}
        _hold(now | {name: before[name] for name in given if name in before})


def about(transaction: str, client: str = "") -> None:
    """From now on the work is about this transaction, of this client: another one's correlation id says nothing of it.

    A client that signed the request stays the one.
    """
    held = current()
    if held.get("transaction") != transaction[:VALUE_LIMIT_CHARACTERS]:
        held.pop("correlation_id", None)
        _hold(held)
    bind(transaction=transaction, client=None if held.get("client") else client or None)


def clear() -> None:
    """Forgets all values: the first and the last thing that a request or job does, for threads are used again."""
    _bound.set(_NOTHING)


def current() -> dict[str, str]:
    """The values bound now, in the order of `NAMES`."""
    return {**_bound.get()}


def _hold(values: Mapping[str, str]) -> None:
    _bound.set({name: values[name] for name in NAMES if name in values})


def _given(*values: str | None) -> dict[str, str]:
    return {
        name: value[:VALUE_LIMIT_CHARACTERS] for name, value in zip(NAMES, values, strict=True) if value is not None
    }
