"""`/braintree/sale/`: a payment at once, by a card that is kept at Braintree or by one that its buyer has just told it."""

from dataclasses import dataclass
from typing import Annotated

from django.http import HttpResponse
from ninja import Router
from pydantic import Field
from typing_extensions import TypedDict

from solitude.money.errors import MoneyError
from solitude.money.money import Money
from solitude.payments import answers, calls, pay
from solitude.payments.contract import Intent
from solitude.payments.models import ProviderCall
from solitude.providers.braintree import selling
from solitude.providers.braintree.api import refusing
from solitude.providers.braintree.api.fields import (
    DOES_NOT_EXIST,
    INACTIVE,
    INVALID,
    Form,
    FormText,
    MaybePaymethodPath,
    MaybeText,
    Payable,
    bad_form,
    paymethod_at,
)
from solitude.providers.braintree.models import PaymentMethod, ProductBraintree, TransactionBraintree
from solitude.providers.braintree.names import NAME, NUMBER
from solitude.providers.braintree.short_ids import short_id
from solitude.providers.braintree.shown import BothTransactions, shown_both
from solitude.sellers.models import Product
from solitude.telemetry.redaction import Secret
from solitude.transactions.models import Transaction
from solitude.web.answers import answer
from solitude.web.bulk import numbered
from solitude.web.fields import SENSITIVE
from solitude.web.openapi import Nothing
from solitude.web.refusals import Refused
from solitude.web.requests import ApiRequest, client_key

router = Router()
SAYS = {
    selling.NO_ENTRY: "This product is not in the catalogue.",
    "inactive": "This product is not sold now.",
    "simulate": "This product can only be simulated.",
    selling.RECURRING: "This product is subscribed to.",
    "currency": "No account at Braintree takes this product's currency.",
}
# What the contract has another code or another place for.
AS_OLD = {selling.NO_ENTRY: ("__all__", INVALID), selling.RECURRING: ("product_id", INVALID)}


class SaleIn(Form):
    """A payment by exactly one of `nonce` and `paymethod`."""

    amount: Annotated[Payable, Field(description="In the product's currency; the catalogue's, where it has one.")]
    product_id: Annotated[FormText, Field(description="The public_id of a product of the catalogue that is sold once.")]
    nonce: Annotated[
        MaybeText, SENSITIVE, Field(description="What Braintree gave a page for a card; it is good for once.")
    ] = None
    paymethod: MaybePaymethodPath = None
    pin_token: Annotated[MaybeText, SENSITIVE, Field(description="Of `verify_pin`, a moment ago.")] = None


class BraintreeSale(TypedDict):
    """A payment that was taken. It is checked, and completed when Braintree has settled it, some days later."""

    braintree: Nothing
    mozilla: BothTransactions


@dataclass(frozen=True, slots=True)
class Order:
    """A form whose every field is good."""

    entry: ProductBraintree
    intent: Intent
    amount: Money
    card: PaymentMethod | None


@router.post("/sale/", response={200: BraintreeSale, **refusing.ERRORS})
def make_braintree_sale(request: ApiRequest, body: SaleIn) -> HttpResponse:
    """Takes a payment for a product, at once.

    A buyer who has a PIN, and whose card is used, needs a `pin_token` where the client's buyers do: without one 403 `pin_required`, with
    one that is wrong, used or old 403 `pin_token_invalid`. After 502 nothing was charged, and the same key makes a new attempt.
    """

    def keep(call: ProviderCall) -> None:
        refusing.keep(request, call, lambda: answer(_shown(call)))

    known = calls.begun_under(request.claim)
    with answers.room():
        if known:
            call = calls.find_out(known, keep)
        else:
            order = _order(body)
            call = calls.carry_out(calls.intended(lambda: _begin(request, order, body.pin_token)), keep)
    if refused := refusing.refusal(call):
        raise refused
    return answer(_shown(call))


def _order(body: SaleIn) -> Order:
    """Raises Refused (422)."""
    if (body.nonce is None) == (body.paymethod is None):
        raise bad_form(__all__=(INVALID, "Exactly one of nonce and paymethod is required."))
    entry = _entry(body.product_id)
    amount = _amount(body, entry)
    if body.paymethod is None:
        return Order(entry, selling.by_nonce(amount, Secret(body.nonce or "")), amount, None)
    card = paymethod_at(body.paymethod)
    if not card.active or not card.braintree_buyer.buyer.active:
        raise bad_form(paymethod=(INACTIVE, "This card is not active."))
    return Order(entry, selling.by_card(amount, card), amount, card)


def _entry(public_id: str) -> ProductBraintree:
    product = Product.objects.filter(public_id=public_id).first()
    if product is None:
        unknown = "There is no such product."
        raise bad_form(product_id=(DOES_NOT_EXIST, unknown), __all__=(INVALID, unknown))
    entry = selling.entry_of(product)
    problem = selling.problem(entry)
    if problem or entry is None:
        raise _not_sold(problem)
    return entry


def _not_sold(problem: selling.Problem) -> Refused:
    field, code = AS_OLD.get(problem, ("product_id", problem))
    return bad_form(**{field: (code, SAYS[problem])})


def _amount(body: SaleIn, entry: ProductBraintree) -> Money:
    try:
        amount = Money.parse(body.amount, entry.currency)
    except MoneyError as error:
        raise bad_form(amount=(INVALID, str(error))) from None
    if not selling.is_right(entry, amount):
        raise bad_form(amount=(INVALID, "This is not what the product costs."))
    return amount


def _begin(request: ApiRequest, order: Order, pin_token: str | None) -> ProviderCall:
    row = Transaction(provider=NUMBER, amount=order.amount.amount, currency=order.amount.currency)
    row.seller_product, row.seller = order.entry.seller_product, order.entry.seller_product.seller
    row.buyer = order.card.braintree_buyer.buyer if order.card else None
    numbered([row])
    row.uuid = short_id(row.pk, row.created)
    call = pay.begin(row, NAME, order.intent, request.claim, client=client_key(request), pin_token=pin_token)
    selling.attach(row, order.card)
    return call


def _shown(call: ProviderCall) -> BraintreeSale:
    kept = TransactionBraintree.objects.select_related("transaction").get(transaction=call.transaction_id)
    return {"braintree": {}, "mozilla": shown_both(kept)}
