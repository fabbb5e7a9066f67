"""PayPal's ways out of the house. Each may lead through the proxy, which then has the credentials, and this process has none."""

from django.conf import settings

from solitude.outbound import ways
from solitude.outbound.ways import Sender
from solitude.providers.paypal.classic import passing as classic_passing
from solitude.providers.paypal.classic import wire as classic
from solitude.providers.paypal.ipn import verification as ipn
from solitude.providers.paypal.names import (
    CERTIFICATES_WAY,
    CLASSIC_WAY,
    IPN_WAY,
    NAME,
    SELLER,
    TOKEN,
    VERIFICATION_WAY,
)
from solitude.providers.paypal.rest import certificates, passing, verification, wire

# For one call the proxy may have to send several: for a token, the call, and both again where PayPal no longer takes the token. The lease
# of a call is longer than this.
SENT_FOR_ONE = 3


def offer() -> None:
    """To be called before any of them is used."""
    timeout_ms = settings.SOLITUDE_PAYPAL_TIMEOUT_MS
    connect_timeout_ms = settings.SOLITUDE_PAYPAL_CONNECT_TIMEOUT_MS
    for name in (NAME, VERIFICATION_WAY):
        ways.offer(
            name,
            _rest,
            service=NAME,
            headers=(*passing.HEADERS, SELLER, TOKEN),
            timeout_ms=SENT_FOR_ONE * timeout_ms,
            connect_timeout_ms=connect_timeout_ms,
        )
    ways.offer(
        CLASSIC_WAY,
        _classic,
        service=NAME,
        headers=(TOKEN,),
        timeout_ms=timeout_ms,
        connect_timeout_ms=connect_timeout_ms,
    )
    ways.offer(
        IPN_WAY,
        ipn.local_outlet,
        service=NAME,
        timeout_ms=timeout_ms,
        connect_timeout_ms=connect_timeout_ms,
        max_answer_bytes=ipn.ANSWER_MAX_BYTES,
    )
    ways.offer(
        CERTIFICATES_WAY,
        verification.local_outlet,
        service=NAME,
        timeout_ms=timeout_ms,
        connect_timeout_ms=connect_timeout_ms,
        max_answer_bytes=certificates.CHAIN_MAX_BYTES,
    )


def _classic() -> Sender:
    return classic_passing.Passing(classic.local_sender())


def _rest() -> Sender:
    return passing.Passing(wire.local_outlet())
