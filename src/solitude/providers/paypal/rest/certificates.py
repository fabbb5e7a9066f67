"""The certificates with which PayPal signs notifications: fetched from where a notification says, checked, and kept.

The URL comes from whoever sent the notification, so it is judged before anything is fetched, and a flood of forged
notifications must not make us a hammer: one fetch at a time for a URL, and none for a while after one that failed.

The chain is checked by `cryptography`'s verifier. Its ready-made profiles are those of TLS: a server's certificate must
have a subjectAltName and an authorityKeyIdentifier. Nothing that PayPal says promises them, and whom the certificate is
for is PayPal's old rule, the common name. So of the leaf we ask less (it is no authority, and if it names purposes, one
is TLS), and of every authority above it all that the profile of the web asks. RSA keys of authorities below 2048 bits
are refused there; that of the leaf is not, so it is measured here. Revocation is not looked up.
"""

import re
import threading
import time
import warnings
from collections import OrderedDict
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID
from cryptography.x509.verification import (
    Criticality,
    ExtensionPolicy,
    Policy,
    PolicyBuilder,
    Store,
    VerificationError,
)

from solitude.outbound.http import NoAnswer, NotSent, Outlet, Request
from solitude.outbound.roots import system_roots
from solitude.outbound.ways import Sender
from solitude.providers.paypal.forms.allowed_urls import is_within, parts_of
from solitude.providers.paypal.names import CERTIFICATES_WAY
from solitude.telemetry.logs import get_logger
from solitude.turns import aside

log = get_logger("solitude.paypal")

PAYPALS = tuple(
    f"https://{host}.paypal.com/v1/notifications/certs" for host in ("api", "api-m", "api.sandbox", "api-m.sandbox")
)
NAMES = frozenset({"messageverificationcerts.paypal.com", "messageverificationcerts.sandbox.paypal.com"})
URL_MAX_CHARS = 500
# Nothing that two parsers could read differently: no user, query, fragment, escape, empty segment or dot segment.
_PLAIN_URL = re.compile(r"https?://([a-z0-9.-]+|\[[0-9a-f:]+\])(:[1-9][0-9]{0,4})?(/[A-Za-z0-9_-][A-Za-z0-9._-]*)+")
CHAIN_MAX_BYTES = 64 * 1024
CHAIN_MAX_CERTIFICATES = 10
RSA_LEAST_BITS = 2048
FETCHES_AT_ONCE = 8
# PayPal has a handful of certificates, each at a URL of its own that never changes.
KEPT_MAX = 32
KEPT_FOR_S = 24 * 3600
# Fetches that failed. While there are as many, no URL at which nothing was found yet is fetched at all.
FAILURES_MAX = 32
FAILURE_KEPT_FOR_S = 30


@dataclass(frozen=True, slots=True)
class NoKey:
    """Why there is no key to check with. `later`: nothing is known of the certificate now; otherwise it is no good."""

    reason: str
    later: bool


UNREACHABLE = NoKey("certificate_unreachable", later=True)
UNREADABLE = NoKey("certificate_unreadable", later=True)
NO_ROOTS = NoKey("no_trusted_roots", later=True)
BAD = NoKey("bad_certificate", later=False)


@dataclass(frozen=True, slots=True)
class Chain:
    """The leaf, what came with it, and who is trusted to vouch for it; used `until`, on the monotonic clock."""

    leaf: x509.Certificate
    others: tuple[x509.Certificate, ...]
    roots: Store
    until: float


