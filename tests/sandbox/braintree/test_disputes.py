"""Disputes: buyers' banks take money back, and decide; the official SDK finds them and reads what is told of them."""

from decimal import Decimal
from typing import Any

import pytest
import urllib3
from braintree.exceptions.not_found_error import NotFoundError
from tests.sandbox.braintree.client import Shop, codes
from tests.support.braintree import BraintreeSimulator


def told(gateway: Any, fate: BraintreeSimulator) -> list[tuple[str, str, str]]:
    """Kind, dispute and status of each event, as the SDK reads them."""
    read = [gateway.webhook_notification.parse(each["bt_signature"], each["bt_payload"]) for each in fate.told()]
    return [(each.kind, each.dispute.id, each.dispute.status) for each in read]


@pytest.mark.parametrize(("won", "end", "amount_won"), [(True, "won", "7.50"), (False, "lost", "0.00")])
def test_a_bank_takes_money_back_and_decides(
    shop: Shop, gateway: Any, fate: BraintreeSimulator, *, won: bool, end: str, amount_won: str
) -> None:
    sale = shop.settled("10.00", order_id="ours")
    identifier = fate.dispute(sale.id, amount="7.50", reason="product_not_received")
    dispute = gateway.dispute.find(identifier)
    assert (dispute.status, dispute.reason, dispute.kind) == ("open", "product_not_received", "chargeback")
    assert (dispute.amount_disputed, dispute.currency_iso_code) == (Decimal("7.50"), "USD")
    assert (dispute.transaction.id, dispute.transaction.order_id) == (sale.id, "ours")
    fate.resolve(identifier, won=won)
    (dispute,) = gateway.transaction.find(sale.id).disputes
    assert (dispute.status, dispute.amount_won) == (end, Decimal(amount_won))
    assert [event.status for event in dispute.status_history] == [end, "open"]
    assert told(gateway, fate) == [("dispute_opened", identifier, "open"), (f"dispute_{end}", identifier, end)]


def test_a_merchant_lets_the_money_go(shop: Shop, gateway: Any, fate: BraintreeSimulator) -> None:
    identifier = fate.dispute(shop.settled().id)
    assert gateway.dispute.accept(identifier).is_success
    assert codes(gateway.dispute.accept(identifier)) == [("status", "95704")]
    assert codes(gateway.dispute.finalize(identifier)) == [("status", "95705")]
    assert told(gateway, fate)[1:] == [("dispute_accepted", identifier, "accepted")]


def test_a_merchant_objects_and_the_bank_decides(shop: Shop, gateway: Any, fate: BraintreeSimulator) -> None:
    identifier = fate.dispute(shop.settled().id)
    assert gateway.dispute.finalize(identifier).is_success
    fate.resolve(identifier, won=True)
    assert [status for _, _, status in told(gateway, fate)] == ["open", "disputed", "won"]


def test_a_dispute_that_makes_no_sense_is_refused(shop: Shop, fate: BraintreeSimulator) -> None:
    def refused(path: str, **body: Any) -> str:
        answer = urllib3.request("POST", f"{fate.url}/sandbox/{path}", json=body)
        assert answer.status == 400, answer.data
        return str(answer.json()["error"])

    sale = shop.settled("10.00").id
    assert "settled" in refused("dispute", transaction=shop.sold().id)
    assert "id of one" in refused("dispute", transaction="nothing")
    assert "at most 10.00" in refused("dispute", transaction=sale, amount="10.01")
    assert "text such as" in refused("dispute", transaction=sale, amount=10)
    assert "reason must be" in refused("dispute", transaction=sale, reason="mood")
    identifier = fate.dispute(sale)
    assert "in dispute already" in refused("dispute", transaction=sale)
    assert "true or false" in refused("dispute/resolve", dispute=identifier)
    fate.resolve(identifier, won=False)
    assert "nobody has decided" in refused("dispute/resolve", dispute=identifier, won=True)
    assert "id of one" in refused("dispute/resolve", dispute="nothing", won=True)


def test_a_dispute_that_is_not_there_is_not_found(gateway: Any) -> None:
    for find in (gateway.dispute.find, gateway.dispute.accept, gateway.dispute.finalize):
        with pytest.raises(NotFoundError):
            find("nothing")
