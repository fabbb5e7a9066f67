"""What the rooms below are given of Bango when the process starts."""

from solitude.providers.bango import records
from solitude.providers.bango.names import NAME
from solitude.sellers.models import parts, seller_uuids


def offer() -> None:
    parts.offer(NAME, records.seller_part, "bango", records.PackagePart)
    seller_uuids.offer(NAME, records.seller_uuid, "bango__seller_bango__seller", str | None)