class Certificates:
    """The signing keys of notifications, by URL. `allowed` are further prefixes of URLs besides PayPal's own.

    Trusted are the authorities in `ca_file`, else those that the simulator at `simulator_ca_url` shows, else the system's. `sender` fetches
    them; without one they are fetched by an outlet of their own.
    """

    def __init__(
        self,
        *,
        allowed: tuple[str, ...],
        ca_file: Path | None,
        simulator_ca_url: str,
        connect_timeout_ms: int,
        timeout_ms: int,
        sender: Sender | None = None,
    ) -> None:
        self._prefixes = PAYPALS + allowed
        self._simulator_ca_url = "" if ca_file else simulator_ca_url
        self._sender = sender or outlet(allowed, self._simulator_ca_url, connect_timeout_ms, timeout_ms)
        self._roots = None if self._simulator_ca_url else _roots(ca_file)
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Chain] = OrderedDict()
        self._failures: dict[str, tuple[NoKey, float]] = {}
        self._under_way: dict[str, Future[Chain | NoKey]] = {}

    def may_fetch(self, url: str) -> bool:
        """Whether a certificate may lie at the URL. Nothing is fetched from any other."""
        parts = parts_of(url) if len(url) <= URL_MAX_CHARS and _PLAIN_URL.fullmatch(url) else None
        if parts is None:
            return False
        # The certificate is below the prefix, not the prefix itself.
        folder = parts._replace(path=parts.path.rpartition("/")[0])
        return any(is_within(folder, prefix) for prefix in self._prefixes)

    def key(self, url: str, now: datetime) -> RSAPublicKey | NoKey:
        """The key of the certificate at a URL that may be fetched, if it is good at this time."""
        chain = self._chain(url)
        if isinstance(chain, NoKey):
            return chain
        key = _judge(chain, now)
        if key is None:
            self._doubt(url, chain)
            return BAD
        return key

    def _chain(self, url: str) -> Chain | NoKey:
        with self._lock:
            known = self._known(url, time.monotonic())
            if known is not None:
                return known
            fetched_by_another = self._under_way.get(url)
            mine: Future[Chain | NoKey] = Future()
            if fetched_by_another is None:
                self._under_way[url] = mine
        if fetched_by_another is not None:
            with aside():
                return fetched_by_another.result()
        found: Chain | NoKey = UNREACHABLE
        try:
            found = self._fetch(url)
        finally:
            # Whatever happened: those who wait must not wait for ever.
            with self._lock:
                self._keep(url, found)
                del self._under_way[url]
            mine.set_result(found)
        return found

    def _known(self, url: str, now: float) -> Chain | NoKey | None:
        chain = self._kept.get(url)
        if chain is not None and now < chain.until:
            self._kept.move_to_end(url)
            return chain
        for failed in [failed for failed, (_, until) in self._failures.items() if now >= until]:
            del self._failures[failed]
        if url in self._failures:
            return self._failures[url][0]
        is_flooded = len(self._failures) + len(self._under_way) >= FAILURES_MAX
        # One that was there before is nobody's invention.
        return UNREACHABLE if is_flooded and chain is None else None

    def _keep(self, url: str, found: Chain | NoKey) -> None:
        if isinstance(found, NoKey):
            self._failures[url] = found, time.monotonic() + FAILURE_KEPT_FOR_S
            return
        self._kept[url] = found
        self._kept.move_to_end(url)
        while len(self._kept) > KEPT_MAX:
            self._kept.popitem(last=False)

    def _doubt(self, url: str, chain: Chain) -> None:
        """What is no good may be a fault that PayPal mends: it is fetched again soon, but not for each notification."""
        until = time.monotonic() + FAILURE_KEPT_FOR_S
        with self._lock:
            if self._kept.get(url) is chain and until < chain.until:
                self._kept[url] = replace(chain, until=until)

    def _fetch(self, url: str) -> Chain | NoKey:
        certificates = self._certificates(url)
        if isinstance(certificates, NoKey):
            return certificates
        roots = self._simulators_roots() if self._simulator_ca_url else self._roots
        if roots is None:
            log.error("paypal_certificate_no_trusted_roots")
            return NO_ROOTS
        leaf, *others = certificates
        return Chain(leaf, tuple(others), roots, time.monotonic() + KEPT_FOR_S)

    def _simulators_roots(self) -> Store | None:
        """Asked for with each chain: a simulator that starts anew is a new authority."""
        certificates = self._certificates(self._simulator_ca_url)
        return None if isinstance(certificates, NoKey) else Store(certificates)

    def _certificates(self, url: str) -> list[x509.Certificate] | NoKey:
        try:
            answer = self._sender.send(Request("GET", url, operation="certificate"))
        except (NotSent, NoAnswer):
            return UNREACHABLE
        if answer.status != 200:
            return UNREACHABLE
        try:
            found = x509.load_pem_x509_certificates(answer.body)
        except ValueError:
            return UNREADABLE
        return found if len(found) <= CHAIN_MAX_CERTIFICATES else UNREADABLE


