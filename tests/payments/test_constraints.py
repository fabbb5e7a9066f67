"""The limits of money stand in the database: whatever a program does, it refuses."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.db import IntegrityError, transaction
from tests.support.marketplace import Marketplace

from solitude.payments.contract import Intent
from solitude.payments.models import Dispute, Notification, ProviderCall
from solitude.transactions.models import Transaction, Type
from solitude.web.models import IdempotencyKey

INTENT = Intent().to_json()
Row = Callable[..., Any]


def payment(**columns: Any) -> Transaction:
    return Transaction.objects.create(**{"provider": 0, "amount": 100, "currency": "EUR"} | columns)


def a_call(**columns: Any) -> ProviderCall:
    return ProviderCall.objects.create(**{"provider": "paypal", "operation": "pay", "intent": INTENT} | columns)


def notification(**columns: Any) -> Notification:
    return Notification.objects.create(**{"provider": "paypal", "headers": {}, "body": "{}"} | columns)


def dispute(**columns: Any) -> Dispute:
    return Dispute.objects.create(**{"provider": "paypal", "transaction": payment(), "dispute_id": "PP-1"} | columns)


ONCE: dict[str, tuple[Row, dict[str, Any]]] = {
    "a transaction by its uuid": (payment, {"uuid": "shop:1"}),
    "a transaction by the provider's id": (payment, {"uid_pay": "ORDER"}),
    "money that was taken": (payment, {"taken_id": "CAPTURE"}),
    "an operation by its key": (a_call, {"key": "4d0e9c1e-0000-4000-8000-000000000001"}),
    "a notification's delivery": (notification, {"fingerprint": "f"}),
    "a dispute": (dispute, {}),
}


@pytest.mark.parametrize("what", ONCE)
def test_there_is_only_one(transactional_db: None, what: str) -> None:
    make, columns = ONCE[what]
    make(**columns)
    with pytest.raises(IntegrityError), transaction.atomic():
        make(**columns)


def test_a_refund_may_have_the_number_of_a_payment(transactional_db: None) -> None:
    """Bango counts its pages and its refunds apart."""
    payment(uid_pay="660118")
    payment(uid_pay="660118", type=Type.REFUND)
    with pytest.raises(IntegrityError), transaction.atomic():
        payment(uid_pay="660118", type=Type.REFUND)


def test_an_event_of_the_provider_is_applied_once(transactional_db: None) -> None:
    notification(fingerprint="one", event_id="WH-1")
    with pytest.raises(IntegrityError), transaction.atomic():
        notification(fingerprint="another", event_id="WH-1")
    # Forged ones have no id, and take nobody's place.
    for fingerprint in ("forged", "forged too"):
        notification(fingerprint=fingerprint)


LIVE, ENDED = ("none", "unknown", "pending", "succeeded"), ("declined", "not_sent")


@pytest.mark.parametrize("outcome", LIVE)
def test_one_capture_of_a_payment_lives(transactional_db: None, outcome: str) -> None:
    row = payment()
    a_call(operation="capture", transaction=row, outcome=outcome)
    with pytest.raises(IntegrityError), transaction.atomic():
        a_call(operation="capture", transaction=row)


@pytest.mark.parametrize("outcome", ENDED)
def test_a_capture_that_took_nothing_leaves_room_for_another(transactional_db: None, outcome: str) -> None:
    row = payment()
    a_call(operation="capture", transaction=row, outcome=outcome)
    a_call(operation="capture", transaction=row)


@pytest.mark.parametrize("outcome", [*LIVE, "declined"])
@pytest.mark.parametrize("operation", ["pay", "refund"])
def test_a_clients_key_stands_for_one_operation(transactional_db: None, operation: str, outcome: str) -> None:
    key = IdempotencyKey.objects.create(client="marketplace", key="k", fingerprint="f")
    a_call(operation=operation, idempotency=key, outcome=outcome)
    with pytest.raises(IntegrityError), transaction.atomic():
        a_call(operation=operation, idempotency=key)


def test_a_clients_key_is_free_when_nothing_was_sent_under_it(transactional_db: None) -> None:
    key = IdempotencyKey.objects.create(client="marketplace", key="k", fingerprint="f")
    a_call(idempotency=key, outcome="not_sent")
    a_call(idempotency=key)


def test_who_comes_second_with_a_key_is_told_that_the_first_is_at_it(shop: Marketplace, app_id: str) -> None:
    """Both hold the key: the first claim was thought dead. The constraint decides, and it is no error of the server's."""
    shop.pay(app_id, headers={"Idempotency-Key": "k"})
    key = IdempotencyKey.objects.get()
    IdempotencyKey.objects.filter(pk=key.pk).update(status=None)
    ProviderCall.objects.filter(idempotency=key).update(outcome="pending")

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("solitude.payments.calls.begun_under", lambda _: None)
        patch.setattr("solitude.web.idempotency._lease", timedelta)
        answer = shop.pay(app_id, headers={"Idempotency-Key": "k"})

    assert (answer.status, answer["code"]) == (409, "idempotency_in_progress")
    assert Transaction.objects.count() == 1
