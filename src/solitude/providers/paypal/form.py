"""The wiki's form of a payment: read, checked, and turned into what the engine is to do.

Nothing is written and nothing is sent before all of it is right.
"""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any

from django.conf import settings
from pydantic import Field, WithJsonSchema, model_validator

from solitude.buyers.models import Buyer
from solitude.money.money import Money
from solitude.payments.contract import Intent
from solitude.providers.paypal import allowed_urls, currencies, limits, payees
from solitude.providers.paypal.models import BuyerPaypal
from solitude.providers.paypal.payees import Payee
from solitude.sellers.models import Access, Product
from solitude.telemetry.redaction import Secret
from solitude.web.fields import TEXT_MAX_CHARS, Body, DecimalNumber, Flag, StrictText, Taken, Text
from solitude.web.once import insert_once
from solitude.web.refusals import REQUIRED, BadFields

MEMO_MAX_CHARS = 127
OWN_FORM = ("seller_product",)
WIKI_FORM = ("user_id", "app_id")


def _identity(value: Any) -> Any:
    """An id that comes back as it was sent: a whole number or a text."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        raise ValueError("must be a whole number or a text")
    if value == "" or len(str(value)) > TEXT_MAX_CHARS or "\x00" in str(value):
        raise ValueError(REQUIRED if value == "" else f"must have at most {TEXT_MAX_CHARS} characters")
    return value


Identity = Annotated[
    int | str, Taken(_identity, {"type": ["integer", "string"], "minLength": 1, "maxLength": TEXT_MAX_CHARS})
]


def _url(value: Any) -> Any:
    if value is not None and not isinstance(value, str):
        raise ValueError("must be a text")
    return value


# How long it may be, and where it may lead, is told by `allowed_urls`.
Url = Annotated[str, Taken(_url, {"type": "string", "format": "uri", "maxLength": allowed_urls.URL_MAX_CHARS})]
CURRENCIES = sorted(currencies.ACCEPTED)


class PayIn(Body):
    """A payment, in the wiki's form."""

    user_id: Annotated[Identity, Field(description="The marketplace's uuid of the buyer, who is made when unknown.")]
    app_id: Annotated[
        Identity, Field(description="The product's `public_id`, or an `external_id` that one seller has.")
    ]
    amount: Annotated[
        DecimalNumber, Field(description="In the currency's main unit; how much may be paid is a setting.")
    ]
    currency: Annotated[Text, WithJsonSchema({"enum": CURRENCIES})]
    use_preapproval: Annotated[Flag, Field(description="Take it by the buyer's pre-approval, if one covers it.")] = (
        False
    )
    return_url: Annotated[Url | None, Field(description="Where the buyer comes back to; a setting by default.")] = None
    cancel_url: Annotated[Url | None, Field(description="Where a buyer who gives up goes; a setting by default.")] = (
        None
    )
    memo: Annotated[Text | None, Field(description="What is bought, in words that the buyer sees.")] = None
    platform_fee: Annotated[
        DecimalNumber | None, Field(description="What the marketplace keeps of the amount; a setting by default.")
    ] = None
    pin_token: Annotated[StrictText | None, Field(description="Of `verify_pin`, a moment ago.")] = None

    @model_validator(mode="before")
    @classmethod
    def is_of_one_form(cls, given: dict[str, Any]) -> dict[str, Any]:
        """Which form a body has is told by its keys; one with those of both, or of neither, has none."""
        wiki, own = any(name in given for name in WIKI_FORM), any(name in given for name in OWN_FORM)
        if wiki and own:
            raise ValueError("user_id and app_id do not go with seller_product")
        if not wiki:
            raise ValueError("user_id and app_id are required")
        return given


@dataclass(frozen=True, slots=True)
class Order:
    """A payment that may be begun. The buyer is not saved yet when it is a new one."""

    buyer: Buyer
    product: Product
    amount: Money
    intent: Intent

    @property
    def uses_preapproval(self) -> bool:
        return self.intent.credential is not None