def outlet(allowed: tuple[str, ...], simulator_ca_url: str, connect_timeout_ms: int, timeout_ms: int) -> Outlet:
    """The way to where certificates may lie; to nobody else."""
    return Outlet(
        CERTIFICATES_WAY,
        base_urls=[*PAYPALS, *allowed, *filter(None, [simulator_ca_url])],
        connect_timeout_ms=connect_timeout_ms,
        read_timeout_ms=timeout_ms,
        total_timeout_ms=timeout_ms,
        max_answer_bytes=CHAIN_MAX_BYTES,
        pool_size=FETCHES_AT_ONCE,
        in_progress_limit=FETCHES_AT_ONCE,
    )


def _roots(ca_file: Path | None) -> Store | None:
    with warnings.catch_warnings():
        # Some old authorities break rules that cryptography warns of; it is not ours to mend them.
        warnings.simplefilter("ignore")
        found = x509.load_pem_x509_certificates(ca_file.read_bytes()) if ca_file else list(_parsed(system_roots()))
    return Store(found) if found else None


def _parsed(certificates: Iterable[bytes]) -> Iterable[x509.Certificate]:
    for der in certificates:
        try:
            yield x509.load_der_x509_certificate(der)
        except ValueError:
            # One authority that cannot be read must not take away the others.
            log.warning("system_root_unreadable")


def _judge(chain: Chain, now: datetime) -> RSAPublicKey | None:
    """The leaf's key, if the leaf is PayPal's, valid now, and vouched for."""
    try:
        verifier = (
            PolicyBuilder()
            .store(chain.roots)
            .time(now)
            .extension_policies(ca_policy=ExtensionPolicy.webpki_defaults_ca(), ee_policy=_OF_LEAF)
            .build_client_verifier()
        )
        verifier.verify(chain.leaf, list(chain.others))
        names = [name.value for name in chain.leaf.subject.get_attributes_for_oid(NameOID.COMMON_NAME)]
        key = chain.leaf.public_key()
    except (VerificationError, ValueError, UnsupportedAlgorithm) as error:
        log.warning("paypal_certificate_refused", cause=str(error))
        return None
    if len(names) != 1 or names[0] not in NAMES:
        log.warning("paypal_certificate_refused", cause="its common name is not PayPal's")
        return None
    if not isinstance(key, RSAPublicKey) or key.key_size < RSA_LEAST_BITS:
        log.warning("paypal_certificate_refused", cause=f"its key is not RSA of at least {RSA_LEAST_BITS} bits")
        return None
    return key


def _is_no_authority(_: Policy, __: x509.Certificate, extension: x509.BasicConstraints | None) -> None:
    if extension is not None and extension.ca:
        raise ValueError("the leaf is an authority")


def _is_for_tls(_: Policy, __: x509.Certificate, extension: x509.ExtendedKeyUsage | None) -> None:
    """A certificate for mail or for code can bear names that nobody has checked."""
    purposes = {ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH}
    if extension is not None and purposes.isdisjoint(extension):
        raise ValueError("the leaf is for another purpose")


_OF_LEAF = (
    ExtensionPolicy.permit_all()
    .may_be_present(x509.BasicConstraints, Criticality.AGNOSTIC, _is_no_authority)
    .may_be_present(x509.ExtendedKeyUsage, Criticality.AGNOSTIC, _is_for_tls)
)
