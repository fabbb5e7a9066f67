"""`/bango/billing/`: the beginning of a payment."""

from typing import Annotated, Any, Final
from urllib.parse import urlsplit

from django.db import IntegrityError
from django.http import HttpResponse
from ninja import Router
from pydantic import Field, model_validator
from typing_extensions import TypedDict

from solitude.buyers.models import Buyer
from solitude.money.money import Money
from solitude.outbound.xml import is_writable
from solitude.payments import answers, calls, pay
from solitude.payments.contract import Intent
from solitude.payments.models import ProviderCall
from solitude.providers.bango import provider, requests
from solitude.providers.bango.api import refusing
from solitude.providers.bango.api.fields import BangoProductPath, Currency, Given, bango_product_at
from solitude.providers.bango.countries import CURRENCIES
from solitude.providers.bango.models import ProductBango
from solitude.providers.bango.names import NAME, NUMBER
from solitude.sellers.models import Access
from solitude.transactions.bodies import UUID_MAX_CHARS
from solitude.transactions.models import Transaction
from solitude.web.answers import answer
from solitude.web.fields import SENSITIVE, Body, DecimalNumber, StrictText, Taken, null_for_empty, number_of
from solitude.web.refusals import REQUIRED, BadFields
from solitude.web.requests import ApiRequest, client_key

router = Router()
OPERATOR, CARD, ALL = 0, 1, 2
PRICES_MAX: Final = 100
URL_MAX_CHARS: Final = 2000
KB: Final = 1024
SIZE_MAX: Final = 2**53 - 1
NOT_NEW: Final = "must be new, or that of a payment that is received, or that could not be sent"
AT_FAULT = {
    "NO_BANGO_EXISTS": "seller_product_bango",
    "INVALID_BANGO": "seller_product_bango",
    "INVALID_PAGETITLE": "pageTitle",
    "INVALID_PRICELIST": "prices",
    "INVALID_CURRENCY": "prices",
    "INVALID_AMOUNT": "prices",
}


def _prices(value: Any) -> Any:
    if value in ([], None, ""):
        raise ValueError("This field is required.")
    if not isinstance(value, list):
        raise ValueError("Invalid list.")
    if len(value) > PRICES_MAX:
        raise ValueError(f"must be at most {PRICES_MAX} prices")
    return value


def _writable(value: Any) -> Any:
    if isinstance(value, str) and not is_writable(value):
        raise ValueError("has characters that Bango cannot be told")
    return value


def _uuid(value: Any) -> Any:
    if value in (None, ""):
        raise ValueError(REQUIRED)
    text = str(value) if type(value) is int else value
    if not isinstance(text, str) or not text.isascii() or not text.isprintable() or len(text) > UUID_MAX_CHARS:
        raise ValueError(f"must be at most {UUID_MAX_CHARS} printable ASCII characters")
    return text


def _url(value: Any) -> Any:
    if value in (None, ""):
        raise ValueError(REQUIRED)
    if not isinstance(value, str) or len(value) > URL_MAX_CHARS or not _is_web_url(value):
        raise ValueError(f"must be an http or https URL of at most {URL_MAX_CHARS} ASCII characters")
    return value


def _is_web_url(text: str) -> bool:
    if not text.isascii() or not text.isprintable() or set(text) & {" ", "\\"}:
        return False
    try:
        parts = urlsplit(text)
        port_is_right = parts.port is None or parts.port > 0
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname) and port_is_right and "@" not in parts.netloc


def _size(value: Any) -> Any:
    if value in (None, ""):
        return None
    digits = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not digits.isascii() or not digits.isdigit() or len(digits) > 16 or int(digits) > SIZE_MAX:
        raise ValueError("must be a whole number of bytes")
    return int(digits)


