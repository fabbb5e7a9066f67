"""What the rooms below are given of the reference provider when the process starts."""

from django.conf import settings

from solitude.outbound import probes
from solitude.providers.reference.configured import ReferenceProvider
from solitude.providers.reference.names import NAME
from solitude.sellers.models import Product, seller_uuids


def offer() -> None:
    seller_uuids.offer(NAME, _seller_uuid, "reference__seller_reference__seller", str | None)


def offer_provider(provider: ReferenceProvider) -> None:
    """One of those that the settings name. Where they name none, what speaks to one is not imported."""
    from solitude.providers.reference.way import ReferenceWay
    from solitude.providers.reference.wire import wire
    from solitude.routing import way

    wire(provider).offer()
    probes.offer(
        probes.Probe(
            provider.name, provider.url, settings.SOLITUDE_STATUS_PROBE_TIMEOUT_MS, method="GET", path="/status"
        )
    )
    way.offer(ReferenceWay(provider.name))


def _seller_uuid(product: Product) -> str | None:
    """Who sells the product there; it may be another seller than the product's own."""
    row = getattr(product, "reference", None)
    return row.seller_reference.seller.uuid if row else None
