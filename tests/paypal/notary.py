"""Who vouches for PayPal's signing key in tests: authorities, certificates good and bad, and signed notifications."""

import base64
import zlib
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.x509.oid import NameOID
from django.test import override_settings
from tests.outbound import peers
from tests.outbound.peers import Peer, Script

NAME = "messageverificationcerts.sandbox.paypal.com"
WEBHOOK_ID = "WH-4R5T6Y7U"
NOW = datetime(2026, 11, 28, 12, 0, tzinfo=UTC)
BODY = b'{"id": "WH-1", "event_type": "PAYMENT.CAPTURE.COMPLETED",  "resource": {"id": "3C6"}}'
PATH = "/v1/notifications/certs/CERT-1"

Key = rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey


@cache
def rsa_key(purpose: str, bits: int = 2048) -> rsa.RSAPrivateKey:
    """Made once for each purpose: they take their time."""
    return rsa.generate_private_key(65537, bits)


def name_of(*common_names: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name) for name in common_names])


@dataclass(frozen=True)
class Certified:
    """A certificate and its key."""

    certificate: x509.Certificate
    key: Key

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(serialization.Encoding.PEM)


def certify(
    subject: x509.Name,
    key: Key,
    issuer: Certified | None,
    *,
    extensions: tuple[tuple[x509.ExtensionType, bool], ...] = (),
    starts: timedelta = timedelta(days=-30),
    ends: timedelta = timedelta(days=30),
) -> Certified:
    """A certificate by `issuer`, or by its own key."""
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer.certificate.subject if issuer else subject)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(NOW + starts)
        .not_valid_after(NOW + ends)
    )
    for extension, critical in extensions:
        builder = builder.add_extension(extension, critical)
    return Certified(builder.sign(issuer.key if issuer else key, hashes.SHA256()), key)


def _signs(*, certificates: bool) -> tuple[x509.ExtensionType, bool]:
    usage = x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=None,  # type: ignore[arg-type]  # they say nothing without key agreement
        decipher_only=None,  # type: ignore[arg-type]
    )
    return usage, True


OF_AUTHORITIES = ((x509.BasicConstraints(ca=True, path_length=None), True), _signs(certificates=True))
OF_LEAVES = ((x509.BasicConstraints(ca=False, path_length=None), True), _signs(certificates=False))


@cache
def root(name: str = "a root", **more: Any) -> Certified:
    return certify(name_of(name), rsa_key(name), None, extensions=OF_AUTHORITIES, **more)


@cache
def between(**more: Any) -> Certified:
    return certify(name_of("between"), rsa_key("between"), root(), extensions=OF_AUTHORITIES, **more)


def leaf(*names: str, key: Key | None = None, issuer: Certified | None = None, **more: Any) -> Certified:
    """PayPal's signing certificate, or one that pretends to be."""
    extensions = more.pop("extensions", OF_LEAVES)
    subject = name_of(*(names or (NAME,)))
    return certify(subject, key or rsa_key("leaf"), issuer or between(), extensions=extensions, **more)


@cache
def genuine() -> Certified:
    return leaf()


def answer_of(body: bytes, status: bytes = b"200 OK", more: bytes = b"") -> bytes:
    return b"HTTP/1.1 %b\r\n%bContent-Length: %d\r\n\r\n%b" % (status, more, len(body), body)


def chain_of(*certified: Certified) -> bytes:
    return b"".join(one.pem for one in certified)


def good_chain() -> bytes:
    return chain_of(genuine(), between())


def serving(*bodies: bytes) -> Script:
    """Answers with these PEM files in turn."""
    return peers.answering(*map(answer_of, bodies))


@dataclass(frozen=True)
class Notification:
    """A notification as it arrives; `changed` gives one with other headers or another body."""

    headers: Mapping[str, str]
    body: bytes = BODY

    def changed(self, body: bytes | None = None, **headers: str | None) -> "Notification":
        """Headers by their last word: `sig`, `url`, `algo`, `id`, `time`; None leaves one out."""
        given = {_HEADERS[word]: value for word, value in headers.items()}
        merged = {name: value for name, value in {**self.headers, **given}.items() if value is not None}
        return Notification(merged, self.body if body is None else body)


_HEADERS = {
    "id": "PAYPAL-TRANSMISSION-ID",
    "time": "PAYPAL-TRANSMISSION-TIME",
    "sig": "PAYPAL-TRANSMISSION-SIG",
    "url": "PAYPAL-CERT-URL",
    "algo": "PAYPAL-AUTH-ALGO",
}


def signature(message: bytes, key: Key | None = None) -> str:
    signer = key or rsa_key("leaf")
    assert isinstance(signer, rsa.RSAPrivateKey)
    return base64.b64encode(signer.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode()


def signed(url: str, body: bytes = BODY, key: Key | None = None, webhook_id: str = WEBHOOK_ID) -> Notification:
    """A notification as PayPal would sign it, with the certificate at the URL."""
    sent_id, sent_at = "69cd13f0-d67a-11e5-baa3-778b53f4ae55", "2026-11-28T11:59:58Z"
    message = f"{sent_id}|{sent_at}|{webhook_id}|{zlib.crc32(body)}".encode()
    values = {"id": sent_id, "time": sent_at, "sig": signature(message, key), "url": url, "algo": "SHA256withRSA"}
    return Notification({_HEADERS[word]: value for word, value in values.items()}, body)


@dataclass
class Paypal:
    """Where PayPal's certificates lie in a test."""

    peer: Peer
    url: str = field(init=False)

    def __post_init__(self) -> None:
        self.url = self.peer.url + PATH

    @property
    def fetches(self) -> int:
        return len(self.peer.requests)


@contextmanager
def paypal_with(*scripts: Script, folder: Path, trusted: tuple[Certified, ...] | None = None) -> Iterator[Paypal]:
    """PayPal's certificates behind this peer, and the settings to believe them."""
    with Peer(*(scripts or (serving(good_chain()),))) as peer:
        file = folder / f"trusted-{peer.url.rpartition(':')[2]}.pem"
        file.write_bytes(chain_of(*(trusted or (root(),))))
        with override_settings(
            SOLITUDE_PAYPAL_WEBHOOK_ID=WEBHOOK_ID,
            SOLITUDE_PAYPAL_CERT_URLS_ALLOWED=(f"{peer.url}/v1/notifications/certs",),
            SOLITUDE_PAYPAL_CERT_CA=file,
        ):
            yield Paypal(peer)
