"""What a client may say of a transaction that it keeps itself: all of it when it is made, six fields of it afterwards."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError as InvalidUrl
from django.core.validators import URLValidator
from django.db.models import QuerySet
from pydantic import (
    AfterValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WithJsonSchema,
    WrapValidator,
)

from solitude.buyers.models import Buyer
from solitude.money.currencies import is_currency
from solitude.money.errors import MoneyError
from solitude.money.money import Money
from solitude.prepared import Found
from solitude.sellers.models import Product, Seller
from solitude.transactions.models import PROVIDER_NUMBERS, Status, Transaction, Type, new_uuid
from solitude.transactions.shown import REFERENCES
from solitude.web.fields import DecimalNumber, LongText, Taken, Text, number_of, reference
from solitude.web.paranoia import WatchedBody
from solitude.web.refusals import BadFields

UUID_MAX_CHARS = 200
PLAIN_CURRENCY = "EUR"
_check_url = URLValidator(schemes=["http", "https", "ftp"])
T = TypeVar("T")


def _currency(value: Any) -> Any:
    if not isinstance(value, str) or (value and not is_currency(value)):
        raise ValueError("must be empty or an ISO 4217 code in capitals")
    return value


def _no_relations(_value: Any) -> None:
    raise ValueError("is read-only")


ProviderNumber = Annotated[int, number_of(PROVIDER_NUMBERS)]
StatusNumber = Annotated[int, number_of(Status)]
Uuid = Annotated[Text, WithJsonSchema({"type": ["string", "integer"], "maxLength": UUID_MAX_CHARS})]
Currency = Annotated[str, Taken(_currency, {"type": "string", "pattern": "^([A-Z]{3})?$"})]


class TransactionIn(WatchedBody):
    """A transaction that the client takes care of itself. References are paths, such as `/generic/buyer/31/`."""

    uuid: Annotated[Uuid | None, Field(description="One is made where none is given.")] = None
    amount: Annotated[DecimalNumber | None, Field(description="With no more digits than the currency has.")] = None
    currency: Annotated[Currency, Field(description="An ISO 4217 code.")] = ""
    buyer: Text | None = None
    seller: Text | None = None
    seller_product: Text | None = None
    related: Annotated[Text | None, Field(description="Of a refund or reversal: the payment.")] = None
    relations: Annotated[None, Taken(_no_relations, {"not": {}}), Field(description="Read-only, and so refused.")] = (
        None
    )
    provider: ProviderNumber | None = None
    status: StatusNumber = Status.STARTED
    status_reason: Text | None = None
    type: Annotated[int, number_of(Type)] = Type.PAYMENT
    uid_pay: Text | None = None
    uid_support: Text | None = None
    pay_url: Text | None = None
    carrier: Text | None = None
    region: Text | None = None
    source: Text | None = None
    notes: LongText | None = None

    def row(self) -> Transaction:
        """The transaction that it describes, not saved. Raises BadFields."""
        problems: dict[str, str | list[str]] = {}
        columns = {name: getattr(self, name) for name in _OWN}
        columns["uuid"] = self.uuid or new_uuid()
        if len(columns["uuid"]) > UUID_MAX_CHARS:
            problems["uuid"] = f"must have at most {UUID_MAX_CHARS} characters"
        if self.amount is not None:
            try:
                columns["amount"] = _amount(self.amount, self.currency)
            except MoneyError as error:
                problems["amount"] = str(error)
        for name, (collection, _) in REFERENCES.items():
            if not (given := getattr(self, name)):
                continue
            pk = reference(given, collection)
            columns[name] = _referred[name].first(pk) if pk else None
            if columns[name] is None:
                problems[name] = f"must be a path such as {collection}1/ of a row that exists"
        if problems:
            raise BadFields(**problems)
        return Transaction(**columns)


_OWN = [name for name in TransactionIn.model_fields if name not in {"relations", *REFERENCES}]
# Of what a new transaction refers to, no more is read than its event tells: a product's seller with it, and nobody's address or times.
_ROWS: dict[str, QuerySet[Any]] = {
    "buyer": Buyer.objects.only("uuid"),
    "seller": Seller.objects.only("uuid"),
    "seller_product": Product.objects.select_related("seller").only("public_id", "seller__uuid"),
    "related": Transaction.objects.only("pk"),
}
_referred: dict[str, Found[Any]] = {
    name: Found(lambda pk, rows=rows: rows.filter(pk=pk), int) for name, rows in _ROWS.items()
}


def _amount(amount: Decimal, currency: str) -> Decimal:
    """The amount with its currency's digits; without one it has two decimals, as in euros. Raises MoneyError."""
    return Money.parse(amount, currency or PLAIN_CURRENCY).amount


# --- changes -------------------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a value, kept in its place: it is told together with the rules that the change breaks."""

    said: list[str]


def _or_wrong(value: Any, handler: ValidatorFunctionWrapHandler) -> Any:
    try:
        return handler(value)
    except ValidationError as error:
        return Wrong([str(item["msg"]).removeprefix("Value error, ") for item in error.errors()])


def _url(text: str) -> str:
    """A URL of http, https or ftp; without a scheme it is taken for one of http."""
    if not text:
        return text
    has_scheme = "://" in text
    url = text if has_scheme else f"http://{text}"
    try:
        _check_url(url)
        # "mailto:ada@example.net" is no host with a user.
        usable = has_scheme or "@" not in urlsplit(url).netloc
    except (InvalidUrl, ValueError):
        usable = False
    if not usable:
        raise ValueError("must be a URL")
    return text


Url = Annotated[Text, AfterValidator(_url)]
Later = Annotated[T, WrapValidator(_or_wrong)]


class TransactionChange(WatchedBody):
    """The fields that can change. Whatever else is given is a mistake, and refused."""

    # Kept aside, to be told of together with all else that is wrong.
    model_config = ConfigDict(extra="allow", json_schema_extra={"additionalProperties": False})

    notes: Later[LongText | None] = None
    pay_url: Later[Url | None] = None
    provider: Later[ProviderNumber | None] = None
    status: Later[StatusNumber] = Status.STARTED
    status_reason: Later[Text | None] = None
    uid_pay: Later[Text | None] = None

    @property
    def unknown(self) -> list[str]:
        """The names that are none of these fields."""
        return sorted(self.model_extra or ())

    @property
    def columns(self) -> dict[str, Any]:
        """The fields that are given and can be used."""
        return {name: value for name, value in self._given.items() if not isinstance(value, Wrong)}

    @property
    def wrong(self) -> dict[str, list[str]]:
        """The fields that are given and cannot, and why."""
        return {name: value.said for name, value in self._given.items() if isinstance(value, Wrong)}

    @property
    def _given(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in type(self).model_fields if name in self.model_fields_set}
