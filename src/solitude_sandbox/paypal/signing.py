"""The keys with which the simulated PayPal signs its messages: a root, and a leaf that PayPal's own certificate resembles.

What is signed: developer.paypal.com/api/rest/webhooks/rest/ - transmission id, time, webhook id and the CRC-32 of the
raw body as a decimal number, joined by `|`; RSASSA-PKCS1-v1_5 with SHA-256, in base64.
"""

import base64
import binascii
import datetime
import threading
import uuid
import zlib
from dataclasses import dataclass
from functools import lru_cache

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from solitude_sandbox.clock import stamp
from solitude_sandbox.parcels import Message

ALGORITHM = "SHA256withRSA"
AUTH_VERSION = "v2"
# The name that PayPal's sandbox has in its certificate.
COMMON_NAME = "messageverificationcerts.sandbox.paypal.com"
KEY_BITS = 2048
VALID_BEFORE_AND_AFTER = datetime.timedelta(days=10 * 365)
SIGNATURES_KEPT = 4_096

# Not a real namespace: transmission ids follow from the event and the webhook, so that a repeat has the same one.
_TRANSMISSIONS = uuid.UUID("5a4db0c8-7f0e-5d0b-9a53-7061797061ff")


@dataclass(frozen=True)
class _Keys:
    leaf: rsa.RSAPrivateKey
    chain_pem: str
    root_pem: str


class Signer:
    """Signs and checks. Thread-safe. The keys are made when they are first needed: that takes a moment.

    Certificates are valid by real time, whatever the simulator's clock says: the reader's library looks at real time.
    """

    def __init__(self, certificate_id: str) -> None:
        self.certificate_path = f"/v1/notifications/certs/{certificate_id}"
        self._lock = threading.Lock()
        self._made: _Keys | None = None
        self._signature = lru_cache(SIGNATURES_KEPT)(self._sign)

    @property
    def chain_pem(self) -> str:
        """The leaf and its root, as PEM."""
        return self._keys().chain_pem

    @property
    def root_pem(self) -> str:
        """The root alone: what a reader must trust."""
        return self._keys().root_pem

    def headers(self, event: Message, webhook_id: str, base: str) -> dict[str, str]:
        """The headers under which the event is sent to the webhook; always the same ones."""
        transmission_id = str(uuid.uuid5(_TRANSMISSIONS, f"{event.id}|{webhook_id}"))
        time = stamp(event.created)
        message = _message(transmission_id, time, webhook_id, event.body.encode())
        return {
            "PAYPAL-TRANSMISSION-ID": transmission_id,
            "PAYPAL-TRANSMISSION-TIME": time,
            "PAYPAL-TRANSMISSION-SIG": self._signature(message),
            "PAYPAL-CERT-URL": f"{base}{self.certificate_path}",
            "PAYPAL-AUTH-ALGO": ALGORITHM,
            "PAYPAL-AUTH-VERSION": AUTH_VERSION,
        }

    def verifies(self, signature: str, transmission_id: str, time: str, webhook_id: str, body: bytes) -> bool:
        """Whether this signer made the signature, for exactly this."""
        message = _message(transmission_id, time, webhook_id, body)
        try:
            raw = base64.b64decode(signature, validate=True)
            self._keys().leaf.public_key().verify(raw, message, padding.PKCS1v15(), hashes.SHA256())
        except (InvalidSignature, binascii.Error, ValueError):
            return False
        return True

    def _sign(self, message: bytes) -> str:
        return base64.b64encode(self._keys().leaf.sign(message, padding.PKCS1v15(), hashes.SHA256())).decode()

    def _keys(self) -> _Keys:
        with self._lock:
            if self._made is None:
                self._made = _make_keys()
            return self._made


def _message(transmission_id: str, time: str, webhook_id: str, body: bytes) -> bytes:
    return f"{transmission_id}|{time}|{webhook_id}|{zlib.crc32(body)}".encode()


def _make_keys() -> _Keys:
    root_key, leaf_key = (rsa.generate_private_key(public_exponent=65537, key_size=KEY_BITS) for _ in range(2))
    root_name = _name("Sandbox root of the PayPal simulator")
    root = (
        _certificate(root_name, root_name, root_key, root_key)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(certificates=True), critical=True)
        .sign(root_key, hashes.SHA256())
    )
    leaf = (
        _certificate(_name(COMMON_NAME), root_name, leaf_key, root_key)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(certificates=False), critical=True)
        .add_extension(
            x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]), critical=False
        )
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(COMMON_NAME)]), critical=False)
        .sign(root_key, hashes.SHA256())
    )
    root_pem, leaf_pem = (each.public_bytes(serialization.Encoding.PEM).decode() for each in (root, leaf))
    return _Keys(leaf_key, leaf_pem + root_pem, root_pem)


def _certificate(
    subject: x509.Name, issuer: x509.Name, key: rsa.RSAPrivateKey, issuer_key: rsa.RSAPrivateKey
) -> x509.CertificateBuilder:
    """What root and leaf have in common."""
    now = datetime.datetime.now(datetime.UTC)
    return (
        x509.CertificateBuilder(subject_name=subject, issuer_name=issuer, public_key=key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - VALID_BEFORE_AND_AFTER)
        .not_valid_after(now + VALID_BEFORE_AND_AFTER)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(x509.AuthorityKeyIdentifier.from_issuer_public_key(issuer_key.public_key()), critical=False)
    )


def _name(common_name: str) -> x509.Name:
    organisation = x509.NameAttribute(NameOID.ORGANIZATION_NAME, "Solitude sandbox, not PayPal")
    return x509.Name([organisation, x509.NameAttribute(NameOID.COMMON_NAME, common_name)])


def _usage(*, certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not certificates,
        content_commitment=False,
        key_encipherment=not certificates,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=certificates,
        crl_sign=certificates,
        encipher_only=False,
        decipher_only=False,
    )
