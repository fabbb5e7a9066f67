"""`/generic/transaction/`"""

from collections import defaultdict
from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Annotated, Any

from django.db import IntegrityError, transaction
from django.db.models import Model
from django.http import HttpResponse
from ninja import Router
from pydantic import BeforeValidator

from solitude.buyers.models import Buyer
from solitude.money.currencies import is_currency
from solitude.money.errors import MoneyError
from solitude.money.money import Money
from solitude.sellers.models import Product, Seller
from solitude.transactions import states, timeline
from solitude.transactions.amounts import amount_text
from solitude.transactions.models import PROVIDER_NUMBERS, Status, Transaction, Type, new_uuid
from solitude.web import etags, filters, paging
from solitude.web.answers import answer, created, time_text
from solitude.web.fields import Body, DecimalNumber, LongText, Text, reference
from solitude.web.refusals import BadFields
from solitude.web.requests import ApiRequest

router = Router()
FILTERS = {
    "uuid": filters.text("uuid", "The transaction's uuid."),
    "seller": filters.number("seller", "The primary key of the seller."),
    "provider": filters.number("provider", "The provider's number."),
}
UUID_MAX_CHARS = 200
# In one answer.
RELATIONS_MAX, RELATIONS_DEPTH_MAX = 1000, 5
PLAIN_CURRENCY = "EUR"
REFERENCES: dict[str, tuple[str, type[Model]]] = {
    "buyer": ("/generic/buyer/", Buyer),
    "seller": ("/generic/seller/", Seller),
    "seller_product": ("/generic/product/", Product),
    "related": ("/generic/transaction/", Transaction),
}


def _number_of(choices: Any) -> BeforeValidator:
    def check(value: Any) -> Any:
        numbers = {str(int(choice)): int(choice) for choice in choices}
        text = str(value) if isinstance(value, int | str) and not isinstance(value, bool) else ""
        if text not in numbers:
            raise ValueError(f"must be one of {', '.join(numbers)}")
        return numbers[text]

    return BeforeValidator(check)


def _currency(value: Any) -> Any:
    if not isinstance(value, str) or (value and not is_currency(value)):
        raise ValueError("must be empty or an ISO 4217 code in capitals")
    return value


def _no_relations(value: Any) -> None:
    raise ValueError("is read-only")


class TransactionIn(Body):
    uuid: Text | None = None
    amount: DecimalNumber | None = None
    currency: Annotated[str, BeforeValidator(_currency)] = ""
    buyer: Text | None = None
    seller: Text | None = None
    seller_product: Text | None = None
    related: Text | None = None
    relations: Annotated[None, BeforeValidator(_no_relations)] = None
    provider: Annotated[int, _number_of(PROVIDER_NUMBERS)] | None = None
    status: Annotated[int, _number_of(Status)] = Status.STARTED
    status_reason: Text | None = None
    type: Annotated[int, _number_of(Type)] = Type.PAYMENT
    uid_pay: Text | None = None
    uid_support: Text | None = None
    pay_url: Text | None = None
    carrier: Text | None = None
    region: Text | None = None
    source: Text | None = None
    notes: LongText | None = None


@router.post("/transaction/")
def create_transaction(request: ApiRequest, body: TransactionIn) -> HttpResponse:
    row = _row(body)
    try:
        with transaction.atomic():
            states.keep(row)
            return created(request, shown(row, {}), tag=tag(row, {}))
    except IntegrityError:
        if Transaction.objects.filter(uuid=row.uuid).exists():
            raise BadFields(uuid="must be unique") from None
        raise BadFields(__all__="uid_pay and uid_support must be unique for the provider") from None


@router.get("/transaction/")
def list_transactions(request: ApiRequest) -> HttpResponse:
    meta, rows = paging.page_of(request, Transaction.objects.all(), FILTERS)
    below = _below(rows)
    return paging.answer_of(request, meta, rows, lambda row: shown(row, below), lambda row: tag(row, below))


