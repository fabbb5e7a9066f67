"""Whether a notification comes from PayPal: its signature over the raw body, checked here or by PayPal itself.

Nothing of the body is read for its meaning before that. The signature is RSASSA-PKCS1-v1_5 with SHA-256 over
`id|time|webhook id|CRC-32 of the body`, as https://developer.paypal.com/api/rest/webhooks/rest/ describes it; the header
that names an algorithm does not choose one. How old a transmission may be is not asked: PayPal tries for three days,
and whoever reads events knows by their ids which came before.
"""

import base64
import binascii
import json
import re
import threading
import zlib
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding
from django.conf import settings

from solitude.outbound import ways
from solitude.outbound.http import Outlet
from solitude.payments.contract import Verdict
from solitude.providers.paypal.names import CERTIFICATES_WAY, NAME, VERIFICATION_WAY
from solitude.providers.paypal.rest import certificates
from solitude.providers.paypal.rest.certificates import Certificates, NoKey
from solitude.providers.paypal.rest.wire import Ask, Failed, TokenRefused, Wire
from solitude.telemetry.logs import get_logger

log = get_logger("solitude.paypal")

ALGORITHM = "SHA256withRSA"
ONLINE_PATH = "/v1/notifications/verify-webhook-signature"
HEADERS = (
    "paypal-transmission-id",
    "paypal-transmission-time",
    "paypal-transmission-sig",
    "paypal-cert-url",
    "paypal-auth-algo",
)
# Base64 of the signature of an RSA key of 8192 bits; PayPal's has 2048.
HEADER_MAX_CHARS = 1368
# The bar parts the fields of the signed message, so none of them may hold one.
_PLAIN = re.compile(rf"[\x21-\x7b\x7d\x7e]{{1,{HEADER_MAX_CHARS}}}")


@dataclass(frozen=True, slots=True)
class Verified:
    """The verdict, and a word why it is not GENUINE."""

    verdict: Verdict
    reason: str = ""


@dataclass(frozen=True, slots=True)
class Transmission:
    """The headers of a notification, each of a form in which PayPal could have sent it."""

    id: str
    time: str
    signature: str
    certificate_url: str
    algorithm: str


GENUINE = Verified(Verdict.GENUINE)


def verify(headers: Mapping[str, str], body: bytes, now: datetime) -> Verified:
    """Whether the notification is PayPal's, for our webhook. May fetch a certificate or ask PayPal, so hold no transaction.

    `headers` has names in any case; `body` is as it came, byte for byte; `now` is aware.
    """
    if settings.SOLITUDE_PAYPAL_VERIFY_ONLINE:
        return verify_online(_wire(), headers, body)
    sent = _transmission(headers)
    if isinstance(sent, Verified):
        return sent
    key = _certificates().key(sent.certificate_url, now.astimezone(UTC))
    if isinstance(key, NoKey):
        return _undecided(key.reason) if key.later else _forged(key.reason)
    signature = _decoded(sent.signature)
    if signature is None:
        return _forged("bad_signature")
    for webhook_id in _webhook_ids():
        with suppress(InvalidSignature):
            key.verify(signature, _message(sent, webhook_id, body), padding.PKCS1v15(), hashes.SHA256())
            return GENUINE
    return _forged("bad_signature")


def verify_online(wire: Wire, headers: Mapping[str, str], body: bytes) -> Verified:
    """Asks PayPal whether the notification is its own."""
    sent = _transmission(headers)
    if isinstance(sent, Verified):
        return sent
    if not _is_one_object(body):
        return _forged("bad_body")
    said = [_asked(wire, sent, webhook_id, body) for webhook_id in _webhook_ids()]
    undecided = [one for one in said if one.verdict is not Verdict.FORGED]
    return GENUINE if GENUINE in said else (undecided or said)[0]


def _asked(wire: Wire, sent: Transmission, webhook_id: str, body: bytes) -> Verified:
    # An event has ids of stored credentials, which no log may show.
    raw_body = _question(sent, webhook_id, body)
    ask = Ask("POST", ONLINE_PATH, "verify_notification", raw_body=raw_body, vault=True)
    try:
        reply = wire.ask(ask)
    except TokenRefused:
        log.error("paypal_credentials_refused", operation=ask.operation)
        return _undecided("credentials_refused")
    if isinstance(reply, Failed) or reply.status != 200:
        return _undecided("paypal_unreachable")
    match reply.body.get("verification_status"):
        case "SUCCESS":
            return GENUINE
        case "FAILURE":
            return _forged("bad_signature")
    return _undecided("answer_not_understood")


