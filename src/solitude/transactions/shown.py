"""Transactions as the API shows them, each with those that relate to it."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping

from django.db.models import Model
from typing_extensions import TypedDict

from solitude.buyers.models import Buyer
from solitude.sellers.models import Product, Seller
from solitude.transactions.amounts import amount_text
from solitude.transactions.models import Transaction
from solitude.web import etags
from solitude.web.answers import time_text

# In one answer.
RELATIONS_MAX, RELATIONS_DEPTH_MAX = 1000, 5
REFERENCES: dict[str, tuple[str, type[Model]]] = {
    "buyer": ("/generic/buyer/", Buyer),
    "seller": ("/generic/seller/", Seller),
    "seller_product": ("/generic/product/", Product),
    "related": ("/generic/transaction/", Transaction),
}

Below = Mapping[int, list[Transaction]]
"""What relates to a transaction, the newest first, by the transaction's pk."""


class TransactionShown(TypedDict):
    resource_pk: int
    resource_uri: str
    uuid: str
    amount: str | None
    currency: str
    captured_amount: str | None
    refunded_amount: str | None
    buyer: str | None
    seller: str | None
    seller_product: str | None
    related: str | None
    relations: list["TransactionShown"]
    provider: int | None
    status: int
    status_reason: str | None
    type: int
    outcome: str
    uid_pay: str | None
    uid_support: str | None
    pay_url: str | None
    carrier: str | None
    region: str | None
    source: str | None
    notes: str | None
    created: str
    modified: str
    counter: int


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


def below_of(rows: Iterable[Transaction]) -> Below:
    """What relates to these transactions, to those, and so on; one query for each level."""
    found: dict[int, list[Transaction]] = defaultdict(list)
    level, left = list(rows), RELATIONS_MAX
    for _ in range(RELATIONS_DEPTH_MAX):
        if not level or not left:
            break
        level = list(Transaction.objects.filter(related__in=[row.pk for row in level]).order_by("-pk")[:left])
        left -= len(level)
        for row in level:
            found[row.related_id or 0].append(row)
    return found


def _path(reference: str, pk: int | None) -> str | None:
    return f"{REFERENCES[reference][0]}{pk}/" if pk else None


def _all_below(row: Transaction, below: Below) -> Iterator[Transaction]:
    for relation in below.get(row.pk, ()):
        yield relation
        yield from _all_below(relation, below)