@router.get("/transaction/{int:pk}/")
def get_transaction(request: ApiRequest, pk: int) -> HttpResponse:
    row = paging.one(request, Transaction.objects.all(), pk, FILTERS)
    below = _below([row])
    return etags.not_modified(request, tag(row, below)) or answer(shown(row, below), ETag=tag(row, below))


def tag(row: Transaction, below: Mapping[int, list[Transaction]]) -> str:
    """The tag of an answer about `row`, which shows all that relates to it."""
    return etags.etag_of(row, *_all_below(row, below))


def _all_below(row: Transaction, below: Mapping[int, list[Transaction]]) -> Iterator[Transaction]:
    for relation in below.get(row.pk, ()):
        yield relation
        yield from _all_below(relation, below)


@router.get("/transaction/{int:pk}/timeline/")
def get_timeline(request: ApiRequest, pk: int) -> HttpResponse:
    row = paging.one(request, Transaction.objects.all(), pk, {})
    return answer({"transaction": row.resource_uri, "entries": timeline.of(row)})


def _row(body: TransactionIn) -> Transaction:
    """The row that the body describes. Raises BadFields."""
    problems: dict[str, str | list[str]] = {}
    columns = body.model_dump(exclude={"relations", *REFERENCES})
    columns["uuid"] = body.uuid or new_uuid()
    if len(columns["uuid"]) > UUID_MAX_CHARS:
        problems["uuid"] = f"must have at most {UUID_MAX_CHARS} characters"
    if body.amount is not None:
        try:
            columns["amount"] = _amount(body.amount, body.currency)
        except MoneyError as error:
            problems["amount"] = str(error)
    for name, (collection, model) in REFERENCES.items():
        given = getattr(body, name)
        pk = reference(given, collection) if given else None
        columns[name] = model._default_manager.filter(pk=pk).first() if pk else None
        if given and columns[name] is None:
            problems[name] = f"must be a path such as {collection}1/ of a row that exists"
    if problems:
        raise BadFields(**problems)
    return Transaction(**columns)


def _amount(amount: Decimal, currency: str) -> Decimal:
    """The amount with its currency's digits; without one it has two decimals, as in euros. Raises MoneyError."""
    return Money.parse(amount, currency or PLAIN_CURRENCY).amount


def _below(rows: list[Transaction]) -> Mapping[int, list[Transaction]]:
    """What relates to these transactions, to those, and so on, by the pk that it relates to; one query for each level."""
    found: dict[int, list[Transaction]] = defaultdict(list)
    left = RELATIONS_MAX
    for _ in range(RELATIONS_DEPTH_MAX):
        if not rows or not left:
            break
        rows = list(Transaction.objects.filter(related__in=[row.pk for row in rows]).order_by("-pk")[:left])
        left -= len(rows)
        for row in rows:
            found[row.related_id or 0].append(row)
    return found


def shown(row: Transaction, below: Mapping[int, list[Transaction]]) -> dict[str, Any]:
    """A transaction as the API shows it, with the transactions that relate to it, the newest first."""
    return {
        "resource_pk": row.pk,
        "resource_uri": row.resource_uri,
        "uuid": row.uuid,
        "amount": amount_text(row.amount, row.currency),
        "currency": row.currency,
        "captured_amount": amount_text(row.captured_amount, row.currency),
        "refunded_amount": amount_text(row.refunded_amount, row.currency),
        **{
            name: f"{path}{pk}/" if (pk := getattr(row, f"{name}_id")) else None
            for name, (path, _) in REFERENCES.items()
        },
        "relations": [shown(relation, below) for relation in below.get(row.pk, ())],
        "provider": row.provider,
        "status": row.status,
        "status_reason": row.status_reason,
        "type": row.type,
        "outcome": row.outcome,
        "uid_pay": row.uid_pay,
        "uid_support": row.uid_support,
        "pay_url": row.pay_url,
        "carrier": row.carrier,
        "region": row.region,
        "source": row.source,
        "notes": row.notes,
        "created": time_text(row.created),
        "modified": time_text(row.modified),
        "counter": row.counter,
    }
