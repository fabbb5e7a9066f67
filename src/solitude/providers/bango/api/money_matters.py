"""`/bango/bank/`, `/bango/premium/` and `/bango/rating/`: what Bango has to know before money is made. Nothing of it is kept here."""

from typing import Annotated, Self

from django.http import HttpResponse
from ninja import Router
from pydantic import Field, model_validator
from typing_extensions import TypedDict

from solitude.audit.accesses import Does, touches
from solitude.providers.bango import asking
from solitude.providers.bango.api import kept
from solitude.providers.bango.api.fields import (
    BangoProductPath,
    Country,
    Currency,
    PackagePath,
    Price,
    bango_product_at,
    given_text,
    one_of,
    package_at,
    text,
)
from solitude.web.fields import SENSITIVE, Body
from solitude.web.requests import ApiRequest

router = Router()
ALREADY_PREMIUM = "BANGO_ALREADY_PREMIUM_ENABLED"
SCHEMES = ("GLOBAL", "USA")
RATINGS = ("GLOBAL", "UNIVERSAL", "RESTRICTED", "GENERAL")
LINE, CODE, NUMBER, IBAN = 50, 20, 20, 34
TAIL_CHARS = 4

GivenLine = Annotated[str, given_text(LINE)]
Line = Annotated[str, text(LINE)]


class BankIn(Body):
    """Where Bango pays a seller: an account number or an IBAN, and whose bank it is."""

    seller_bango: PackagePath
    bankAccountPayeeName: GivenLine
    bankAccountNumber: Annotated[str, text(NUMBER), SENSITIVE] = ""
    bankAccountCode: Annotated[str, given_text(CODE)]
    bankAccountIban: Annotated[str, text(IBAN), SENSITIVE] = ""
    bankName: GivenLine
    bankAddress1: GivenLine
    bankAddress2: Line = ""
    bankAddressCity: Line = ""
    bankAddressState: Line = ""
    bankAddressZipCode: GivenLine
    bankAddressIso: Country

    @model_validator(mode="after")
    def _is_an_account(self) -> Self:
        if not self.bankAccountNumber and not self.bankAccountIban:
            raise ValueError("needs a bankAccountNumber or a bankAccountIban")
        return self


class BankShown(TypedDict):
    """The bank account as Bango has it now. Of its number and its IBAN only the end is shown."""

    seller_bango: str
    bankAccountPayeeName: str
    bankAccountNumber: Annotated[str, Field(examples=["****5678"])]
    bankAccountCode: str
    bankAccountIban: Annotated[str, Field(examples=["**************4300"])]
    bankName: str
    bankAddress1: str
    bankAddress2: str
    bankAddressCity: str
    bankAddressState: str
    bankAddressZipCode: str
    bankAddressIso: str


class PremiumIn(Body):
    """That a product costs something, and what."""

    seller_product_bango: BangoProductPath
    price: Price
    currencyIso: Currency


class PremiumShown(TypedDict):
    """What Bango was told."""

    seller_product_bango: str
    bango: Annotated[str, Field(description="Bango's number of the product.")]
    price: Annotated[str, Field(examples=["0.99"])]
    currencyIso: str


class RatingIn(Body):
    """For whom a product is."""

    seller_product_bango: BangoProductPath
    ratingScheme: Annotated[str, one_of(SCHEMES)]
    rating: Annotated[str, one_of(RATINGS)]


class RatingShown(TypedDict):
    """What Bango was told."""

    seller_product_bango: str
    bango: Annotated[str, Field(description="Bango's number of the product.")]
    ratingScheme: str
    rating: str


@router.post("/bank/", response={200: BankShown, **asking.BANGO_ERRORS})
@touches(Does.CHANGED, "bango_bank")
def set_bango_bank(request: ApiRequest, body: BankIn) -> HttpResponse:
    """Tells Bango where to pay a seller. The account is kept by Bango only."""
    package = package_at(body.seller_bango)
    given = body.model_dump(exclude={"seller_bango"})
    account = {name: value for name, value in given.items() if value != ""}
    asking.ask(
        "CreateBankDetails",
        {"packageId": package.package_id, **account},
        at_fault={"INVALID_COUNTRYISO": "bankAddressIso"},
    )
    hidden = {name: masked(given[name]) for name in ("bankAccountNumber", "bankAccountIban")}
    return kept.done(request, {"seller_bango": package.resource_uri, **given, **hidden})


@router.post("/premium/", response={200: PremiumShown, 204: None, **asking.BANGO_ERRORS})
def make_bango_premium(request: ApiRequest, body: PremiumIn) -> HttpResponse:
    """Tells Bango that a product costs something; 204 where Bango knows that already."""
    product = bango_product_at(body.seller_product_bango)
    fields = {"price": body.price, "currencyIso": body.currencyIso}
    reply = asking.ask(
        "MakePremiumPerAccess",
        {"bango": product.bango_id, **fields},
        at_fault={"INVALID_COUNTRYISO": "currencyIso", "INVALID_CURRENCYISO": "currencyIso"},
        tolerated=(ALREADY_PREMIUM,),
    )
    if not reply.is_ok:
        return kept.done(request, None, 204)
    shown: PremiumShown = {
        "seller_product_bango": product.resource_uri,
        "bango": product.bango_id,
        "price": format(body.price, "f"),
        "currencyIso": body.currencyIso,
    }
    return kept.done(request, shown)


@router.post("/rating/", response={200: RatingShown, **asking.BANGO_ERRORS})
def update_bango_rating(request: ApiRequest, body: RatingIn) -> HttpResponse:
    """Tells Bango for whom a product is."""
    product = bango_product_at(body.seller_product_bango)
    asking.ask(
        "UpdateRating",
        {"bango": product.bango_id, "ratingScheme": body.ratingScheme, "rating": body.rating},
        at_fault={"INVALID_RATING": "rating", "INVALID_RATING_SCHEME": "ratingScheme"},
    )
    shown: RatingShown = {
        "seller_product_bango": product.resource_uri,
        "bango": product.bango_id,
        "ratingScheme": body.ratingScheme,
        "rating": body.rating,
    }
    return kept.done(request, shown)


def masked(account: str) -> str:
    """With its end only, and of a short one with nothing."""
    shown = account[-TAIL_CHARS:] if len(account) >= 2 * TAIL_CHARS else ""
    return "*" * (len(account) - len(shown)) + shown
