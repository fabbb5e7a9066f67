"""What checks of products have come to, as long as it is kept: see `statuses`."""

from datetime import timedelta

from django.conf import settings
from django.db.models import OuterRef, QuerySet, Subquery
from django.db.models.functions import Now

from solitude.providers.bango.models import ProductBango, StatusBango
from solitude.sellers.statuses import BadStatus


def bad(most: int) -> list[BadStatus]:
    """Products whose last check is bad, the last one that was checked first."""
    last = StatusBango.objects.filter(seller_product_bango=OuterRef("pk")).order_by("-pk").values("pk")[:1]
    rows = (
        StatusBango.objects.filter(
            pk__in=ProductBango.objects.annotate(last=Subquery(last)).values("last"), status=StatusBango.Status.BAD
        )
        .order_by("-pk")
        .values_list("pk", "errors", "seller_product_bango__seller_product__external_id")
    )
    return [{"id": pk, "errors": errors, "product_id": external_id} for pk, errors, external_id in rows[:most]]


def over() -> QuerySet[StatusBango]:
    """Checks that have been kept for long enough."""
    life = timedelta(days=settings.SOLITUDE_BANGO_STATUSES_LIFETIME_DAYS)
    return StatusBango.objects.filter(created__lt=Now() - life)
