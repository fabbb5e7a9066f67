"""How long transactions lead to persons. The sums are the books', and stay."""

from typing import Any
from uuid import uuid4

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat, Now

from solitude.retention.classes import Action, DataClass, Hold, also, declare, declared
from solitude.transactions.models import PAID, ExportMarker, RevenueDelivery, Status, Transaction

ANONYMISED = "anonymised:"
# What may still come to something else.
OPEN = (Status.PENDING, Status.STARTED, Status.RECEIVED)
STILL_OPEN = Hold("still open", lambda: Q(status__in=OPEN))


def declare_transactions() -> None:
    declare(
        DataClass(
            name="transactions",
            what="Transactions: who paid, and under which names the provider has it",
            action=Action.ANONYMISE,
            then="The buyer, the uuid, the provider's ids and texts go, and no client can change the row any more. "
            "Amounts, currency, state, type, product, provider and times stay, so that the sums of each year stay "
            "what they were.",
            why="Vouchers are kept for eight, books for ten years from the end of their year on (HGB §257, AO §147): "
            "with the rest of the first year that is up to eleven. For so long the law that asks for them goes before "
            "erasure (GDPR, Art. 17(3)(b)). What is left is about nobody (GDPR, recital 26).",
            of_erased="what was paid stays with the provider's ids, under an account without a name: tax law asks for it",
            rows=lambda: Transaction.objects.filter(anonymised_at=None),
            since="modified",
            act=_anonymise,
            holds=(
                STILL_OPEN,
                Hold("a refund of it is still open", _has_open_relation),
                Hold("revenue that has not been delivered", _is_undelivered),
            ),
        ),
        DataClass(
            name="transaction_notes",
            what="The free text of transactions (`notes`), and the address at which the buyer paid",
            action=Action.TRUNCATE,
            then="Both become empty.",
            why="Nobody knows what clients write there. It serves support and disputes, which card schemes allow for up to 540 days.",
            rows=lambda: Transaction.objects.filter(HAS_TEXT),
            since="modified",
            act=_empty,
            holds=(STILL_OPEN,),
            of_buyer=lambda pk: Q(buyer=pk),
        ),
    )
    for name in ("buyers", "pins"):
        also(name, hold=Hold("has paid since", lambda name=name: _has_paid_since(name)))  # type: ignore[misc]
    also("closed_buyers", hold=Hold("a transaction is its buyer's", lambda: Q(Exists(_of_this_buyer()))))


HAS_TEXT = Q(notes__isnull=False) | Q(pay_url__isnull=False)


def is_anonymised(row: Transaction) -> bool:
    return row.anonymised_at is not None


def _of_this_buyer() -> QuerySet[Transaction]:
    return Transaction.objects.filter(buyer=OuterRef("pk"))


def _has_paid_since(name: str) -> Q:
    """Within the period of that class of buyers."""
    return Q(Exists(_of_this_buyer().filter(modified__gte=declared()[name].cutoff())))


def _has_open_relation() -> Q:
    return Q(Exists(Transaction.objects.filter(related=OuterRef("pk"), status__in=OPEN)))


def _is_undelivered() -> Q:
    """Where revenue is delivered at all: what is paid and was in no delivery that has arrived."""
    is_in_use = RevenueDelivery.objects.exists()
    under_way = Exists(ExportMarker.of_revenue(delivery__isnull=False, delivery__delivered_at=None))
    return Q(under_way) | (Q(status__in=PAID) & ~Q(ExportMarker.has_arrived())) if is_in_use else Q(under_way)


def _anonymise(pks: list[Any]) -> int:
    # No name that a client or another house has given already, and that of its row would be one.
    batch = uuid4()
    return Transaction.objects.filter(pk__in=pks).update(
        uuid=Concat(Value(f"{ANONYMISED}{batch}:"), Cast("pk", CharField())),
        buyer=None,
        uid_pay=None,
        uid_support=None,
        taken_id=None,
        pay_url=None,
        notes=None,
        status_reason=None,
        carrier=None,
        follow_up_at=None,
        anonymised_at=Now(),
        counter=F("counter") + 1,
    )


def _empty(pks: list[Any]) -> int:
    return Transaction.objects.filter(pk__in=pks).update(notes=None, pay_url=None, counter=F("counter") + 1)
