"""What is known of sellers at PayPal: their id there, their permission tokens, their personal data."""

from collections.abc import Mapping
from datetime import datetime
from operator import attrgetter
from typing import Annotated

from solitude.moving.fields import OfEveryRow
from solitude.moving.kind import OF_EVERY_ROW, Column, Key, Kind, Reference, same
from solitude.providers.paypal.api.records import PaypalSellerIn
from solitude.providers.paypal.models import PERSON_LIMITS, SCOPES_MAX_CHARS, TOKEN_MAX_CHARS, SellerPaypal
from solitude.providers.paypal.records import paypal_id_hash
from solitude.sellers.models import Seller
from solitude.web.fields import text_of

MerchantId = Annotated[str, text_of(64)]
Token = Annotated[str, text_of(TOKEN_MAX_CHARS)]


class PaypalSellerLine(PaypalSellerIn, OfEveryRow):  # type: ignore[misc]  # made at start, from the table of limits
    merchant_id: MerchantId | None = None
    token: Token | None = None
    secret: Token | None = None
    refresh_token: Token | None = None
    login_scopes: Annotated[str, text_of(SCOPES_MAX_CHARS)] = ""


def make(line: PaypalSellerLine, found: Mapping[str, int], now: datetime) -> SellerPaypal:
    return SellerPaypal(
        seller_id=found["seller"],
        paypal_id=line.paypal_id,
        paypal_id_hash=paypal_id_hash(line.paypal_id),
        interface=line.interface or "",
        merchant_id=line.merchant_id,
        merchant_id_hash=paypal_id_hash(line.merchant_id),
        token=line.token,
        secret=line.secret,
        refresh_token=line.refresh_token,
        login_scopes=line.login_scopes,
        **{name: getattr(line, name) for name in PERSON_LIMITS},
        **line.stamps(now),
    )


PAYPAL_SELLERS = Kind(
    name="paypal-sellers",
    model=SellerPaypal,
    line=PaypalSellerLine,
    columns=(
        Column(
            "seller", "The uuid of a seller who is there and has no PayPal data. Required.", attrgetter("seller.uuid")
        ),
        same("paypal_id", "The seller's e-mail address or merchant id at PayPal. Kept encrypted."),
        Column(
            "interface",
            "By which of PayPal's interfaces the seller is paid, `rest` or `classic`; by the setting, if it is not given.",
            lambda row: row.interface or None,
        ),
        same("merchant_id", "PayPal's own id of the seller. Kept encrypted."),
        same("token", "The permission that the seller gave. Kept encrypted.", secret=True),
        same("secret", "The secret of that permission. Kept encrypted.", secret=True),
        same("refresh_token", "What a seller who logged in with PayPal gave. Kept encrypted.", secret=True),
        same("login_scopes", "For which of PayPal's scopes that is, separated by spaces."),
        *(
            same(name, f"A text of at most {limit} characters. Kept encrypted.")
            for name, limit in PERSON_LIMITS.items()
        ),
        *OF_EVERY_ROW,
    ),
    keys=(Key(("seller",), ("seller__uuid",)),),
    make=make,
    references=(Reference("seller", Seller, "uuid"),),
    joins=("seller",),
)
