"""What may be there only once, in whatever months: told as a unique constraint of one table tells it."""

import threading
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest
from django.db import IntegrityError, connections, transaction
from tests.faults.processes.programs import wait_until
from tests.monthly.world import LATER, LONG_AGO, call, execute, notification, past_months

from solitude.payments.models import Notification, ProviderCall
from solitude.prepared import insert_once
from solitude.transactions.models import CallOutcome, Transaction
from solitude.web.models import IdempotencyKey

pytestmark = pytest.mark.django_db(transaction=True)
WITHIN_S = 20
Make = Callable[..., Any]


@pytest.fixture(autouse=True)
def months() -> Any:
    with past_months("payments_providercall", "payments_notification"):
        yield


def payment() -> Transaction:
    return Transaction.objects.create(provider=0, amount=Decimal(1), currency="EUR")


def key() -> IdempotencyKey:
    return IdempotencyKey.objects.create(client="a", key="k", fingerprint="f")


def kinds() -> dict[str, tuple[Make, dict[str, Any]]]:
    return {
        "payments_one_capture": (call, {"operation": "capture", "transaction": payment()}),
        "payments_one_operation_per_key": (call, {"idempotency": key()}),
        "payments_notification_applied_once": (notification, {"event_id": "WH-1"}),
    }


NAMES = ("payments_one_capture", "payments_one_operation_per_key", "payments_notification_applied_once")


@pytest.mark.parametrize("name", NAMES)
def test_a_second_one_in_another_month_is_refused_by_the_name_of_the_constraint(name: str) -> None:
    make, columns = kinds()[name]
    make(LONG_AGO, **columns)
    with pytest.raises(IntegrityError, match=f'"{name}"'), transaction.atomic():
        make(LATER, **columns)
    with pytest.raises(IntegrityError, match=f'"{name}"'), transaction.atomic():
        make(LONG_AGO, 2, **columns)


@pytest.mark.parametrize("name", NAMES)
def test_of_two_at_the_same_time_one_is_refused(name: str) -> None:
    make, columns = kinds()[name]
    refused: list[str] = []

    def second() -> None:
        try:
            make(LATER, **columns)
        except IntegrityError as error:
            refused.append(str(error))
        finally:
            connections.close_all()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        make(LONG_AGO, **columns)
        thread.start()
        assert is_waited_for()
        assert not refused
    thread.join(WITHIN_S)
    assert len(refused) == 1
    assert name in refused[0]


def is_waited_for() -> bool:
    """Until somebody waits for the transaction of this thread."""
    waiting = "SELECT pid FROM pg_stat_activity WHERE pg_backend_pid() = ANY (pg_blocking_pids(pid))"
    return wait_until(lambda: bool(execute("SELECT pg_stat_clear_snapshot()", waiting)), WITHIN_S)


def test_an_operation_that_took_place_not_frees_its_key_and_its_payment() -> None:
    owner, used = payment(), key()
    columns = {"operation": "capture", "transaction": owner, "idempotency": used}
    first = call(LONG_AGO, outcome=CallOutcome.NONE, **columns)
    ProviderCall.objects.filter(pk=first.pk).update(outcome=CallOutcome.NOT_SENT)
    second = call(LATER, **columns)

    with pytest.raises(IntegrityError), transaction.atomic():
        ProviderCall.objects.filter(pk=first.pk).update(outcome=CallOutcome.SUCCEEDED)
    second.delete()
    ProviderCall.objects.filter(pk=first.pk).update(outcome=CallOutcome.SUCCEEDED)

    with pytest.raises(IntegrityError), transaction.atomic():
        call(LATER, 2, **columns)


def test_a_key_goes_on_to_the_next_call() -> None:
    used = key()
    first = call(LONG_AGO, idempotency=used)
    ProviderCall.objects.filter(pk=first.pk).update(idempotency=None)
    call(LATER, idempotency=used)
    used.delete()
    assert execute("SELECT count(*) FROM payments_providercall_once_key") == [(0,)]


def test_a_refused_one_is_undone_with_its_claim() -> None:
    owner = payment()
    with transaction.atomic():
        call(LONG_AGO, operation="capture", transaction=owner)
        transaction.set_rollback(True)
    call(LATER, operation="capture", transaction=owner)


def test_a_message_that_another_month_has_is_not_kept_again_and_that_is_no_error() -> None:
    kept = notification(LONG_AGO, fingerprint="same")
    again = Notification(provider="paypal", fingerprint="same", headers={}, body="{}")

    assert not insert_once(again)
    assert again.pk is None
    assert Notification.objects.get(provider="paypal", fingerprint="same").pk == kept.pk

    kept.delete()
    assert insert_once(again)
    assert not insert_once(Notification(provider="paypal", fingerprint="same", headers={}, body="{}"))
    with pytest.raises(IntegrityError, match="fingerprint"), transaction.atomic():
        Notification.objects.create(provider="paypal", fingerprint="same", headers={}, body="{}")


def test_of_two_deliveries_at_the_same_time_one_is_kept() -> None:
    kept: list[bool] = []

    def second() -> None:
        kept.append(insert_once(Notification(provider="paypal", fingerprint="same", headers={}, body="{}")))
        connections.close_all()

    thread = threading.Thread(target=second)
    with transaction.atomic():
        notification(LONG_AGO, fingerprint="same")
        thread.start()
        assert is_waited_for()
    thread.join(WITHIN_S)
    assert (kept, Notification.objects.count()) == ([False], 1)


def test_what_changes_nothing_of_it_calls_no_trigger() -> None:
    row = call(LONG_AGO, outcome=CallOutcome.NONE, operation="capture", transaction=payment(), idempotency=key())
    ProviderCall.objects.filter(pk=row.pk).update(next_try_at=row.begun_at)
    recording = f"UPDATE payments_providercall SET outcome = 'succeeded' WHERE id = {row.pk}"
    plan = execute(f"EXPLAIN (ANALYZE, COSTS OFF, TIMING OFF) {recording}")
    assert not [line for (line,) in plan if "once" in line], plan
