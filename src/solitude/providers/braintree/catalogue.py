"""The catalogue: which products are sold through Braintree, for how much, and whether once or month by month."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field

from solitude.money.currencies import is_currency
from solitude.money.errors import MoneyError
from solitude.money.money import Money
from solitude.providers.braintree.models import ProductBraintree
from solitude.providers.braintree.shown import Kept, kept
from solitude.sellers.shown import PRODUCTS as GENERIC_PRODUCTS
from solitude.transactions.amounts import amount_text
from solitude.web.openapi import Amount

KINDS = tuple(ProductBraintree.Kind.values)
# Without a recurrence it is sold once.
RECURRENCES = (ProductBraintree.Recurrence.MONTHLY.value,)


class BraintreeProduct(Kept):
    """An entry of the catalogue. The `public_id` of its product is the name of its plan at Braintree."""

    seller_product: Annotated[str, Field(examples=["/generic/product/8/"])]
    amount: Annotated[Amount | None, Field(description="Null: the buyer chooses it.")]
    currency: Annotated[str, Field(examples=["USD"])]
    recurrence: Annotated[
        str | None, Field(json_schema_extra={"enum": [*RECURRENCES, None]}, description="Null: it is sold once.")
    ]
    kind: Annotated[str, Field(json_schema_extra={"enum": [*KINDS]})]
    description: Annotated[str, Field(description="What a buyer's statement says of it.")]
    active: Annotated[bool, Field(description="Only an active one is sold.")]


def shown_product(row: ProductBraintree) -> BraintreeProduct:
    return {
        **kept(row),
        "seller_product": f"{GENERIC_PRODUCTS}{row.seller_product_id}/",
        "amount": amount_text(row.amount, row.currency),
        "currency": row.currency,
        "recurrence": row.recurrence or None,
        "kind": row.kind,
        "description": row.description,
        "active": row.active,
    }


def currency(code: object) -> str:
    """Raises ValueError with the end of a sentence that begins with the field's name, as the others below."""
    if not is_known(code):
        raise ValueError("must be an upper-case ISO 4217 code")
    return str(code)


def is_known(code: object) -> bool:
    return isinstance(code, str) and is_currency(code)


def amount(value: str | int | Decimal, code: str) -> Decimal:
    """What may be asked for at all, with the currency's own digits."""
    try:
        money = Money.parse(value, code)
    except MoneyError as error:
        raise ValueError(str(error)) from None
    if money.amount <= 0:
        raise ValueError("must be greater than zero")
    return money.amount
