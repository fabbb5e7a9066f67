"""A payment as a marketplace asks for it, and how it is checked against what we know.

Nothing is written and nothing is sent before all of it is right.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from django.conf import settings
from pydantic import Field, WithJsonSchema

from solitude.buyers.models import Buyer
from solitude.money.errors import MoneyError
from solitude.money.money import Money
from solitude.payments import pay
from solitude.payments.contract import Intent
from solitude.providers.reference import urls
from solitude.providers.reference.configured import ReferenceProvider
from solitude.providers.reference.models import REFERENCE_MAX_CHARS, ProductReference
from solitude.providers.reference.names import NAME
from solitude.sellers.models import Access, Product
from solitude.sellers.shown import PRODUCTS
from solitude.transactions.bodies import UUID_MAX_CHARS, Uuid
from solitude.transactions.models import Transaction
from solitude.web.fields import (
    SENSITIVE,
    Body,
    DecimalNumber,
    GivenText,
    StrictText,
    Taken,
    Text,
    path_under,
    reference,
    text_of,
)
from solitude.web.reading import Reading
from solitude.web.refusals import REQUIRED

BUYERS = "/generic/buyer/"
# All of them have two digits, as a price of the specification.
CURRENCIES: Final = tuple(
    "AUD CAD CHF COP DKK EGP EUR GBP HUF IDR MXN MYR NOK NZD PHP PLN QAR SEK SGD THB USD ZAR".split()
)
PayMethod = Literal["CARD", "OPERATOR"]
PAY_METHODS: Final = ("CARD", "OPERATOR")
NOT_UNIQUE = "Unique uuid needed."
UNKNOWN, INACTIVE, SIMULATE = "unknown", "inactive", "simulate"
URLS = ("success_url", "error_url", "callback_success_url", "callback_error_url")


def _one_of(choices: tuple[str, ...]) -> Taken:
    def read(value: Any) -> Any:
        if value not in choices:
            raise ValueError(f"must be one of {', '.join(choices)}")
        return value

    return Taken(read, {"enum": list(choices)})


def _url(value: Any) -> Any:
    if not isinstance(value, str) or not value:
        raise ValueError(REQUIRED if value in (None, "") else "must be a text")
    return value


Url = Annotated[str, Taken(_url, {"type": "string", "format": "uri", "maxLength": urls.URL_MAX_CHARS})]
Term = Annotated[
    GivenText, WithJsonSchema({"type": ["string", "integer"], "minLength": 1, "maxLength": 255}, mode="validation")
]


class ReferencePaymentIn(Body):
    """A payment through a provider that speaks the reference interface."""

    seller_product: Annotated[GivenText, path_under(PRODUCTS), Field(description="What is sold: a product's path.")]
    amount: Annotated[DecimalNumber, Field(description="In the currency's main unit.")]
    currency: Annotated[str, _one_of(CURRENCIES)]
    pay_method: Annotated[PayMethod, _one_of(PAY_METHODS), Field(description="By card, or by the bill of the phone.")]
    carrier: Annotated[Term, Field(description="The buyer's network.", examples=["USA_TMOBILE"])]
    region: Annotated[Term, Field(description="The buyer's region.", examples=["123"])]
    success_url: Annotated[Url, Field(description="Where a buyer who has paid goes.")]
    error_url: Annotated[Url, Field(description="Where a buyer goes who has not.")]
    callback_success_url: Annotated[Url, Field(description="Where the provider sends its notice of a payment.")]
    callback_error_url: Annotated[Url, Field(description="Where it sends its notice of a failure.")]
    buyer: Annotated[
        Text | None,
        Field(description="The buyer's path, or the uuid; a uuid that is not known is left out."),
    ] = None
    uuid: Annotated[Uuid | None, Field(description="Of the transaction; one is made where none is given.")] = None
    product_id: Annotated[
        Annotated[str, text_of(REFERENCE_MAX_CHARS)] | None,
        Field(
            description="The provider's name of the product; not needed where `/provider/reference/products/` has it."
        ),
    ] = None
    product_image_url: Annotated[
        Annotated[str, text_of(urls.URL_MAX_CHARS)] | None, Field(description="A picture for the provider's page.")
    ] = None
    source: Annotated[Text | None, Field(description="Kept with the transaction.")] = None
    pin_token: Annotated[StrictText | None, SENSITIVE, Field(description="Of `verify_pin`, a moment ago.")] = None


@dataclass(frozen=True, slots=True)
class Order:
    """A payment that may be begun."""

    product: Product
    buyer: Buyer | None
    amount: Money
    intent: Intent
    uuid: str | None
    body: ReferencePaymentIn


def order(provider: ReferenceProvider, body: ReferencePaymentIn) -> Order:
    """Checks the form against what we know. Raises BadFields with every field at fault."""
    reading = Reading()
    product = reading.take("seller_product", lambda: _product(body.seller_product))
    money = reading.take("amount", lambda: payable(body.amount, body.currency))
    buyer = reading.take("buyer", lambda: _buyer(body.buyer))
    uuid = reading.take("uuid", lambda: _new_uuid(body.uuid))
    product_id = reading.take("product_id", lambda: id_of(provider, product, body.product_id)) if product else None
    for name in (*URLS, "product_image_url"):
        url = getattr(body, name)
        if url and (problem := urls.problem(url)):
            reading.problems[name] = problem
    reading.end()
    assert product and money and product_id  # noqa: PT018, S101  # or something were wrong
    return Order(product, buyer, money, _intent(provider, body, money, product_id), uuid, body)


def _intent(provider: ReferenceProvider, body: ReferencePaymentIn, amount: Money, product_id: str) -> Intent:
    return Intent(
        amount=amount,
        interface=provider.name,
        return_url=body.success_url,
        cancel_url=body.error_url,
        notify_url=body.callback_success_url,
        terms={
            "product_id": product_id,
            "pay_method": body.pay_method,
            "carrier": body.carrier,
            "region": body.region,
            "callback_error_url": body.callback_error_url,
            "product_image_url": body.product_image_url or "",
        },
    )


def _product(path: str) -> Product:
    pk = reference(path, PRODUCTS)
    found = Product.objects.select_related("seller", "reference").filter(pk=pk).first() if pk else None
    if found is None:
        raise ValueError(UNKNOWN)
    if found.access == Access.SIMULATE:
        raise ValueError(SIMULATE)
    if not found.seller.active:
        raise ValueError(INACTIVE)
    return found


def id_of(provider: ReferenceProvider, product: Product, given: str | None) -> str:
    """By which the provider knows the product. What is kept of products is of the provider called `reference`. Raises ValueError."""
    known: ProductReference | None = getattr(product, "reference", None) if provider.name == NAME else None
    if known is None:
        if not given:
            raise ValueError(REQUIRED)
        return given
    if given and given != known.reference_id:
        raise ValueError("is not the one that is kept of this product")
    return known.reference_id


def payable(amount: Decimal, currency: str) -> Money:
    """The amount of a payment. Raises ValueError with a sentence for the developer."""
    try:
        money = Money.parse(amount, currency)
    except MoneyError as error:
        raise ValueError(str(error)) from None
    if money.amount <= 0:
        raise ValueError("must be greater than zero")
    limits = settings.SOLITUDE_AMOUNT_LIMITS.get(currency)
    if limits and not limits[0] <= money <= limits[1]:
        raise ValueError(f"must be from {limits[0].text} to {limits[1].text} {currency}")
    return money


def _buyer(named: str | None) -> Buyer | None:
    if not named:
        return None
    pk = reference(named, BUYERS)
    known = Buyer.objects.filter(pk=pk).first() if pk else Buyer.objects.filter(uuid=named).first()
    if known is None and pk:
        raise ValueError(UNKNOWN)
    if known is not None and not known.active:
        raise ValueError(INACTIVE)
    return known


def _new_uuid(uuid: str | None) -> str | None:
    if uuid and len(uuid) > UUID_MAX_CHARS:
        raise ValueError(f"must have at most {UUID_MAX_CHARS} characters")
    known = Transaction.objects.filter(uuid=uuid).first() if uuid else None
    if known is not None and not pay.may_begin_again(known):
        raise ValueError(NOT_UNIQUE)
    return uuid or None
