"""How Braintree takes a payment that was not asked of it by its name."""

from decimal import Decimal
from typing import Any

import pytest
from django.db import transaction
from django.test import override_settings
from tests.braintree.world import card, customer, generic_product, product
from tests.support.braintree import BraintreeSimulator
from tests.support.marketplace import Marketplace

from solitude.buyers.models import Buyer
from solitude.money.money import Money
from solitude.payments import calls, pay
from solitude.providers.braintree.models import PaymentMethod, TransactionBraintree
from solitude.providers.braintree.names import NAME, NUMBER
from solitude.routing.way import Wish, known
from solitude.sellers.models import Product
from solitude.telemetry.redaction import Secret
from solitude.transactions.models import Status, Transaction
from solitude.web.refusals import BadFields

pytestmark = pytest.mark.usefixtures("braintree")


def wish(public_id: str, amount: str = "12.00", currency: str = "USD", **more: Any) -> Wish:
    paid = Money(Decimal(amount), currency) if amount else None
    return Wish(Product.objects.get(public_id=public_id), currency, paid, **more)


def test_it_needs_a_nonce_unless_the_buyer_has_an_active_card(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    public_id, uuid = product(shop), customer(shop)
    buyer = Buyer.objects.get(uuid=uuid)
    way = known()[NAME]

    assert way.needs(wish(public_id)) == ("nonce",)
    assert way.needs(wish(public_id, buyer=buyer)) == ("nonce",)
    kept = card(shop, braintree, uuid)
    assert way.needs(wish(public_id, buyer=buyer)) == ()
    shop.patch(kept["resource_uri"], {"active": False})
    assert way.needs(wish(public_id, buyer=buyer)) == ("nonce",)


@pytest.mark.parametrize(
    ("entry", "asked", "why"),
    [
        ({}, {}, ""),
        ({}, {"amount": ""}, ""),
        ({"amount": "12.00"}, {}, ""),
        ({"amount": "11.00"}, {}, "amount"),
        ({}, {"amount": "10001"}, "amount"),
        ({"active": False}, {}, "inactive"),
        ({"recurrence": "monthly"}, {}, "recurring"),
        ({}, {"currency": "EUR"}, "currency"),
        ({"currency": "SEK"}, {"currency": "SEK"}, "currency"),
        ({"currency": "EUR"}, {"currency": "EUR"}, ""),
    ],
)
def test_it_says_in_one_word_why_it_would_not_do(
    shop: Marketplace, entry: dict[str, Any], asked: dict[str, Any], why: str
) -> None:
    assert known()[NAME].why_not(wish(product(shop, **entry), **asked)) == why


def test_what_is_not_in_the_catalogue_or_not_set_up_does_not_go(shop: Marketplace) -> None:
    way = known()[NAME]
    assert way.why_not(wish(str(generic_product(shop)["public_id"]))) == "no_configured_product"
    with override_settings(SOLITUDE_BRAINTREE_MERCHANT_ID=""):
        assert way.why_not(wish(product(shop))) == "not_configured"


def begun(asked: Wish) -> Transaction:
    """The payment as it is begun by this way, when it has been asked for."""
    order = known()[NAME].order(asked)

    def begin() -> Any:
        row = Transaction(provider=NUMBER, currency=asked.currency, buyer=asked.buyer)
        row.amount = asked.amount.amount if asked.amount else None
        call = pay.begin(row, NAME, order.intent, None, client="shop", pin_token=None)
        assert order.attach is not None
        order.attach(row)
        return call

    row = calls.carry_out(calls.intended(begin)).transaction
    assert row is not None
    return row


def test_it_pays_by_the_newest_card(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    uuid = customer(shop)
    card(shop, braintree, uuid)
    newest = card(shop, braintree, uuid)

    row = begun(wish(product(shop), buyer=Buyer.objects.get(uuid=uuid)))

    assert row.status == Status.CHECKED
    assert braintree.transaction(row.taken_id or "")["token"] == newest["provider_id"]
    kept = TransactionBraintree.objects.get(transaction=row)
    assert (kept.kind, kept.paymethod) == ("submit_for_settlement", PaymentMethod.objects.get(pk=newest["id"]))


def test_a_nonce_that_is_given_comes_before_a_card(shop: Marketplace, braintree: BraintreeSimulator) -> None:
    uuid = customer(shop)
    card(shop, braintree, uuid)

    row = begun(wish(product(shop), buyer=Buyer.objects.get(uuid=uuid), nonce=Secret(braintree.nonce())))

    assert braintree.transaction(row.taken_id or "")["token"] is None
    assert TransactionBraintree.objects.get(transaction=row).paymethod is None


def test_a_payment_that_begins_again_keeps_what_it_is_paid_by_now(
    shop: Marketplace, braintree: BraintreeSimulator
) -> None:
    uuid = customer(shop)
    kept = card(shop, braintree, uuid)
    asked = wish(product(shop), buyer=Buyer.objects.get(uuid=uuid))
    row = begun(asked)

    with transaction.atomic():
        attach = known()[NAME].order(wish(asked.product.public_id, nonce=Secret("n"))).attach
        assert attach is not None
        attach(row)

    now = TransactionBraintree.objects.get(transaction=row)
    assert (now.paymethod, now.counter) == (None, 1)
    assert kept["active"]


@pytest.mark.parametrize(("lacking", "field"), [({"amount": ""}, "amount"), ({}, "nonce")])
def test_a_wish_that_lacks_something_is_told_so(shop: Marketplace, lacking: dict[str, str], field: str) -> None:
    with pytest.raises(BadFields) as refused:
        known()[NAME].order(wish(product(shop), **lacking))

    assert list(refused.value.body) == [field]
