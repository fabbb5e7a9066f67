"""What the rooms below are given of Bango when the process starts."""

from django.conf import settings

from solitude.outbound import probes
from solitude.providers.bango import records, statuses, turns
from solitude.providers.bango.names import NAME
from solitude.sellers import statuses as seller_statuses
from solitude.sellers.models import parts, seller_uuids
from solitude.web import purge


def offer() -> None:
    parts.offer(NAME, records.seller_part, "bango", records.PackagePart)
    seller_uuids.offer(NAME, records.seller_uuid, "bango__seller_bango__seller", str | None)
    seller_statuses.offer(statuses.bad)
    purge.expiring(statuses.over)
    purge.expiring(turns.over)
    if settings.SOLITUDE_BANGO_PASSWORD:
        # Where nobody can be asked, it does not matter whether anybody is there.
        probes.offer(probes.Probe(NAME, settings.SOLITUDE_BANGO_URL, settings.SOLITUDE_STATUS_PROBE_TIMEOUT_MS))
