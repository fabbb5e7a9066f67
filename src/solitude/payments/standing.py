"""A provider call with its transaction, as both stand: locked and read, or required to stand as they were begun."""

from typing import Any

from django.db import connection
from django.db.models import BigIntegerField, QuerySet, Value
from django.db.models.functions import Coalesce

from solitude import prepared
from solitude.payments.contract import Operation, Result
from solitude.payments.models import ProviderCall
from solitude.transactions.locks import TOLD_OF
from solitude.transactions.models import CallOutcome

# Those that only whoever has begun them carries out, and whose result concerns one transaction.
_OF_ITS_ROW = (Operation.PAY, Operation.CAPTURE)


def locked(pk: int) -> ProviderCall:
    """The call with its transaction, both locked, and what the event tells of, in one statement."""
    return _locked.first(pk) or ProviderCall.objects.select_for_update().get(pk=pk)


def _with_transaction(pk: int, *besides: str) -> QuerySet[ProviderCall]:
    """Both locked, and read with what a transaction refers to by these names."""
    calls = ProviderCall.objects.all()
    joins = ["transaction", *(f"transaction__{name}" for name in besides)]
    if connection.features.has_select_for_update_of:
        # PostgreSQL locks no row that an outer join may leave out: this condition makes the join an inner one.
        joined = (
            calls.filter(transaction__type__gte=0).select_related(*joins).select_for_update(of=("self", "transaction"))
        )
        return joined.filter(pk=pk)
    # SQLite's transactions are alone from BEGIN on (see solitude.sqlite).
    return calls.select_related(*joins).filter(pk=pk)


_locked = prepared.Found(lambda pk: _with_transaction(pk, *TOLD_OF), int)


def concerns_its_row_alone(call: ProviderCall, result: Result) -> bool:
    """Whether what this process knows of a call that it has begun is enough to record its result. What follows from a refused credential
    looks further than call and transaction."""
    is_of_its_row = call.operation in _OF_ITS_ROW and call.transaction is not None
    return call.is_begun_here and is_of_its_row and not result.credential_refused


def _standing(call: ProviderCall) -> tuple[int | str, ...]:
    """Where call and transaction stand: every change of a transaction counts, but of when it is asked about again, which each move sets."""
    row: Any = call.transaction
    product = row.seller_product
    seller = row.seller or (product and product.seller)
    names = (row.buyer and row.buyer.uuid, seller and seller.uuid, product and product.public_id)
    return (call.pk, call.takeovers, row.counter, row.uuid, *(name or "" for name in names))


def _where_it_stood(pk: int, takeovers: int, counter: int, *names: str) -> QuerySet[ProviderCall]:
    uuid, buyer, seller, product = names
    nobody = Value("")
    found = _with_transaction(pk).alias(
        # Django looks for no number that is beyond its column's, and what stands here while it writes the statement is.
        taken=Coalesce("takeovers", 0, output_field=BigIntegerField()),
        changed=Coalesce("transaction__counter", 0, output_field=BigIntegerField()),
        buyer_named=Coalesce("transaction__buyer__uuid", nobody),
        seller_named=Coalesce("transaction__seller__uuid", "transaction__seller_product__seller__uuid", nobody),
        product_named=Coalesce("transaction__seller_product__public_id", nobody),
    )
    stood = found.filter(outcome=CallOutcome.NONE, taken=takeovers, changed=counter, transaction__uuid=uuid)
    return stood.filter(buyer_named=buyer, seller_named=seller, product_named=product).only("id", "transaction__id")


_as_begun = prepared.Found(_where_it_stood, int, int, int, str, str, str, str)


def require_as_begun(call: ProviderCall) -> None:
    """The transaction that is under way fails, with an error for which `prepared.is_missing` is true, if anybody has touched call or
    transaction since this process began them."""
    prepared.require_later(_as_begun, *_standing(call))