def order(body: PayIn) -> Order:
    """Checks the form against what we know. Raises BadFields with every field at fault."""
    problems: dict[str, str | list[str]] = {}
    money = _collect(problems, "amount", lambda: _money(body, problems))
    fee = _collect(problems, "platform_fee", lambda: _fee(body, money)) if money else None
    buyer = _collect(problems, "user_id", lambda: _buyer(str(body.user_id)))
    product, payee = _collect(problems, "app_id", lambda: _sold(str(body.app_id))) or (None, None)
    credential = _credential(buyer, body.currency, payee) if body.use_preapproval and buyer and payee else None
    urls = _urls(body, problems, needed=credential is None)
    if problems or money is None or buyer is None or product is None or payee is None:
        raise BadFields(**problems)
    intent = Intent(
        amount=money,
        payee=payee.paypal_id,
        interface=payee.interface,
        fee=fee,
        return_url=urls["return_url"],
        cancel_url=urls["cancel_url"],
        description=(body.memo or "")[:MEMO_MAX_CHARS],
        credential=credential,
    )
    return Order(buyer, product, money, intent)


def _collect(problems: dict[str, str | list[str]], name: str, read: Any) -> Any:
    try:
        return read()
    except ValueError as error:
        problems[name] = str(error)
        return None


def _money(body: PayIn, problems: dict[str, str | list[str]]) -> Money | None:
    if body.currency not in currencies.ACCEPTED:
        problems["currency"] = f"must be one of {', '.join(CURRENCIES)}"
        return None
    return limits.amount(body.amount, body.currency)


def _fee(body: PayIn, paid: Money) -> Money | None:
    if body.platform_fee is not None:
        return limits.fee(body.platform_fee, paid)
    percent: Decimal = settings.SOLITUDE_PAYPAL_PLATFORM_FEE_PERCENT
    share = paid.percent(percent, digits=currencies.digits(paid.currency))
    return share if share.amount else None


def _buyer(uuid: str) -> Buyer:
    known = Buyer.objects.select_related("paypal").filter(uuid=uuid).first()
    if known is not None and not known.active:
        raise ValueError("inactive")
    return known or Buyer(uuid=uuid)


def _credential(buyer: Buyer, currency: str, payee: Payee) -> Secret | None:
    """The buyer's stored credential, if there is one that fits this payment: one of another interface is unknown in this one."""
    row: BuyerPaypal | None = getattr(buyer, "paypal", None) if buyer.pk else None
    if row is None or not row.key or row.currency not in (None, "", currency) or not row.is_in_force:
        return None
    return Secret(row.key) if row.interface == payee.interface else None


def _sold(app_id: str) -> tuple[Product, Payee]:
    """By `public_id`, else by `external_id` if only one seller has it; and who gets what is paid for it."""
    known = Product.objects.select_related("seller__paypal")
    product = known.filter(public_id=app_id).first() or _by_external_id(known.filter(external_id=app_id)[:2])
    if product.access == Access.SIMULATE:
        raise ValueError("simulate")
    if not product.seller.active:
        raise ValueError("inactive")
    payee = payees.payee(product)
    if payee is None:
        raise ValueError("no_paypal_id")
    return product, payee


def _by_external_id(found: Any) -> Product:
    products: list[Product] = list(found)
    if not products:
        raise ValueError("unknown")
    if len(products) > 1:
        raise ValueError("ambiguous")
    return products[0]


def _urls(body: PayIn, problems: dict[str, str | list[str]], *, needed: bool) -> dict[str, str]:
    """Return and cancel URL: from the request, else from the settings; needed only where the buyer has to approve."""
    defaults = {
        "return_url": settings.SOLITUDE_PAYPAL_RETURN_URL,
        "cancel_url": settings.SOLITUDE_PAYPAL_CANCEL_URL,
    }
    urls = {name: getattr(body, name) or default for name, default in defaults.items()}
    for name, url in urls.items():
        if url and (problem := allowed_urls.problem(url)):
            problems[name] = problem
        elif needed and not url:
            problems[name] = REQUIRED
    return urls


def save_buyer(order: Order) -> None:
    """Makes a buyer that was unknown, with all its records, in the commit of the intent."""
    if order.buyer.pk is not None:
        return
    if insert_once(order.buyer):
        insert_once(BuyerPaypal(buyer=order.buyer))
        return
    # Made by another request in the meantime.
    known = Buyer.objects.get(uuid=order.buyer.uuid)
    order.buyer.pk, order.buyer._state.adding = known.pk, False
