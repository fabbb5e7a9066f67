"""What the tests of IPNs share: messages as PayPal writes them, and a PayPal that proves them."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from urllib.parse import urlencode

from django.test import override_settings
from tests.outbound.peers import Peer, Script, answering

from solitude.payments import registry
from solitude.providers.paypal.inbound import PayPalInbound

PAY_KEY, TRANSACTION, REFUND = "AP-21C62741YR509274N", "1DG71997KF688883E", "8XY12345678901230"
SELLER = "sam@dev.example"


def adaptive(kind: str = "Adaptive Payment PAY", status: str = "COMPLETED", **more: str) -> dict[str, str]:
    """A message of the classic interface about a payment, without its receivers."""
    usual = {
        "transaction_type": kind,
        "status": status,
        "pay_key": PAY_KEY,
        "action_type": "PAY",
        "sender_email": "bea@buyer.example",
        "fees_payer": "EACHRECEIVER",
        "payment_request_date": "Thu Dec 13 06:36:41 PST 2012",
        "charset": "windows-1252",
        "notify_version": "UNVERSIONED",
        "verify_sign": "AwMh5c4B6hWjlKD0-6LqtZwFoCEPACrjGEsaP1pg3GsZN5Q33vlx.AO1",
    }
    return usual | more


def detail(number: int = 0, status: str = "Completed", amount: str = "USD 3.75", **more: str) -> dict[str, str]:
    """What is told of one receiver."""
    usual = {
        "id": TRANSACTION if number == 0 else f"7TU31598YN87704{number}D",
        "status": status,
        "status_for_sender_txn": status,
        "amount": amount,
        "receiver": SELLER if number == 0 else "partner@shop.example",
        "is_primary_receiver": "false",
    }
    return {f"transaction[{number}].{name}": value for name, value in (usual | more).items()}


def standard(status: str = "Completed", gross: str = "2.49", **more: str) -> dict[str, str]:
    """A message in today's form."""
    usual = {
        "payment_status": status,
        "mc_gross": gross,
        "mc_currency": "EUR",
        "txn_id": TRANSACTION,
        "txn_type": "express_checkout",
        "receiver_email": SELLER,
        "business": SELLER,
        "receiver_id": "S8XGHLYDW9T3S",
        "charset": "windows-1252",
        "ipn_track_id": "5f0ee1e3a0b5",
    }
    return usual | more


def raw(fields: dict[str, str]) -> str:
    """The body, in the character set that it names."""
    return urlencode(fields, encoding=fields.get("charset", "windows-1252"))


@contextmanager
def proving(*scripts: Script) -> Iterator[Peer]:
    """PayPal is asked at a peer of ours whether an IPN is its own; without a script it says so of all."""
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 8\r\n\r\nVERIFIED"
    with Peer(*(scripts or (answering(answer),))) as peer, override_settings(SOLITUDE_PAYPAL_IPN_URL=f"{peer.url}/cgi"):
        registered = registry._registered["paypal"]
        registry._registered["paypal"] = replace(registered, inbound=PayPalInbound())
        try:
            yield peer
        finally:
            registry._registered["paypal"] = registered


def saying(text: bytes, status: int = 200) -> Script:
    return answering(b"HTTP/1.1 %d -\r\nContent-Length: %d\r\n\r\n%b" % (status, len(text), text))
