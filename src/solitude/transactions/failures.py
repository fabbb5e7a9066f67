"""Products whose last transaction failed: what is sold, and can perhaps not be bought just now."""

from django.db.models import Exists, OuterRef, Q, QuerySet

from solitude.transactions.models import Status, Transaction

# The newest failures are looked at, whatever the number of transactions. What is older is cut.
FAILURES_MAX = 10_000
PRODUCTS_MAX = 1_000


def failed_products() -> QuerySet[Transaction]:
    """The last transaction of each product where that is failed, the newest first; at most PRODUCTS_MAX.

    The last is the one that was modified last, of two at the same moment the one with the higher pk. One query; the index
    `transactions_failed` finds the failures, `transactions_of_product` what came after each.
    """
    failed = Transaction.objects.filter(status=Status.FAILED, seller_product__isnull=False)
    newest = failed.order_by("-modified", "-pk")[:FAILURES_MAX]
    later = Transaction.objects.filter(
        Q(modified__gt=OuterRef("modified")) | Q(pk__gt=OuterRef("pk")),
        seller_product=OuterRef("seller_product"),
        modified__gte=OuterRef("modified"),  # said once more, because the index ends its search by it
    )
    return Transaction.objects.filter(~Exists(later), pk__in=newest.values("pk")).order_by("-modified", "-pk")[
        :PRODUCTS_MAX
    ]