def _transmission(headers: Mapping[str, str]) -> Transmission | Verified:
    """The headers, or the verdict on them, before anything is fetched."""
    given = [(name.lower(), value) for name, value in headers.items() if name.lower() in HEADERS]
    found = dict(given)
    if not all(found.get(name) for name in HEADERS):
        return _forged("missing_header")
    if len(given) != len(found) or not all(map(_PLAIN.fullmatch, found.values())):
        return _forged("bad_header")
    sent = Transmission(*(found[name] for name in HEADERS))
    if sent.algorithm.lower() != ALGORITHM.lower():
        return _forged("algorithm")
    if not _certificates().may_fetch(sent.certificate_url):
        return _forged("certificate_url")
    if not settings.SOLITUDE_PAYPAL_WEBHOOK_ID:
        log.error("paypal_webhook_id_missing")
        return _undecided("not_configured")
    return sent


def _webhook_ids() -> list[str]:
    """Ours, or both while one takes the place of the other."""
    given: str = settings.SOLITUDE_PAYPAL_WEBHOOK_ID
    return given.split(",")


def _message(sent: Transmission, webhook_id: str, body: bytes) -> bytes:
    return f"{sent.id}|{sent.time}|{webhook_id}|{zlib.crc32(body)}".encode("ascii")


def _decoded(signature: str) -> bytes | None:
    try:
        decoded = base64.b64decode(signature, validate=True)
    except binascii.Error:
        return None
    # Base64 has several texts for the same bytes; only one of them is what PayPal wrote.
    return decoded if base64.b64encode(decoded).decode() == signature else None


def _question(sent: Transmission, webhook_id: str, body: bytes) -> bytes:
    """The JSON of the online check, with the event's own bytes in it: written anew it would have another CRC."""
    fields = {
        "auth_algo": sent.algorithm,
        "cert_url": sent.certificate_url,
        "transmission_id": sent.id,
        "transmission_sig": sent.signature,
        "transmission_time": sent.time,
        "webhook_id": webhook_id,
    }
    return json.dumps(fields)[:-1].encode() + b', "webhook_event": ' + body + b"}"


def _is_one_object(body: bytes) -> bool:
    """Whether the body is one JSON object and nothing after it.

    `{}, "webhook_id": "another's"` would ask PayPal about another webhook, and the answer would be SUCCESS.
    """
    try:
        # The numbers stay texts: how large they are does not matter here.
        value = json.loads(body.decode(), parse_int=str, parse_float=str, parse_constant=_no_constant)
    except (ValueError, RecursionError):
        return False
    return isinstance(value, dict)


def _no_constant(name: str) -> None:
    """NaN and Infinity are none of JSON's words."""
    raise ValueError(name)


def _forged(reason: str) -> Verified:
    return Verified(Verdict.FORGED, reason)


def _undecided(reason: str) -> Verified:
    return Verified(Verdict.UNDECIDED, reason)


_making = threading.Lock()


def _certificates() -> Certificates:
    """Those of this process, made when they are first needed."""
    with _making:
        return _certificates_under(
            tuple(settings.SOLITUDE_PAYPAL_CERT_URLS_ALLOWED),
            settings.SOLITUDE_PAYPAL_CERT_CA,
            _simulators_ca_url(),
            ways.is_proxied(NAME),
            settings.SOLITUDE_PAYPAL_CONNECT_TIMEOUT_MS,
            settings.SOLITUDE_PAYPAL_TIMEOUT_MS,
        )


@lru_cache(maxsize=1)
def _certificates_under(
    allowed: tuple[str, ...],
    ca_file: Path | None,
    simulator_ca_url: str,
    is_proxied: bool,  # noqa: FBT001  # part of the cache's key
    connect_timeout_ms: int,
    timeout_ms: int,
) -> Certificates:
    return Certificates(
        allowed=allowed,
        ca_file=ca_file,
        simulator_ca_url=simulator_ca_url,
        sender=ways.sender(CERTIFICATES_WAY) if is_proxied else None,
        connect_timeout_ms=connect_timeout_ms,
        timeout_ms=timeout_ms,
    )


def local_outlet() -> Outlet:
    """The way to the certificates where there is no proxy."""
    return certificates.outlet(
        tuple(settings.SOLITUDE_PAYPAL_CERT_URLS_ALLOWED),
        "" if settings.SOLITUDE_PAYPAL_CERT_CA else _simulators_ca_url(),
        settings.SOLITUDE_PAYPAL_CONNECT_TIMEOUT_MS,
        settings.SOLITUDE_PAYPAL_TIMEOUT_MS,
    )


def _simulators_ca_url() -> str:
    return str(settings.PAYPAL_SIMULATOR_CA_URL) if settings.SOLITUDE_DEBUG else ""


def _wire() -> Wire:
    """A way to PayPal of its own: however many notifications come, payments keep their connections."""
    with _making:
        return _wire_to(settings.SOLITUDE_PAYPAL_URL)


@lru_cache(maxsize=1)
def _wire_to(_: str) -> Wire:
    return Wire(VERIFICATION_WAY)
