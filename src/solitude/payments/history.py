"""What the engine knows of a transaction's history: its provider calls, try by try, and the notifications about it."""

from collections.abc import Iterable, Iterator
from datetime import datetime
from typing import Any

from solitude.payments.contract import LOOK_UPS, Operation
from solitude.payments.models import Notification, ProviderCall
from solitude.prepared import Found
from solitude.transactions.models import Transaction
from solitude.transactions.timeline import ENTRIES_MAX, Entry

# Operations that make the transaction.
_FIRST = (Operation.PAY, Operation.REFUND)
# They look into every month, so they are planned once.
_calls_of = Found(lambda pk: ProviderCall.objects.filter(transaction=pk).order_by("-pk")[:ENTRIES_MAX], int)
_notifications_of = Found(lambda pk: Notification.objects.filter(transaction=pk).order_by("-pk")[:ENTRIES_MAX], int)


def has_calls(row: Transaction) -> bool:
    return row.calls.exists()


def of_calls(row: Transaction) -> Iterable[Entry]:
    found = _calls_of.all(row.pk)[::-1]
    first = min((call.pk for call in found if call.operation in _FIRST), default=None)
    for call in found:
        yield from _of_call(call, _began(call, row if call.pk == first else None))


def of_notifications(row: Transaction) -> Iterable[Entry]:
    for one in reversed(_notifications_of.all(row.pk)):
        yield Entry(
            one.received_at,
            "notification",
            f"{one.event_type}: {one.state}{f' ({one.reason})' if one.reason else ''}",
            request_id=one.request_id or None,
            provider=one.provider,
            reference=one.event_id,
            outcome=one.state,
        )


def _began(call: ProviderCall, made: Transaction | None) -> datetime:
    """Before what it led to: a look-up is written down after it was made, and a transaction just before its first call, which made it."""
    moments = [call.begun_at]
    if call.operation in LOOK_UPS and call.exchanges:
        moments.append(datetime.fromisoformat(call.exchanges[0]["sent_at"]))
    if made is not None:
        moments.append(made.created)
    return min(moments)


def _of_call(call: ProviderCall, began: datetime) -> Iterator[Entry]:
    about: dict[str, Any] = {
        "provider": call.provider,
        "operation": call.operation,
        "reference": call.key,
        "call": call.pk,
    }
    if call.client:
        yield Entry(began, "request", f"{call.client} asked for it", request_id=call.request_id or None, **about)
    if call.operation not in LOOK_UPS:
        said = call.choice or f"{call.operation} is written down"
        yield Entry(began, "intent", said, request_id=call.request_id or None, **about)
    for exchange in call.exchanges:
        yield from _of_exchange(exchange, about)
    if call.tries and call.ended_at:
        said = f"{call.outcome}: {call.reason_code}" if call.reason_code else call.outcome
        yield Entry(
            call.ended_at,
            "answer" if call.tries == 1 and not call.takeovers else "recovery",
            f"{call.operation} came to {said}",
            outcome=call.outcome,
            correlation_id=call.correlation_id or None,
            **about,
        )


def _of_exchange(exchange: dict[str, Any], about: dict[str, Any]) -> Iterator[Entry]:
    shared: dict[str, Any] = about | {
        "operation": exchange["operation"],
        "request_id": exchange.get("request_id") or None,
        "correlation_id": exchange["correlation_id"] or None,
    }
    again = " to find out" if exchange.get("recovering") else ""
    yield Entry(
        datetime.fromisoformat(exchange["sent_at"]),
        "recovery" if again else "call",
        f"{exchange['method']} {exchange['path']}{again}",
        **shared,
    )
    if exchange["answered_at"]:
        at, said = datetime.fromisoformat(exchange["answered_at"]), f"HTTP {exchange['status']}"
    else:
        at, said = datetime.fromisoformat(exchange["sent_at"]), f"no answer: {exchange['error']}"
    yield Entry(at, "answer", said, duration_ms=exchange["duration_ms"], **shared)