_URL_SCHEMA = {"type": "string", "format": "uri", "maxLength": URL_MAX_CHARS, "examples": ["https://shop.example/paid"]}
Url = Annotated[str, Taken(_url, _URL_SCHEMA)]
# Null, as an empty one is too.
OptionalUrl = Annotated[
    Url | None,
    Taken(null_for_empty, {"anyOf": [_URL_SCHEMA, {"enum": [None, ""]}]}),
]
PriceList = Taken(
    _prices,
    {
        "type": "array",
        "minItems": 1,
        "maxItems": PRICES_MAX,
        "items": {
            "type": "object",
            "properties": {
                "price": {"type": ["string", "number"], "description": "In the currency's main unit."},
                "currency": {"enum": list(CURRENCIES)},
                "method": {"enum": [OPERATOR, CARD, ALL], "description": "0: the operator's bill. 1: a card. 2: any."},
            },
            "required": ["price", "currency", "method"],
        },
        "examples": [[{"price": "2.10", "currency": "EUR", "method": 2}]],
    },
)


class PriceIn(Body):
    """What is offered in one currency."""

    price: DecimalNumber
    currency: Currency
    method: Annotated[int, number_of((OPERATOR, CARD, ALL))]

    @model_validator(mode="after")
    def is_payable(self) -> "PriceIn":
        """Raises MoneyError, a ValueError, for more digits than the currency has."""
        if self.money.amount <= 0:
            raise ValueError("must be greater than zero")
        return self

    @property
    def money(self) -> Money:
        return Money.parse(self.price, self.currency)


class BillingIn(Body):
    """A payment that its buyer is to make on Bango's page."""

    seller_product_bango: BangoProductPath
    pageTitle: Annotated[Given, Taken(_writable, {"type": ["string", "integer"]}), Field(description="What is bought.")]
    prices: Annotated[
        list[PriceIn],
        PriceList,
        Field(description="Bango takes one price for each currency: the first that is given. The buyer chooses one."),
    ]
    redirect_url_onsuccess: Annotated[Url, Field(description="Where the buyer comes back to after paying.")]
    redirect_url_onerror: Annotated[Url, Field(description="Where the buyer comes back to otherwise.")]
    transaction_uuid: Annotated[
        str,
        Taken(_uuid, {"type": ["string", "integer"], "minLength": 1, "maxLength": UUID_MAX_CHARS}),
        Field(description="Of the transaction, which is made unless its client keeps it as received; Bango gets it."),
    ]
    user_uuid: Annotated[Given, Taken(_writable, {"type": ["string", "integer"]}), Field(description="The buyer's.")]
    icon_url: Annotated[OptionalUrl, Field(description="The product's icon, for Bango's page.")] = None
    application_size: Annotated[
        int | None,
        Taken(_size, {"type": ["integer", "string", "null"], "minimum": 0, "maximum": SIZE_MAX}),
        Field(description="In bytes."),
    ] = None
    pin_token: Annotated[StrictText | None, SENSITIVE, Field(description="Of `verify_pin`, a moment ago.")] = None

    @property
    def offered(self) -> tuple[Money, ...]:
        """The first price of each currency."""
        by_currency: dict[str, Money] = {}
        for price in self.prices:
            by_currency.setdefault(price.currency, price.money)
        return tuple(by_currency.values())


class BangoBilling(TypedDict):
    """A payment that waits for its buyer, who is sent to `pay_url`."""

    responseCode: Annotated[str, Field(description="Bango's word for it.", examples=["OK"])]
    responseMessage: str
    billingConfigurationId: Annotated[
        int | None, Field(description="Bango's number of the page; the transaction's `uid_pay`.", examples=[660118])
    ]
    transaction: Annotated[str, Field(examples=["/generic/transaction/7/"])]
    uuid: Annotated[str, Field(description="The `transaction_uuid`.")]
    pay_url: Annotated[
        str | None, Field(description="Bango's page; null where `SOLITUDE_BANGO_PAY_URL` does not say where it is.")
    ]


