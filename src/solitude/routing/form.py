"""A payment as it is asked for without a provider, and how it is checked against what we know."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from solitude.buyers.models import Buyer
from solitude.money.currencies import is_currency
from solitude.money.errors import MoneyError
from solitude.money.money import Money
from solitude.payments import pay
from solitude.routing import way
from solitude.routing.way import Wish
from solitude.sellers.models import Product
from solitude.telemetry.redaction import Secret
from solitude.transactions.bodies import UUID_MAX_CHARS
from solitude.transactions.models import Transaction, new_uuid
from solitude.web.fields import SENSITIVE, Body, DecimalNumber, GivenText, LongText, StrictText, Text, text_of
from solitude.web.reading import Reading

URL_MAX_CHARS = 2000
UNKNOWN, INACTIVE = "unknown", "inactive"
NOT_UNIQUE = "Unique uuid needed."

Url = Annotated[str, text_of(URL_MAX_CHARS)]


class AnyPaymentIn(Body):
    """A payment for which this server chooses the provider, unless one is named. Which fields are needed beside the first three, the
    provider says: `/payments/options/` tells them."""

    product: Annotated[GivenText, Field(description="What is sold: a product's `public_id`.")]
    amount: Annotated[DecimalNumber, Field(description="In the currency's main unit.")]
    currency: Annotated[GivenText, Field(description="An ISO 4217 code.")]
    buyer: Annotated[Text | None, Field(description="The buyer's uuid.")] = None
    provider: Annotated[
        Text | None,
        Field(description="The one that takes it or refuses it; no rule and no other provider counts then."),
    ] = None
    region: Annotated[Text | None, Field(description="Where the buyer is, in the provider's words.")] = None
    carrier: Annotated[Text | None, Field(description="The buyer's network, in the provider's words.")] = None
    return_url: Annotated[Url | None, Field(description="Where the buyer comes back to.")] = None
    cancel_url: Annotated[Url | None, Field(description="Where a buyer who gives up goes.")] = None
    notify_url: Annotated[Url | None, Field(description="Where the provider sends its notification.")] = None
    description: Annotated[LongText | None, Field(description="What is bought, in words that the buyer sees.")] = None
    nonce: Annotated[
        StrictText | None, SENSITIVE, Field(description="Stands for a card that the buyer has just told the provider.")
    ] = None
    uuid: Annotated[Text | None, Field(description="Of the transaction; one is made where none is given.")] = None
    source: Annotated[Text | None, Field(description="Kept with the transaction.")] = None
    pin_token: Annotated[StrictText | None, SENSITIVE, Field(description="Of `verify_pin`, a moment ago.")] = None


def wish(body: AnyPaymentIn) -> Wish:
    """Checks the form against what we know. Raises BadFields with every field at fault."""
    reading = Reading()
    sold = reading.take("product", lambda: product(body.product))
    money = reading.take("amount", lambda: amount(body.amount, body.currency)) if is_currency(body.currency) else None
    reading.take("currency", lambda: currency(body.currency))
    buys = reading.take("buyer", lambda: buyer(body.buyer))
    uuid = reading.take("uuid", lambda: _uuid(body.uuid))
    reading.take("provider", lambda: _provider(body.provider))
    reading.end()
    assert sold and money and uuid  # noqa: PT018, S101  # or the reading had not ended well
    return Wish(
        product=sold,
        currency=money.currency,
        amount=money,
        buyer=buys,
        region=body.region or "",
        carrier=body.carrier or "",
        return_url=body.return_url or "",
        cancel_url=body.cancel_url or "",
        notify_url=body.notify_url or "",
        description=body.description or "",
        nonce=Secret(body.nonce) if body.nonce else None,
        uuid=uuid,
    )


def product(public_id: str) -> Product:
    """Raises ValueError, as those below."""
    found = Product.objects.select_related("seller").filter(public_id=public_id).first()
    if found is None:
        raise ValueError(UNKNOWN)
    return found


def buyer(uuid: str | None) -> Buyer | None:
    found = Buyer.objects.filter(uuid=uuid).first() if uuid else None
    if uuid and found is None:
        raise ValueError(UNKNOWN)
    if found is not None and not found.active:
        raise ValueError(INACTIVE)
    return found


def currency(code: str) -> str:
    if not is_currency(code):
        raise ValueError("must be an ISO 4217 code in capitals")
    return code


def amount(value: Decimal | str, code: str) -> Money:
    try:
        money = Money.parse(value, code)
    except MoneyError as error:
        raise ValueError(str(error)) from None
    if money.amount <= 0:
        raise ValueError("must be greater than zero")
    return money


def _uuid(uuid: str | None) -> str:
    if uuid and len(uuid) > UUID_MAX_CHARS:
        raise ValueError(f"must have at most {UUID_MAX_CHARS} characters")
    known = Transaction.objects.filter(uuid=uuid).first() if uuid else None
    if known is not None and not pay.may_begin_again(known):
        raise ValueError(NOT_UNIQUE)
    return uuid or new_uuid()


def _provider(name: str | None) -> None:
    if name and name not in way.known():
        raise ValueError(UNKNOWN)
