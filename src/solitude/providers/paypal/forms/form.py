"""What both forms of a payment have in common: their fields, and how they are checked against what we know.

Nothing is written and nothing is sent before all of it is right.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, Final, Literal

from django.conf import settings
from pydantic import Field, WithJsonSchema

from solitude.buyers.models import Buyer
from solitude.money.money import Money
from solitude.payments.contract import Intent, Share
from solitude.providers.paypal import currencies
from solitude.providers.paypal.forms import allowed_urls, limits, split
from solitude.providers.paypal.models import BuyerPaypal
from solitude.providers.paypal.names import CLASSIC
from solitude.providers.paypal.sellers.payees import Payee
from solitude.sellers.models import Access, Product, Seller
from solitude.telemetry.redaction import Secret
from solitude.web import reading
from solitude.web.fields import SENSITIVE, Body, DecimalNumber, Flag, StrictText, Taken, Text
from solitude.web.refusals import REQUIRED

# As much as any of PayPal's interfaces takes; each cuts it to its own measure.
MEMO_MAX_CHARS = 1000
Disbursement = Literal["instant", "delayed"]
INSTANT: Final = "instant"
DELAYED: Final = "delayed"
INACTIVE, UNKNOWN, SIMULATE = "inactive", "unknown", "simulate"


def _url(value: Any) -> Any:
    if value is not None and not isinstance(value, str):
        raise ValueError("must be a text")
    return value


def _disbursement(value: Any) -> Any:
    if value not in (INSTANT, DELAYED):
        raise ValueError(f"must be {INSTANT} or {DELAYED}")
    return value


# How long it may be, and where it may lead, is told by `allowed_urls`.
Url = Annotated[str, Taken(_url, {"type": "string", "format": "uri", "maxLength": allowed_urls.URL_MAX_CHARS})]
CURRENCIES = sorted(currencies.ACCEPTED)


class PaymentIn(Body):
    """What a payment in either form may say."""

    amount: Annotated[
        DecimalNumber, Field(description="In the currency's main unit; how much may be paid is a setting.")
    ]
    currency: Annotated[Text, WithJsonSchema({"enum": CURRENCIES})]
    use_preapproval: Annotated[Flag, Field(description="Take it by the buyer's pre-approval, if one covers it.")] = (
        False
    )
    platform_fee: Annotated[
        DecimalNumber | None, Field(description="What the marketplace keeps of the amount; a setting by default.")
    ] = None
    disbursement: Annotated[
        Annotated[Disbursement, Taken(_disbursement, {"enum": [INSTANT, DELAYED]})] | None,
        Field(description="When the seller gets the money; `delayed` only by REST. A setting by default."),
    ] = None
    pin_token: Annotated[StrictText | None, SENSITIVE, Field(description="Of `verify_pin`, a moment ago.")] = None


@dataclass(frozen=True, slots=True)
class Sold:
    """What is paid for: a product, or whatever it is that the seller sells; and who gets what is paid."""

    seller: Seller
    product: Product | None
    payee: Payee


@dataclass(frozen=True, slots=True)
class Order:
    """A payment that may be begun. The buyer is not saved yet when it is a new one; `preapproval` is whose credential is used."""

    buyer: Buyer | None
    sold: Sold
    amount: Money
    intent: Intent
    preapproval: BuyerPaypal | None = None
    uuid: str | None = None
    source: str | None = None


class Reading(reading.Reading):
    """A form of a payment while it is read."""

    def urls(self, given: Mapping[str, str | None], *, needed: bool = True) -> dict[str, str]:
        """The given URLs, each of which must be below an allowed one; and there, where they are needed."""
        for name, url in given.items():
            if url and (problem := allowed_urls.problem(url)):
                self.problems[name] = problem
            elif needed and not url:
                self.problems[name] = REQUIRED
        return {name: url or "" for name, url in given.items()}

    def money(self, body: PaymentIn) -> Money | None:
        if body.currency not in currencies.ACCEPTED:
            self.problems["currency"] = f"must be one of {', '.join(CURRENCIES)}"
            return None
        return self.take("amount", lambda: limits.amount(body.amount, body.currency))

    def fee(self, body: PaymentIn, paid: Money | None) -> Money | None:
        return self.take("platform_fee", lambda: _fee(body, paid)) if paid else None

    def split(self, paid: Money | None, fee: Money | None, sold: Sold | None) -> tuple[Money | None, tuple[Share, ...]]:
        """The marketplace's fee and the shares of others: the classic interface knows shares alone, the other one the fee alone."""
        if sold is None or sold.payee.interface != CLASSIC or paid is None:
            return fee, ()
        return None, self.take("platform_fee", lambda: split.shares(paid, fee)) or ()

    def delayed(self, body: PaymentIn, sold: Sold | None) -> bool:
        """Whether the seller gets the money only when it is released. The classic interface pays at once."""
        is_classic = sold is not None and sold.payee.interface == CLASSIC
        if is_classic and body.disbursement == DELAYED:
            self.problems["disbursement"] = f"must be {INSTANT} where the seller is paid by the classic interface"
        return not is_classic and (body.disbursement or settings.SOLITUDE_PAYPAL_DISBURSEMENT) == DELAYED


def preapproval(buyer: Buyer | None, currency: str, sold: Sold | None) -> BuyerPaypal | None:
    """The buyer's, if it fits this payment: a credential of another interface is unknown in this one."""
    row: BuyerPaypal | None = getattr(buyer, "paypal", None) if buyer is not None and buyer.pk else None
    if row is None or sold is None or not row.key or row.interface != sold.payee.interface:
        return None
    return row if row.currency in (None, "", currency) and row.is_in_force else None


def credential(preapproval: BuyerPaypal | None) -> Secret | None:
    return Secret(preapproval.key) if preapproval and preapproval.key else None


def description(memo: str | None) -> str:
    return (memo or "")[:MEMO_MAX_CHARS]


def payable(payee: Payee | None, missing: str) -> Payee:
    """Raises ValueError, saying `missing`, where nobody is known who can be paid: in the classic interface by e-mail address alone."""
    if payee is None or (payee.interface == CLASSIC and "@" not in payee.paypal_id):
        raise ValueError(missing)
    return payee


def sellable(product: Product | None, seller: Seller) -> None:
    """Raises ValueError for what must not be sold now."""
    if product is not None and product.access == Access.SIMULATE:
        raise ValueError(SIMULATE)
    if not seller.active:
        raise ValueError(INACTIVE)


def _fee(body: PaymentIn, paid: Money) -> Money | None:
    if body.platform_fee is not None:
        return limits.fee(body.platform_fee, paid)
    percent: Decimal = settings.SOLITUDE_PAYPAL_PLATFORM_FEE_PERCENT
    share = paid.percent(percent, digits=currencies.digits(paid.currency))
    return share if share.amount else None