@router.post("/billing/", response={200: BangoBilling, **refusing.ERRORS})
def begin_bango_payment(request: ApiRequest, body: BillingIn) -> HttpResponse:
    """Begins a payment that its buyer has to make on Bango's page.

    A buyer who has a PIN needs a `pin_token` where the client's buyers do: without one 403 `pin_required`, with one that is wrong, used
    or old 403 `pin_token_invalid`. After 500 and 502 nothing was charged, and the same `transaction_uuid` begins again.
    """

    def keep(call: ProviderCall) -> None:
        refusing.keep(request, refusing.refusal(call, AT_FAULT), lambda: _shown(call))

    known = calls.begun_under(request.claim)
    with answers.room():
        call = calls.find_out(known, keep) if known else calls.carry_out(_intended(request, body), keep)
    if refused := refusing.refusal(call, AT_FAULT):
        raise refused
    return answer(_shown(call))


def _intended(request: ApiRequest, body: BillingIn) -> ProviderCall:
    product, buyer = bango_product_at(body.seller_product_bango), _buyer(body.user_uuid)
    sold = product.seller_product
    if problem := "inactive" if not sold.seller.active else "simulate" if sold.access == Access.SIMULATE else None:
        raise BadFields(seller_product_bango=problem)
    try:
        return calls.intended(lambda: _begin(request, body, product, buyer))
    except IntegrityError as error:
        if "uuid" in str(error):
            # Another request has taken it in the meantime.
            raise BadFields(transaction_uuid=NOT_NEW) from None
        raise


def _begin(request: ApiRequest, body: BillingIn, product: ProductBango, buyer: Buyer | None) -> ProviderCall:
    try:
        row, intent = pay.row_of(body.transaction_uuid, _may_begin), intent_of(body, product)
    except pay.UuidTaken:
        raise BadFields(transaction_uuid=NOT_NEW) from None
    only = intent.amount
    row.provider = NUMBER
    row.amount, row.currency = (only.amount, only.currency) if only else (None, "")
    row.seller_product, row.seller = product.seller_product, product.seller_product.seller
    row.buyer = buyer or row.buyer
    return pay.begin(row, NAME, intent, request.claim, client=client_key(request), pin_token=body.pin_token)


def _may_begin(row: Transaction) -> bool:
    return row.provider in (None, NUMBER) and (pay.awaits_beginning(row) or pay.may_begin_again(row))


def _buyer(uuid: str) -> Buyer | None:
    """None where this server does not know the buyer. Raises BadFields."""
    known = Buyer.objects.filter(uuid=uuid).first()
    if known is not None and not known.active:
        raise BadFields(user_uuid="inactive")
    return known


def intent_of(body: BillingIn, product: ProductBango) -> Intent:
    """All that Bango is told of the payment."""
    offered = body.offered
    return Intent(
        amount=offered[0] if len(offered) == 1 else None,
        prices=offered,
        payee=product.bango_id,
        description=body.pageTitle,
        return_url=body.redirect_url_onsuccess,
        cancel_url=body.redirect_url_onerror,
        terms=_terms(body),
    )


def _terms(body: BillingIn) -> dict[str, str]:
    terms = {requests.UUID: body.transaction_uuid, requests.USER: body.user_uuid}
    # Before any is dropped: one that a card may pay for lets a card in for all.
    if all(price.method == OPERATOR for price in body.prices):
        terms[requests.IS_MICRO] = requests.YES
    if body.icon_url:
        terms[requests.ICON_URL] = body.icon_url
    if body.application_size is not None:
        terms[requests.SIZE_KB] = str(max(body.application_size // KB, 1))
    return terms


def _shown(call: ProviderCall) -> BangoBilling:
    row = call.transaction
    assert row is not None  # noqa: S101  # a payment's call has one
    return {
        "responseCode": call.facts.get(provider.CODE, ""),
        "responseMessage": call.facts.get(provider.MESSAGE, ""),
        "billingConfigurationId": int(row.uid_pay) if row.uid_pay else None,
        "transaction": row.resource_uri,
        "uuid": row.uuid,
        "pay_url": row.pay_url,
    }
