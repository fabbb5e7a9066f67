"""`/generic/transaction/`"""

from django.db import IntegrityError, transaction
from django.http import HttpResponse
from ninja import Router

from solitude import prepared
from solitude.transactions import changing, counting, states, timeline
from solitude.transactions.bodies import TransactionChange, TransactionIn
from solitude.transactions.locks import TOLD_OF
from solitude.transactions.models import Status, Transaction
from solitude.transactions.shown import Below, TransactionShown, below_of, found, shown_transaction, transaction_tag
from solitude.transactions.timeline import Timeline
from solitude.web import errors, etags, filters, paging
from solitude.web.answers import answer, created
from solitude.web.openapi import Page, query, unconditional
from solitude.web.refusals import BadFields, not_found
from solitude.web.requests import ApiRequest

router = Router()
# As the old server answered, and no other verb of no other path.
errors.silence("PUT", r"/generic/transaction/[0-9]+/")
FILTERS = {
    "uuid": filters.text("uuid", "The transaction's uuid."),
    "seller": filters.number("seller", "The primary key of the seller."),
    "provider": filters.number("provider", "The provider's number."),
}


@router.post("/transaction/", response={201: TransactionShown})
def create_transaction(request: ApiRequest, body: TransactionIn) -> HttpResponse:
    """Keeps a transaction for its client, in any state; payments through a provider write their own."""
    row = body.row()
    try:
        with transaction.atomic():
            states.keep(row)
            if request.claim is not None:
                # The answer is kept in the same commit, and names it.
                prepared.write_now()
                return _created(request, row)
        return _created(request, row)
    except IntegrityError:
        if Transaction.objects.filter(uuid=row.uuid).exists():
            raise BadFields(uuid="must be unique") from None
        raise BadFields(__all__=changing.CLASH) from None


def _created(request: ApiRequest, row: Transaction) -> HttpResponse:
    return created(request, shown_transaction(row, {}), tag=transaction_tag(row, {}))


@router.get("/transaction/", response=Page[TransactionShown], openapi_extra=query(FILTERS))
def list_transactions(request: ApiRequest) -> HttpResponse:
    """Transactions, the newest first, each with those that relate to it."""
    meta, rows = paging.page_of(request, Transaction.objects.all(), FILTERS, counting.count)
    below = below_of(rows)
    return paging.answer_of(
        request, meta, rows, lambda row: shown_transaction(row, below), lambda row: transaction_tag(row, below)
    )


@router.get("/transaction/{int:pk}/", response=TransactionShown)
def get_transaction(request: ApiRequest, pk: int) -> HttpResponse:
    """A transaction, with those that relate to it."""
    row, below = _found(request, pk)
    tag = transaction_tag(row, below)
    return etags.not_modified(request, tag) or answer(shown_transaction(row, below), ETag=tag)


def _found(request: ApiRequest, pk: int) -> tuple[Transaction, Below]:
    if paging.has_query(request):
        row = paging.one(request, Transaction.objects.all(), pk, FILTERS)
        return row, below_of([row])
    known = found(pk)
    if known is None:
        raise not_found()
    return known


@router.patch("/transaction/{int:pk}/", response=TransactionShown)
def patch_transaction(request: ApiRequest, pk: int, body: TransactionChange) -> HttpResponse:
    """Moves a transaction that its client keeps, or notes something. Only by the rules of its status, and for a day.

    Of a transaction about which a provider is asked only `notes` and `status_reason` can be changed; what is so already may be said.
    """
    with transaction.atomic():
        row = paging.one(request, Transaction.objects.select_related(*TOLD_OF), pk, FILTERS, lock=True)
        old = Status(row.status)
        changing.change(request, row, body)
    changing.tell_moved(request, old, Status(row.status))
    below = below_of([row])
    return answer(shown_transaction(row, below), ETag=transaction_tag(row, below))


@router.get("/transaction/{int:pk}/timeline/", response=Timeline, openapi_extra=unconditional())
def get_timeline(request: ApiRequest, pk: int) -> HttpResponse:
    """Why a transaction is where it is: what was asked, what the provider said, and every move, the oldest first."""
    row = paging.one(request, Transaction.objects.all(), pk, {})
    return answer(timeline.shown_timeline(row))
