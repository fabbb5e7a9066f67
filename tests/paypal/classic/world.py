"""What the tests of the classic interface share: a payment as PayPal tells it, and a PayPal that answers by a script."""

from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from django.test import override_settings
from tests.outbound.peers import Peer, Script, answering

from solitude.money.money import Money
from solitude.payments.contract import Call, Intent, Operation, Share
from solitude.providers.paypal.classic.provider import ClassicPayPal
from solitude.telemetry.redaction import Secret

KEY = "0e0c8a6e-6d4f-4f0e-9a53-000000004711"
PAY_KEY, TRANSACTION = "AP-21C62741YR509274N", "1DG71997KF688883E"
SELLER, PARTNER, PREAPPROVAL = "sam@dev.example", "partner@shop.example", "PA-3TL62591WF4873025"


def money(text: str, currency: str = "USD") -> Money:
    return Money(Decimal(text), currency)


AMOUNT = money("3.75")


def intent(**more: Any) -> Intent:
    usual: dict[str, Any] = {
        "amount": AMOUNT,
        "payee": SELLER,
        "return_url": "https://shop.example/ok",
        "cancel_url": "https://shop.example/no",
        "interface": "classic",
    }
    return Intent(**usual | more)


def call(
    operation: Operation = Operation.PAY, *, ids: dict[str, str] | None = None, age_s: int = 0, **more: Any
) -> Call:
    known = {"payment": PAY_KEY} if ids is None and operation != Operation.PAY else ids or {}
    return Call(operation, KEY, intent(**more), known, age_s)


def refunding(amount: str = "3.75", *, before: str = "0.00", age_s: int = 0, shares: tuple[Share, ...] = ()) -> Call:
    ids = {"payment": PAY_KEY, "paid": AMOUNT.text, "refunded_before": before}
    return call(Operation.REFUND, ids=ids, age_s=age_s, amount=money(amount), shares=shares)


def preapproved(operation: Operation) -> Call:
    return call(operation, ids={}, credential=Secret(PREAPPROVAL))


def said(**pairs: str) -> dict[str, str]:
    """An answer that went well; two underscores stand for a dot."""
    envelope = {"responseEnvelope.ack": "Success", "responseEnvelope.correlationId": "c0rre1ation"}
    return envelope | {name.replace("__", "."): value for name, value in pairs.items()}


def error(number: str, parameter: str = "", category: str = "Application") -> dict[str, str]:
    pairs = {
        "responseEnvelope.ack": "Failure",
        "responseEnvelope.correlationId": "c0rre1ation",
        "error(0).errorId": number,
        "error(0).category": category,
        "error(0).message": f"It was {SELLER} with {PREAPPROVAL}",
    }
    return pairs | ({"error(0).parameter(0)": parameter} if parameter else {})


def payment(status: str = "COMPLETED", part: str = "COMPLETED", refunded: str = "0.00", **more: str) -> dict[str, str]:
    """PaymentDetails of a payment to one receiver."""
    told = said(status=status, payKey=PAY_KEY, trackingId=KEY, currencyCode="USD") | more
    if status in ("COMPLETED", "PENDING"):
        told |= part_of(0, SELLER, "3.75", part) | {"paymentInfoList.paymentInfo(0).refundedAmount": refunded}
    return told


def part_of(place: int, email: str, amount: str, status: str = "COMPLETED", primary: str = "false") -> dict[str, str]:
    """What one receiver has of it."""
    at = f"paymentInfoList.paymentInfo({place})."
    return {
        f"{at}receiver.email": email,
        f"{at}receiver.amount": amount,
        f"{at}receiver.primary": primary,
        f"{at}transactionId": TRANSACTION if place == 0 else f"7TU31598YN87704{place}D",
        f"{at}transactionStatus": status,
        f"{at}pendingRefund": "false",
    }


def refunded(status: str = "REFUNDED", place: int = 0, email: str = SELLER, gross: str = "3.75") -> dict[str, str]:
    """One receiver's part of the answer to a refund."""
    at = f"refundInfoList.refundInfo({place})."
    return {
        f"{at}receiver.email": email,
        f"{at}receiver.amount": gross,
        f"{at}refundStatus": status,
        f"{at}refundGrossAmount": gross,
        f"{at}refundFeeAmount": "0.11",
        f"{at}refundNetAmount": "3.64",
        f"{at}encryptedRefundTransactionId": f"8XY1234567890123{place}",
    }


def http(pairs: dict[str, str], status: int = 200) -> bytes:
    body = urlencode(pairs).encode()
    return b"HTTP/1.1 %d -\r\nContent-Length: %d\r\n\r\n%b" % (status, len(body), body)


@contextmanager
def scripted(*scripts: Script) -> Iterator[tuple[ClassicPayPal, Peer]]:
    """The classic interface at a PayPal whose connections follow these scripts."""
    with Peer(*scripts) as peer, override_settings(SOLITUDE_PAYPAL_CLASSIC_URL=peer.url):
        yield ClassicPayPal(), peer


def saying(*answers: dict[str, str]) -> Any:
    """A PayPal that gives these answers, one after another."""
    return scripted(answering(*map(http, answers)))


def asked(peer: Peer) -> list[str]:
    """The paths of what arrived."""
    return [request.split(b" ", 2)[1].decode() for request in peer.requests]


def body_of(request: bytes) -> str:
    return request.partition(b"\r\n\r\n")[2].decode()
