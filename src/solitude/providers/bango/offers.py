"""What the rooms below are given of Bango when the process starts."""

from django.conf import settings

from solitude.outbound import probes, ways, xml
from solitude.providers.bango import checked, configured, records, turns
from solitude.providers.bango.names import NAME
from solitude.retention import classes as retention
from solitude.sellers import statuses as seller_statuses
from solitude.sellers.models import parts, seller_uuids
from solitude.web import purge


def offer() -> None:
    parts.offer(NAME, records.seller_part, "bango", records.PackagePart)
    seller_uuids.offer(NAME, records.seller_uuid, "bango__seller_bango__seller", str | None)
    seller_statuses.offer(checked.bad)
    purge.expiring(checked.over)
    purge.expiring(turns.over)
    retention.brief(
        retention.Brief(
            name="bango_statuses",
            what="Checks of products at Bango",
            ends="`SOLITUDE_BANGO_STATUSES_LIFETIME_DAYS` after the check",
            why="The last check of a product counts; no person stands in it.",
            rows=checked.over,
        ),
        retention.Brief(
            name="bango_turns",
            what="Who is asking Bango for what it would do twice",
            ends="with the request, or with its lease",
            why="It holds another request back.",
            rows=turns.over,
        ),
    )
    if configured.is_configured():
        # Where nobody can be asked, it does not matter whether anybody is there.
        probes.offer(probes.Probe(NAME, settings.SOLITUDE_BANGO_URL, settings.SOLITUDE_STATUS_PROBE_TIMEOUT_MS))


def offer_way() -> None:
    """To be called before it is used, and by nobody who does not: what speaks to Bango comes with it."""
    from solitude.providers.bango.soap import wire

    ways.offer(
        NAME,
        wire.local,
        timeout_ms=settings.SOLITUDE_BANGO_TIMEOUT_MS,
        connect_timeout_ms=settings.SOLITUDE_BANGO_CONNECT_TIMEOUT_MS,
        max_answer_bytes=xml.DOCUMENT_MAX_BYTES,
    )
