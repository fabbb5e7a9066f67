"""What the forms of Bango's routes have in common: texts with their limits, numbers, choices, and references to what is kept."""

from collections.abc import Iterable
from decimal import Decimal
from typing import Annotated, Any, TypeVar

from django.db.models import Model, QuerySet
from pydantic import AfterValidator, Field, WithJsonSchema

from solitude.providers.bango.countries import COUNTRIES, CURRENCIES
from solitude.providers.bango.models import ProductBango, SellerBango
from solitude.providers.bango.records import BANGO_PRODUCTS, PACKAGES
from solitude.sellers.models import Product, Seller
from solitude.sellers.shown import PRODUCTS, SELLERS
from solitude.web.fields import TEXT_MAX_CHARS, DecimalNumber, GivenText, Taken, path_under, reference, text_of
from solitude.web.refusals import REQUIRED, BadFields

M = TypeVar("M", bound=Model)
# Bango's int.
INT_MOST = 2**31 - 1
CHOICES_NAMED_MAX = 9
# Of a price, before the point and behind it.
DIGITS = 12


def text(most: int) -> Taken:
    """A text of at most `most` characters, null for an empty one; a JSON number is taken as its digits."""
    read = text_of(most).read
    return Taken(lambda value: read(_as_text(value)), {"type": ["string", "integer", "null"], "maxLength": most})


def given_text(most: int) -> Taken:
    """The same, and not empty."""
    read = text_of(most).read

    def read_given(value: Any) -> Any:
        if value in (None, ""):
            raise ValueError(REQUIRED)
        return read(_as_text(value))

    return Taken(read_given, {"type": ["string", "integer"], "minLength": 1, "maxLength": most})


def one_of(choices: Iterable[str]) -> Taken:
    known = tuple(choices)
    few = len(known) <= CHOICES_NAMED_MAX

    def read(value: Any) -> Any:
        if value in (None, ""):
            raise ValueError(REQUIRED)
        if value not in known:
            raise ValueError(f"must be one of {', '.join(known)}" if few else "is not one that Bango takes")
        return value

    return Taken(read, {"enum": list(known)})


def _of_few_digits(price: Decimal) -> Decimal:
    """Bango judges a price, and can read no more than so many of its digits."""
    exponent = price.as_tuple().exponent
    if price.adjusted() >= DIGITS or not isinstance(exponent, int) or exponent < -DIGITS:
        raise ValueError(f"must have at most {DIGITS} digits on either side of the point")
    return price


def _as_text(value: Any) -> Any:
    if value is None:
        return ""
    return str(value) if type(value) is int else value


def _whole(value: Any) -> Any:
    digits = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
    if not digits.isascii() or not digits.isdigit() or len(digits) > 10 or int(digits) > INT_MOST:
        raise ValueError(f"must be a whole number from 0 to {INT_MOST}")
    return int(digits)


SellerPath = Annotated[GivenText, path_under(SELLERS), Field(description="The path of the seller.")]
ProductPath = Annotated[GivenText, path_under(PRODUCTS), Field(description="The path of the product.")]
PackagePath = Annotated[GivenText, path_under(PACKAGES), Field(description="The path of the seller's package.")]
BangoProductPath = Annotated[
    GivenText, path_under(BANGO_PRODUCTS), Field(description="The path of what is kept of the product for Bango.")
]
Plain = Annotated[str, text(TEXT_MAX_CHARS)]
Given = Annotated[str, given_text(TEXT_MAX_CHARS)]
Whole = Annotated[
    int, Taken(_whole, {"type": ["integer", "string"], "minimum": 0, "maximum": INT_MOST, "pattern": "^[0-9]{1,10}$"})
]
Currency = Annotated[str, one_of(CURRENCIES), Field(description="One of the 23 that Bango takes.")]
Country = Annotated[str, one_of(COUNTRIES), Field(description="By its ISO 3166 alpha-3 code.")]
Price = Annotated[
    DecimalNumber,
    AfterValidator(_of_few_digits),
    WithJsonSchema({"type": ["number", "string"], "pattern": rf"^[+-]?[0-9]{{1,{DIGITS}}}(\.[0-9]{{1,{DIGITS}}})?$"}),
    Field(description="In the currency's main unit."),
]


def seller_at(path: str) -> Seller:
    """Raises BadFields, as the others below."""
    found = _named(Seller.objects.all(), path, SELLERS)
    if found is None:
        raise BadFields(seller="must be the path of a seller")
    return found


def product_at(path: str) -> Product:
    found = _named(Product.objects.all(), path, PRODUCTS)
    if found is None:
        raise BadFields(seller_product="must be the path of a product")
    return found


def package_at(path: str) -> SellerBango:
    found = _named(SellerBango.objects.all(), path, PACKAGES)
    if found is None:
        raise BadFields(seller_bango="must be the path of a package")
    return found


def bango_product_at(path: str) -> ProductBango:
    """A product to which Bango has given a number."""
    found = _named(ProductBango.objects.select_related("seller_bango", "seller_product"), path, BANGO_PRODUCTS)
    if found is None:
        raise BadFields(seller_product_bango="must be the path of a product at Bango")
    if not found.bango_id:
        raise BadFields(seller_product_bango=f"Empty bango_id for: {found.pk}")
    return found


def _named(rows: QuerySet[M], path: str, collection: str) -> M | None:
    pk = reference(path, collection)
    return rows.filter(pk=pk).first() if pk else None
