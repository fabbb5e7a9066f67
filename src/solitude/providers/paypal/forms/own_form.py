"""Solitude's own form of a payment: the seller or product that is paid for, and perhaps a known buyer."""

from typing import Annotated, Any

from pydantic import Field

from solitude.buyers.models import Buyer
from solitude.payments import pay
from solitude.payments.contract import Intent
from solitude.providers.paypal.forms import form, known
from solitude.providers.paypal.forms.form import Order, PaymentIn, Reading, Sold, Url
from solitude.providers.paypal.sellers import payees
from solitude.sellers.models import Product, Seller
from solitude.sellers.shown import PRODUCTS
from solitude.transactions.bodies import UUID_MAX_CHARS, Uuid
from solitude.web.fields import LONG_TEXT_MAX_CHARS, Flag, GivenText, LongText, Taken, Text, reference
from solitude.web.refusals import REQUIRED

KEYS = ("seller_product",)
NOT_UNIQUE = "Unique uuid needed."


def _memo(value: Any) -> Any:
    if value == "":
        raise ValueError(REQUIRED)
    return value


Memo = Annotated[LongText, Taken(_memo, {"type": "string", "minLength": 1, "maxLength": LONG_TEXT_MAX_CHARS})]


class OwnPaymentIn(PaymentIn):
    """A payment in Solitude's own form, which `seller_product` tells."""

    seller_product: Annotated[
        GivenText,
        Field(description="Who is paid: a seller's uuid, or for what: a product's path or `public_id`."),
    ]
    return_url: Annotated[Url, Field(description="Where the buyer comes back to.")]
    cancel_url: Annotated[Url, Field(description="Where a buyer who gives up goes.")]
    ipn_url: Annotated[Url, Field(description="Where PayPal's classic interface sends its notification.")]
    memo: Annotated[Memo, Field(description="What is bought, in words that the buyer sees.")]
    buyer: Annotated[Text | None, Field(description="The buyer's uuid; one that is not known is left out.")] = None
    uuid: Annotated[Uuid | None, Field(description="Of the transaction; one is made where none is given.")] = None
    fallback: Annotated[Flag, Field(description="Ask the buyer where the pre-approval does not do.")] = False
    source: Annotated[Text | None, Field(description="Kept with the transaction.")] = None


def order(body: OwnPaymentIn) -> Order:
    """Checks the form against what we know. Raises BadFields with every field at fault."""
    reading = Reading()
    money = reading.money(body)
    buyer = reading.take("buyer", lambda: _buyer(body.buyer))
    sold = reading.take("seller_product", lambda: _sold(body.seller_product))
    fee, shares = reading.split(money, reading.fee(body, money), sold)
    preapproval = form.preapproval(buyer, body.currency, sold) if body.use_preapproval else None
    uuid = reading.take("uuid", lambda: _new_uuid(body.uuid))
    reading.urls({"return_url": body.return_url, "cancel_url": body.cancel_url, "ipn_url": body.ipn_url})
    delayed = reading.delayed(body, sold)
    reading.end()
    assert money and sold  # noqa: PT018, S101  # or the reading had not ended well
    intent = Intent(
        amount=money,
        payee=sold.payee.paypal_id,
        interface=sold.payee.interface,
        fee=fee,
        shares=shares,
        return_url=body.return_url,
        cancel_url=body.cancel_url,
        notify_url=body.ipn_url,
        description=form.description(body.memo),
        credential=form.credential(preapproval),
        delayed=delayed,
        fallback=body.fallback and preapproval is not None,
    )
    return Order(buyer, sold, money, intent, preapproval, uuid, body.source)


def _buyer(uuid: str | None) -> Buyer | None:
    found = known.buyer.first(uuid) if uuid else None
    if found is not None and not found.active:
        raise ValueError(form.INACTIVE)
    return found


def _sold(named: str) -> Sold:
    seller, product = _named(named)
    form.sellable(product, seller)
    payee = payees.payee(product) if product else payees.of_seller(seller)
    return Sold(seller, product, form.payable(payee, "No seller email found."))


def _named(named: str) -> tuple[Seller, Product | None]:
    """A seller with a single product sells that one; of several, none is named by their seller."""
    pk = reference(named, PRODUCTS)
    if pk is None:
        of_seller = known.products_of.all(named)
        if of_seller:
            return of_seller[0].seller, of_seller[0] if len(of_seller) == 1 else None
    product = known.product.first(named) if pk is None else known.product_at.first(pk)
    if product is None:
        raise ValueError(form.UNKNOWN)
    return product.seller, product


def _new_uuid(uuid: str | None) -> str | None:
    if uuid and len(uuid) > UUID_MAX_CHARS:
        raise ValueError(f"must have at most {UUID_MAX_CHARS} characters")
    row = pay.known(uuid) if uuid else None
    if row is not None and not pay.may_begin_again(row):
        raise ValueError(NOT_UNIQUE)
    return uuid or None
