"""Transactions as the API shows them, each with those that relate to it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Annotated

from django.db.models import Model, Q
from pydantic import Field
from typing_extensions import TypedDict

from solitude.buyers.models import Buyer
from solitude.prepared import Found
from solitude.sellers.models import Product, Seller
from solitude.sellers.shown import PRODUCTS, SELLERS
from solitude.transactions.amounts import amount_text
from solitude.transactions.models import PROVIDER_NUMBERS, CallOutcome, Status, Transaction, Type
from solitude.web import etags
from solitude.web.answers import time_text
from solitude.web.openapi import Amount, Time

# In one answer.
RELATIONS_MAX, RELATIONS_DEPTH_MAX = 1000, 5
REFERENCES: dict[str, tuple[str, type[Model]]] = {
    "buyer": ("/generic/buyer/", Buyer),
    "seller": (SELLERS, Seller),
    "seller_product": (PRODUCTS, Product),
    "related": ("/generic/transaction/", Transaction),
}

Below = Mapping[int, list[Transaction]]
"""What relates to a transaction, the newest first, by the transaction's pk."""


def _named(numbers: Mapping[int, str]) -> str:
    return ", ".join(f"{number}: {name}" for number, name in numbers.items())


_STATUSES = _named({int(status): status.name.lower() for status in Status})
_TYPES = _named({int(kind): kind.name.lower().replace("_", " ") for kind in Type})


class TransactionShown(TypedDict):
    """A payment, or the refund or reversal of one; with it, in `relations`, all that relates to it.

    What went through a provider is written by this server; the rest is kept for its client.
    """

    resource_pk: int
    resource_uri: Annotated[str, Field(examples=["/generic/transaction/7/"])]
    uuid: str
    amount: Annotated[Amount | None, Field(description="Of a refund too it is positive.")]
    currency: Annotated[str, Field(description="An ISO 4217 code; empty where the client gave none.", examples=["EUR"])]
    captured_amount: Annotated[Amount | None, Field(description="Null before the money was taken.")]
    refunded_amount: Annotated[Amount | None, Field(description="What has gone back of it.")]
    buyer: Annotated[str | None, Field(examples=["/generic/buyer/31/"])]
    seller: Annotated[str | None, Field(examples=["/generic/seller/4/"])]
    seller_product: Annotated[str | None, Field(examples=["/generic/product/9/"])]
    related: Annotated[str | None, Field(description="Of a refund or reversal: the path of its payment.")]
    relations: Annotated[list["TransactionShown"], Field(description="The newest first.")]
    provider: Annotated[int | None, Field(description=_named(PROVIDER_NUMBERS))]
    status: Annotated[int, Field(json_schema_extra={"enum": [*Status.values]}, description=_STATUSES)]
    status_reason: Annotated[str | None, Field(description="Why, in one word of the provider or of ours.")]
    type: Annotated[int, Field(json_schema_extra={"enum": [*Type.values]}, description=_TYPES)]
    outcome: Annotated[
        str,
        Field(
            json_schema_extra={"enum": [*CallOutcome.values]}, description="What the last call to the provider came to."
        ),
    ]
    uid_pay: Annotated[str | None, Field(description="The provider's name of it.")]
    uid_support: Annotated[str | None, Field(description="What the provider's support asks for.")]
    pay_url: Annotated[str | None, Field(description="Where the buyer approves it.")]
    carrier: str | None
    region: str | None
    source: str | None
    notes: str | None
    created: Time
    modified: Time
    counter: Annotated[int, Field(ge=0, description="Grows with every change.")]


def shown_transaction(row: Transaction, below: Below) -> TransactionShown:
    return {
        "resource_pk": row.pk,
        "resource_uri": row.resource_uri,
        "uuid": row.uuid,
        "amount": amount_text(row.amount, row.currency),
        "currency": row.currency,
        "captured_amount": amount_text(row.captured_amount, row.currency),
        "refunded_amount": amount_text(row.refunded_amount, row.currency),
        "buyer": _path("buyer", row.buyer_id),
        "seller": _path("seller", row.seller_id),
        "seller_product": _path("seller_product", row.seller_product_id),
        "related": _path("related", row.related_id),
        "relations": [shown_transaction(relation, below) for relation in below.get(row.pk, ())],
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


def transaction_tag(row: Transaction, below: Below) -> str:
    """The tag of an answer about `row`, which shows all that relates to it."""
    return etags.etag_of(row, *_all_below(row, below))


_with_related = Found(
    lambda pk: Transaction.objects.filter(Q(pk=pk) | Q(related=pk)).order_by("-pk")[: RELATIONS_MAX + 1], int
)


def found(pk: int) -> tuple[Transaction, Below] | None:
    """A transaction, and what relates to it: one query where nothing does, which is nearly always so."""
    rows = _with_related.all(pk)
    row = next((row for row in rows if row.pk == pk), None)
    if row is None and len(rows) > RELATIONS_MAX:
        # More relates to it than is shown, all of it newer.
        row = Transaction.objects.get(pk=pk)
    if row is None:
        return None
    level = [other for other in rows if other.pk != pk][:RELATIONS_MAX]
    return row, _deeper(level, RELATIONS_DEPTH_MAX - 1)


def below_of(rows: Iterable[Transaction]) -> Below:
    """What relates to these transactions, to those, and so on; one query for each level."""
    return _deeper(_related(rows, RELATIONS_MAX), RELATIONS_DEPTH_MAX - 1)


def _deeper(level: list[Transaction], levels: int) -> Below:
    """This level of relations, and so many below it."""
    below: dict[int, list[Transaction]] = defaultdict(list)
    left = RELATIONS_MAX
    while level:
        for row in level:
            below[row.related_id or 0].append(row)
        left -= len(level)
        level = _related(level, left) if levels and left else []
        levels -= 1
    return below


def _related(rows: Iterable[Transaction], most: int) -> list[Transaction]:
    return list(Transaction.objects.filter(related__in=[row.pk for row in rows]).order_by("-pk")[:most])


def _path(reference: str, pk: int | None) -> str | None:
    return f"{REFERENCES[reference][0]}{pk}/" if pk else None


def _all_below(row: Transaction, below: Below) -> Iterator[Transaction]:
    for relation in below.get(row.pk, ()):
        yield relation
        yield from _all_below(relation, below)
