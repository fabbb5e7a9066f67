"""The wiki's form of a payment: buyer and product by the marketplace's own names, and a buyer who is made when unknown."""

from typing import Annotated, Any

from django.conf import settings
from pydantic import Field

from solitude.buyers.models import Buyer
from solitude.payments.contract import Intent
from solitude.prepared import insert_once, together
from solitude.providers.paypal.forms import form, known
from solitude.providers.paypal.forms.form import Order, PaymentIn, Reading, Sold, Url
from solitude.providers.paypal.models import BuyerPaypal
from solitude.providers.paypal.sellers import payees
from solitude.sellers.models import Product
from solitude.web.fields import TEXT_MAX_CHARS, Flag, Taken, Text, text_of
from solitude.web.refusals import REQUIRED

KEYS = ("user_id", "app_id")


_TEXT = text_of(TEXT_MAX_CHARS)


def _identity(value: Any) -> Any:
    """An id that comes back as it was sent: a whole number or a text."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("must be a whole number or a text")
    if value == "":
        raise ValueError(REQUIRED)
    _TEXT.read(str(value))
    return value


Identity = Annotated[
    int | str, Taken(_identity, {"type": ["integer", "string"], "minLength": 1, "maxLength": TEXT_MAX_CHARS})
]


class PlainPaymentIn(PaymentIn):
    """A payment of whom and for what is known."""

    return_url: Annotated[Url | None, Field(description="Where the buyer comes back to; a setting by default.")] = None
    cancel_url: Annotated[Url | None, Field(description="Where a buyer who gives up goes; a setting by default.")] = (
        None
    )
    memo: Annotated[Text | None, Field(description="What is bought, in words that the buyer sees.")] = None
    fallback: Annotated[Flag, Field(description="Ask the buyer where the pre-approval does not do.")] = True


class WikiPaymentIn(PlainPaymentIn):
    """A payment in the wiki's form, which `user_id` and `app_id` tell."""

    user_id: Annotated[Identity, Field(description="The marketplace's uuid of the buyer, who is made when unknown.")]
    app_id: Annotated[
        Identity, Field(description="The product's `public_id`, or an `external_id` that one seller has.")
    ]


def order(body: WikiPaymentIn) -> Order:
    """Checks the form against what we know. Raises BadFields with every field at fault."""
    reading, uuid, app_id = Reading(), str(body.user_id), str(body.app_id)
    buyers, products = together((known.buyer, (uuid,)), (known.product, (app_id,)))
    buyer = reading.take("user_id", lambda: _buyer(uuid, buyers))
    sold = reading.take("app_id", lambda: _sold(products or _by_external_id(app_id)))
    return assembled(reading, body, buyer, sold)


def assembled(reading: Reading, body: PlainPaymentIn, buyer: Buyer | None, sold: Sold | None) -> Order:
    """The same, of what is read of buyer and product already."""
    money = reading.money(body)
    fee, shares = reading.split(money, reading.fee(body, money), sold)
    preapproval = form.preapproval(buyer, body.currency, sold) if body.use_preapproval else None
    urls = {
        "return_url": body.return_url or settings.SOLITUDE_PAYPAL_RETURN_URL,
        "cancel_url": body.cancel_url or settings.SOLITUDE_PAYPAL_CANCEL_URL,
    }
    # Who pays by a pre-approval is sent nowhere.
    urls = reading.urls(urls, needed=preapproval is None)
    delayed = reading.delayed(body, sold)
    reading.end()
    assert money and sold  # noqa: PT018, S101  # or the reading had not ended well
    intent = Intent(
        amount=money,
        payee=sold.payee.paypal_id,
        interface=sold.payee.interface,
        fee=fee,
        shares=shares,
        return_url=urls["return_url"],
        cancel_url=urls["cancel_url"],
        notify_url=settings.SOLITUDE_PAYPAL_NOTIFY_URL,
        description=form.description(body.memo),
        credential=form.credential(preapproval),
        delayed=delayed,
        fallback=body.fallback and preapproval is not None and all(urls.values()),
    )
    return Order(buyer, sold, money, intent, preapproval)


def save_buyer(order: Order) -> None:
    """Makes a buyer that was unknown, with all its records, in the commit of the intent."""
    buyer = order.buyer
    if buyer is None or buyer.pk is not None:
        return
    if insert_once(buyer):
        insert_once(BuyerPaypal(buyer=buyer))
        return
    # Made by another request in the meantime.
    theirs = Buyer.objects.get(uuid=buyer.uuid)
    buyer.pk, buyer._state.adding = theirs.pk, False


def _buyer(uuid: str, found: list[Buyer]) -> Buyer:
    if found and not found[0].active:
        raise ValueError(form.INACTIVE)
    return found[0] if found else Buyer(uuid=uuid)


def _sold(products: list[Product]) -> Sold:
    product = products[0]
    form.sellable(product, product.seller)
    return Sold(product.seller, product, form.payable(payees.payee(product), "no_paypal_id"))


def _by_external_id(external_id: str) -> list[Product]:
    """For what is no `public_id`, if only one seller has it."""
    products = known.products_called.all(external_id)
    if not products:
        raise ValueError(form.UNKNOWN)
    if len(products) > 1:
        raise ValueError("ambiguous")
    return products
