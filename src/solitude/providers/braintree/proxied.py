"""Braintree's ways out of the house. Each may lead through the proxy, which then has the keys, and this process has none."""

from django.conf import settings

from solitude.outbound import ways, xml
from solitude.outbound.ways import Sender
from solitude.providers.braintree import passing, wire
from solitude.providers.braintree.names import NAME, PROVING_WAY
from solitude.providers.braintree.proving import Prover


def offer() -> None:
    """To be called before any of them is used."""
    timeout_ms = settings.SOLITUDE_BRAINTREE_TIMEOUT_MS
    connect_timeout_ms = settings.SOLITUDE_BRAINTREE_CONNECT_TIMEOUT_MS
    ways.offer(
        NAME,
        _gateway,
        service=NAME,
        headers=passing.HEADERS,
        timeout_ms=timeout_ms,
        connect_timeout_ms=connect_timeout_ms,
        max_answer_bytes=xml.DOCUMENT_MAX_BYTES,
    )
    ways.offer(PROVING_WAY, Prover, service=NAME, timeout_ms=timeout_ms, connect_timeout_ms=connect_timeout_ms)


def _gateway() -> Sender:
    return passing.Passing(wire.local_outlet())
