"""What the rooms below are given of the reference provider when the process starts."""

from solitude.providers.reference.names import NAME
from solitude.sellers.models import Product, seller_uuids


def offer() -> None:
    seller_uuids.offer(NAME, _seller_uuid, "reference__seller_reference__seller", str | None)


def _seller_uuid(product: Product) -> str | None:
    """Who sells the product there; it may be another seller than the product's own."""
    row = getattr(product, "reference", None)
    return row.seller_reference.seller.uuid if row else None
