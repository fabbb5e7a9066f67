"""What is kept here of Braintree's objects, as each of them is shown wherever it is shown. No card is shown beyond its last digits."""

from typing import Annotated

from pydantic import Field
from typing_extensions import TypedDict

from solitude.providers.braintree.models import BuyerBraintree, PaymentMethod, Subscription, TransactionBraintree
from solitude.sellers.shown import PRODUCTS as GENERIC_PRODUCTS
from solitude.transactions.amounts import amount_text
from solitude.transactions.shown import TransactionShown, below_of, shown_transaction
from solitude.web.answers import time_text
from solitude.web.openapi import Amount, Day, Time
from solitude.web.rows import Row

BuyerPath = Annotated[str, Field(examples=["/braintree/mozilla/buyer/2/"])]
PaymethodPath = Annotated[str, Field(examples=["/braintree/mozilla/paymethod/3/"])]
SubscriptionPath = Annotated[str, Field(examples=["/braintree/mozilla/subscription/5/"])]


class Kept(TypedDict):
    """What each of these rows has."""

    id: Annotated[int, Field(description="The same as `resource_pk`.")]
    resource_pk: int
    resource_uri: str
    created: Time
    modified: Time
    counter: Annotated[int, Field(ge=0, description="Grows with every change.")]


class BraintreeBuyer(Kept):
    """A buyer's customer at Braintree."""

    active: bool
    braintree_id: Annotated[str, Field(description="Braintree's name of the customer.", examples=["40771"])]
    buyer: Annotated[str, Field(examples=["/generic/buyer/9/"])]


class BraintreePaymethod(Kept):
    """A buyer's card."""

    active: bool
    braintree_buyer: BuyerPath
    provider_id: Annotated[str, Field(description="Braintree's token of it.")]
    type: Annotated[int, Field(description="1: a card, which is the only one.", json_schema_extra={"enum": [1]})]
    type_name: Annotated[str, Field(examples=["MasterCard"])]
    truncated_id: Annotated[str, Field(description="The last four digits.", examples=["0017"])]


class BraintreeSubscription(Kept):
    """A product that a card pays for, period by period."""

    active: bool
    amount: Annotated[Amount | None, Field(description="What was chosen; null: the plan's.")]
    paymethod: PaymethodPath
    provider_id: Annotated[str, Field(description="Braintree's name of it.")]
    seller_product: Annotated[str, Field(examples=["/generic/product/8/"])]


class BraintreeTransaction(Kept):
    """What Braintree tells of a transaction besides."""

    kind: Annotated[
        str,
        Field(
            description="Of a sale `submit_for_settlement`, of another one the webhook's that told of it.",
            examples=["submit_for_settlement"],
        ),
    ]
    paymethod: PaymethodPath | None
    subscription: SubscriptionPath | None
    transaction: Annotated[str, Field(examples=["/generic/transaction/7/"])]
    billing_period_start_date: Day | None
    billing_period_end_date: Day | None
    next_billing_date: Day | None
    next_billing_period_amount: Amount | None


class BothTransactions(TypedDict):
    """A transaction as `/generic/transaction/` shows it, and what Braintree tells of it besides."""

    generic: TransactionShown
    braintree: BraintreeTransaction


def shown_buyer(row: BuyerBraintree) -> BraintreeBuyer:
    return {
        **kept(row),
        "active": row.active,
        "braintree_id": row.braintree_id,
        "buyer": f"/generic/buyer/{row.buyer_id}/",
    }


def shown_paymethod(row: PaymentMethod) -> BraintreePaymethod:
    return {
        **kept(row),
        "active": row.active,
        "braintree_buyer": BuyerBraintree(pk=row.braintree_buyer_id).resource_uri,
        "provider_id": row.provider_id,
        "type": row.type,
        "type_name": row.type_name,
        "truncated_id": row.truncated_id,
    }


def shown_subscription(row: Subscription) -> BraintreeSubscription:
    """With the currency of its product's entry in the catalogue."""
    return {
        **kept(row),
        "active": row.active,
        "amount": amount_text(row.amount, row.seller_product.braintree.currency if row.amount is not None else ""),
        "paymethod": PaymentMethod(pk=row.paymethod_id).resource_uri,
        "provider_id": row.provider_id,
        "seller_product": f"{GENERIC_PRODUCTS}{row.seller_product_id}/",
    }


def shown_transaction_braintree(row: TransactionBraintree) -> BraintreeTransaction:
    start, end, then = row.billing_period_start_date, row.billing_period_end_date, row.next_billing_date
    return {
        **kept(row),
        "kind": row.kind,
        "paymethod": PaymentMethod(pk=row.paymethod_id).resource_uri if row.paymethod_id else None,
        "subscription": Subscription(pk=row.subscription_id).resource_uri if row.subscription_id else None,
        "transaction": row.transaction.resource_uri,
        "billing_period_start_date": start.isoformat() if start else None,
        "billing_period_end_date": end.isoformat() if end else None,
        "next_billing_date": then.isoformat() if then else None,
        "next_billing_period_amount": amount_text(row.next_billing_period_amount, row.transaction.currency),
    }


def shown_both(row: TransactionBraintree) -> BothTransactions:
    """With the refunds of the payment, where there are some."""
    payment = row.transaction
    return {
        "generic": shown_transaction(payment, below_of([payment])),
        "braintree": shown_transaction_braintree(row),
    }


def kept(row: Row) -> Kept:
    return {
        "id": row.pk,
        "resource_pk": row.pk,
        "resource_uri": row.resource_uri,  # type: ignore[attr-defined]  # each of these rows has one
        "created": time_text(row.created),
        "modified": time_text(row.modified),
        "counter": row.counter,
    }
