"""Which certificates sign for PayPal, from which URLs they are fetched, and how often."""

import threading
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509.oid import ExtendedKeyUsageOID, ObjectIdentifier
from django.test import override_settings
from tests.outbound import peers
from tests.outbound.peers import Certificate, Connection, Peer
from tests.paypal import notary
from tests.paypal.notary import NOW, PATH, Certified, answer_of, chain_of, serving
from tests.support.free_port import free_port
from tests.web.parallel import at_once

from solitude.outbound.http import Outlet
from solitude.providers.paypal.rest import certificates as module
from solitude.providers.paypal.rest import verification
from solitude.providers.paypal.rest.certificates import (
    BAD,
    CHAIN_MAX_BYTES,
    FAILURE_KEPT_FOR_S,
    FAILURES_MAX,
    FETCHES_AT_ONCE,
    KEPT_FOR_S,
    KEPT_MAX,
    UNREACHABLE,
    UNREADABLE,
    Certificates,
    NoKey,
)

pytestmark = pytest.mark.long

PATIENCE_S = 10
SHORT_MS = 300
CERTS = "/v1/notifications/certs"


class Clock:
    """The process's monotonic clock, moved by hand."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def made(tmp_path: Path) -> Callable[..., Certificates]:
    """Makes Certificates that may fetch below these peers' /v1/notifications/certs."""

    def make(*peers: Peer, trusted: tuple[Certified, ...] | None = None, **more: Any) -> Certificates:
        file = tmp_path / "trusted.pem"
        file.write_bytes(chain_of(*(trusted or (notary.root(),))))
        given: dict[str, Any] = {
            "allowed": tuple(peer.url + CERTS for peer in peers),
            "ca_file": file,
            "simulator_ca_url": "",
            "connect_timeout_ms": 10_000,
            "timeout_ms": 10_000,
        }
        return Certificates(**(given | more))

    return make


Make = Callable[..., Certificates]


def is_good(key: RSAPublicKey | NoKey) -> bool:
    return isinstance(key, RSAPublicKey) and key == notary.genuine().key.public_key()


class TestUrls:
    @pytest.mark.parametrize(
        "url",
        [
            "https://api.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270",
            "https://api.sandbox.paypal.com/v1/notifications/certs/CERT-360caa42-fca2a594-1d93a270",
            "https://api-m.paypal.com/v1/notifications/certs/CERT-1",
            "https://api-m.sandbox.paypal.com:443/v1/notifications/certs/CERT-1",
            "https://api.paypal.com/v1/notifications/certs/2026/CERT_1.pem",
        ],
    )
    def test_paypals_own(self, made: Make, url: str) -> None:
        assert made().may_fetch(url)

    @pytest.mark.parametrize(
        "url",
        [
            "",
            "CERT-1",
            # another scheme
            "http://api.paypal.com/v1/notifications/certs/CERT-1",
            "HTTPS://api.paypal.com/v1/notifications/certs/CERT-1",
            "ftp://api.paypal.com/v1/notifications/certs/CERT-1",
            "file:///v1/notifications/certs/CERT-1",
            "//api.paypal.com/v1/notifications/certs/CERT-1",
            "https:api.paypal.com/v1/notifications/certs/CERT-1",
            "https:///api.paypal.com/v1/notifications/certs/CERT-1",
            # another host
            "https://evil.example/v1/notifications/certs/CERT-1",
            "https://paypal.com/v1/notifications/certs/CERT-1",
            "https://www.paypal.com/v1/notifications/certs/CERT-1",
            "https://api.paypal.com.evil.example/v1/notifications/certs/CERT-1",
            "https://evilapi.paypal.com/v1/notifications/certs/CERT-1",
            "https://api.paypal.com./v1/notifications/certs/CERT-1",
            "https://api-paypal.com/v1/notifications/certs/CERT-1",
            "https://apixpaypal.com/v1/notifications/certs/CERT-1",
            "https://API.paypal.com/v1/notifications/certs/CERT-1",
            "https://api.p\u0430ypal.com/v1/notifications/certs/CERT-1",
            "https://api%2epaypal.com/v1/notifications/certs/CERT-1",
            "https://127.0.0.1/v1/notifications/certs/CERT-1",
            "https://169.254.169.254/v1/notifications/certs/CERT-1",
            # a user, another port
            "https://api.paypal.com@evil.example/v1/notifications/certs/CERT-1",
            "https://user:word@api.paypal.com/v1/notifications/certs/CERT-1",
            "https://@api.paypal.com/v1/notifications/certs/CERT-1",
            "https://evil.example\\@api.paypal.com/v1/notifications/certs/CERT-1",
            "https://evil.example#@api.paypal.com/v1/notifications/certs/CERT-1",
            "https://api.paypal.com:8443/v1/notifications/certs/CERT-1",
            "https://api.paypal.com:80/v1/notifications/certs/CERT-1",
            "https://api.paypal.com:/v1/notifications/certs/CERT-1",
            "https://api.paypal.com:0/v1/notifications/certs/CERT-1",
            "https://api.paypal.com:99999/v1/notifications/certs/CERT-1",
            "https://api.paypal.com:443:443/v1/notifications/certs/CERT-1",
            # another path
            "https://api.paypal.com",
            "https://api.paypal.com/",
            "https://api.paypal.com/v1/notifications/certs",
            "https://api.paypal.com/v1/notifications/certs/",
            "https://api.paypal.com/v1/notifications/certsCERT-1",
            "https://api.paypal.com/v1/notifications/certs-of-eve/CERT-1",
            "https://api.paypal.com/v1/notifications/webhooks/CERT-1",
            "https://api.paypal.com/x/v1/notifications/certs/CERT-1",
            "https://api.paypal.com/V1/notifications/certs/CERT-1",
            "https://api.paypal.com//v1/notifications/certs/CERT-1",
            "https://api.paypal.com/v1/notifications/certs//CERT-1",
            "https://api.paypal.com/v1/notifications/certs/CERT-1/",
            "https://api.paypal.com/v1/notifications/certs/../../../evil",
            "https://api.paypal.com/v1/notifications/certs/./CERT-1",
            "https://api.paypal.com/v1/notifications/certs/..",
            "https://api.paypal.com/v1/notifications/certs/.hidden",
            "https://api.paypal.com/v1/notifications/certs/%2e%2e/%2e%2e/evil",
            "https://api.paypal.com/v1/notifications/certs/%252e%252e/evil",
            "https://api.paypal.com/v1/notifications/certs/..%2fevil",
            "https://api.paypal.com/v1/notifications/certs/CERT%2d1",
            "https://api.paypal.com/v1/notifications/certs/..;/evil",
            "https://api.paypal.com/v1/notifications/certs/CERT-1;x=1",
            "https://api.paypal.com/v1/notifications/certs\\..\\evil",
            "https://api.paypal.com/v1/notifications/certs/\u002e\u002e/evil",
            # a query, a fragment
            "https://api.paypal.com/v1/notifications/certs/CERT-1?",
            "https://api.paypal.com/v1/notifications/certs/CERT-1?next=https://evil.example",
            "https://api.paypal.com/v1/notifications/certs/CERT-1#",
            "https://api.paypal.com/v1/notifications/certs/CERT-1#x",
            "https://evil.example/?https://api.paypal.com/v1/notifications/certs/CERT-1",
            # what is not seen, and too much
            " https://api.paypal.com/v1/notifications/certs/CERT-1",
            "https://api.paypal.com/v1/notifications/certs/CERT-1 ",
            "https://api.paypal.com/v1/notifications/certs/CERT-1\n",
            "https://api.paypal.com/v1/notifications/certs/CERT-1\r\nHost: evil.example",
            "https://api.paypal.com/v1/notifications/certs/CERT-1\x00",
            "https://api.paypal.com/v1/notifications/certs/CERT-\uff11",
            "https://api.paypal.com/v1/notifications/certs/" + "x" * 500,
            "https://api.paypal.com/" + "v1/" * 1000,
        ],
    )
    def test_any_other(self, made: Make, url: str) -> None:
        assert not made().may_fetch(url)

    def test_below_a_prefix_of_the_operator(self, made: Make) -> None:
        allowed = made(allowed=("http://127.0.0.1:2680/paypal/v1/notifications/certs", "http://[::1]:2680/"))
        assert allowed.may_fetch("http://127.0.0.1:2680/paypal/v1/notifications/certs/CERT-1")
        assert allowed.may_fetch("http://[::1]:2680/CERT-1")

    @pytest.mark.parametrize(
        "url",
        [
            "https://127.0.0.1:2680/paypal/v1/notifications/certs/CERT-1",
            "http://127.0.0.1/paypal/v1/notifications/certs/CERT-1",
            "http://127.0.0.1:26800/paypal/v1/notifications/certs/CERT-1",
            "http://127.0.0.2:2680/paypal/v1/notifications/certs/CERT-1",
            "http://127.0.0.1.evil.example:2680/paypal/v1/notifications/certs/CERT-1",
            "http://localhost:2680/paypal/v1/notifications/certs/CERT-1",
            "http://127.0.0.1:2680/paypal/v1/notifications/certs",
            "http://127.0.0.1:2680/paypal/v1/notifications/certsX/CERT-1",
            "http://127.0.0.1:2680/paypal/v1/notifications/CERT-1",
            "http://127.0.0.1:2680/paypal/v1/notifications/certs/../../../sandbox/ca.pem",
            "http://127.0.0.1:2680/paypal/v1/notifications/certs/CERT-1?x",
            "http://u@127.0.0.1:2680/paypal/v1/notifications/certs/CERT-1",
        ],
    )
    def test_beside_a_prefix_of_the_operator(self, made: Make, url: str) -> None:
        assert not made(allowed=("http://127.0.0.1:2680/paypal/v1/notifications/certs",)).may_fetch(url)


def judged(make: Make, *chain: Certified, now: datetime = NOW, trusted: tuple[Certified, ...] | None = None) -> bool:
    """Whether a chain, as it is served, gives its leaf's key; otherwise it must be no good for ever."""
    with Peer(serving(chain_of(*chain))) as peer:
        key = make(peer, trusted=trusted).key(peer.url + PATH, now)
    if isinstance(key, NoKey):
        assert key == BAD
        return False
    assert key == chain[0].key.public_key()
    return True


class TestChains:
    def test_a_chain_to_a_trusted_root(self, made: Make) -> None:
        assert judged(made, notary.genuine(), notary.between())

    def test_the_root_may_come_with_it(self, made: Make) -> None:
        assert judged(made, notary.genuine(), notary.between(), notary.root())

    def test_a_leaf_by_the_root_itself(self, made: Make) -> None:
        assert judged(made, notary.leaf(issuer=notary.root()))

    def test_a_leaf_without_any_extension(self, made: Make) -> None:
        assert judged(made, notary.leaf(extensions=()), notary.between())

    @pytest.mark.parametrize(
        "name", ["messageverificationcerts.paypal.com", "messageverificationcerts.sandbox.paypal.com"]
    )
    def test_paypals_two_names(self, made: Make, name: str) -> None:
        assert judged(made, notary.leaf(name), notary.between())

    @pytest.mark.parametrize(
        "name",
        [
            "eve.example",
            "paypal.com",
            "api.paypal.com",
            "messageverificationcerts.paypal.com.eve.example",
            "evilmessageverificationcerts.paypal.com",
            "messageverificationcerts.eve.paypal.com",
            "Messageverificationcerts.paypal.com",
            "messageverificationcerts.paypal.com ",
            "messageverificationcerts.paypal.com\x00.eve.example",
            "*.paypal.com",
        ],
    )
    def test_another_name(self, made: Make, name: str) -> None:
        assert not judged(made, notary.leaf(name), notary.between())

    def test_two_names(self, made: Make) -> None:
        assert not judged(made, notary.leaf("eve.example", notary.NAME), notary.between())
        assert not judged(made, notary.leaf(notary.NAME, "eve.example"), notary.between())

    def test_no_name(self, made: Make) -> None:
        nameless = notary.certify(x509.Name([]), notary.rsa_key("leaf"), notary.between(), extensions=notary.OF_LEAVES)
        assert not judged(made, nameless, notary.between())

    def test_a_name_among_the_alternative_ones_only(self, made: Make) -> None:
        alternative = (x509.SubjectAlternativeName([x509.DNSName(notary.NAME)]), False)
        eve = notary.leaf("eve.example", extensions=(*notary.OF_LEAVES, alternative))
        assert not judged(made, eve, notary.between())

    def test_an_expired_leaf(self, made: Make) -> None:
        ended = notary.leaf(ends=timedelta(seconds=-1))
        assert not judged(made, ended, notary.between())
        assert judged(made, ended, notary.between(), now=NOW - timedelta(seconds=2))

    def test_a_leaf_that_is_not_valid_yet(self, made: Make) -> None:
        early = notary.leaf(starts=timedelta(seconds=1))
        assert not judged(made, early, notary.between())
        assert judged(made, early, notary.between(), now=NOW + timedelta(seconds=2))

    def test_an_expired_authority(self, made: Make) -> None:
        ended = notary.between(ends=timedelta(seconds=-1))
        assert not judged(made, notary.leaf(issuer=ended), ended)

    def test_an_expired_root(self, made: Make) -> None:
        ended = notary.root(ends=timedelta(seconds=-1))
        assert not judged(made, notary.genuine(), notary.between(), trusted=(ended,))

    def test_a_root_that_nobody_trusts(self, made: Make) -> None:
        assert not judged(made, notary.genuine(), notary.between(), notary.root(), trusted=(notary.root("another"),))

    def test_a_root_of_the_trusted_ones_name_with_another_key(self, made: Make) -> None:
        impostor = notary.certify(
            notary.name_of("a root"), notary.rsa_key("eve"), None, extensions=notary.OF_AUTHORITIES
        )
        assert not judged(made, notary.leaf(issuer=impostor), impostor)

    def test_a_self_signed_leaf(self, made: Make) -> None:
        own = notary.certify(notary.name_of(notary.NAME), notary.rsa_key("eve"), None, extensions=notary.OF_LEAVES)
        assert not judged(made, own)
        assert not judged(made, own, notary.between(), notary.root())

    def test_a_chain_that_lacks_a_link(self, made: Make) -> None:
        assert not judged(made, notary.genuine())

    def test_a_chain_with_a_wrong_link(self, made: Make) -> None:
        other = notary.certify(
            notary.name_of("between"), notary.rsa_key("eve"), notary.root(), extensions=notary.OF_AUTHORITIES
        )
        assert not judged(made, notary.genuine(), other)

    def test_the_leaf_is_the_first(self, made: Make) -> None:
        assert not judged(made, notary.between(), notary.genuine())

    def test_a_leaf_by_a_leaf(self, made: Make) -> None:
        """Who has any certificate of a trusted authority could otherwise make one in PayPal's name."""
        eve = notary.leaf("eve.example", key=notary.rsa_key("eve"))
        assert not judged(made, notary.leaf(issuer=eve), eve, notary.between())

    def test_a_leaf_that_is_an_authority(self, made: Make) -> None:
        assert not judged(made, notary.leaf(extensions=notary.OF_AUTHORITIES), notary.between())

    @pytest.mark.parametrize(
        ("purposes", "good"),
        [
            ([ExtendedKeyUsageOID.SERVER_AUTH], True),
            ([ExtendedKeyUsageOID.CLIENT_AUTH], True),
            ([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH], True),
            ([ExtendedKeyUsageOID.EMAIL_PROTECTION], False),
            ([ExtendedKeyUsageOID.CODE_SIGNING, ExtendedKeyUsageOID.TIME_STAMPING], False),
        ],
    )
    def test_what_the_leaf_is_for(self, made: Make, purposes: list[ObjectIdentifier], good: bool) -> None:
        usage = (x509.ExtendedKeyUsage(purposes), False)
        assert judged(made, notary.leaf(extensions=(*notary.OF_LEAVES, usage)), notary.between()) is good

    def test_a_critical_extension_that_nobody_understands(self, made: Make) -> None:
        strange = (x509.UnrecognizedExtension(ObjectIdentifier("1.2.3.4"), b"\x05\x00"), True)
        assert not judged(made, notary.leaf(extensions=(*notary.OF_LEAVES, strange)), notary.between())

    def test_a_key_that_is_not_rsa(self, made: Make) -> None:
        assert not judged(made, notary.leaf(key=ec.generate_private_key(ec.SECP256R1())), notary.between())

    def test_a_key_that_is_too_short(self, made: Make) -> None:
        assert not judged(made, notary.leaf(key=notary.rsa_key("short", 1024)), notary.between())

    def test_an_authoritys_key_that_is_too_short(self, made: Make) -> None:
        weak = notary.certify(
            notary.name_of("weak"), notary.rsa_key("short", 1024), notary.root(), extensions=notary.OF_AUTHORITIES
        )
        assert not judged(made, notary.leaf(issuer=weak), weak)

    def test_a_certificate_expires_while_it_is_kept(self, made: Make) -> None:
        with Peer(serving(chain_of(notary.leaf(ends=timedelta(seconds=10)), notary.between()))) as peer:
            paypals = made(peer)
            assert isinstance(paypals.key(peer.url + PATH, NOW), RSAPublicKey)
            assert paypals.key(peer.url + PATH, NOW + timedelta(seconds=11)) == BAD
            assert len(peer.requests) == 1


class TestFetching:
    @pytest.mark.parametrize(
        "status", [b"201 Created", b"204 No", b"401 No", b"404 Not here", b"410 Gone", b"429 Slow", b"500 Oh"]
    )
    def test_another_status_is_no_certificate(self, made: Make, status: bytes) -> None:
        with Peer(peers.answering(answer_of(notary.good_chain(), status))) as peer:
            assert made(peer).key(peer.url + PATH, NOW) == UNREACHABLE

    @pytest.mark.parametrize("status", [b"301 Go", b"302 Go", b"303 Go", b"307 Go", b"308 Go"])
    def test_a_redirect_is_not_followed(self, made: Make, status: bytes) -> None:
        with Peer(serving(notary.good_chain())) as other:
            there = b"Location: " + other.url.encode() + PATH.encode() + b"\r\n"
            with Peer(peers.answering(answer_of(b"", status, there))) as peer:
                assert made(peer, other).key(peer.url + PATH, NOW) == UNREACHABLE
            assert other.connections == 0

    def test_as_much_as_may_be_is_read(self, made: Make) -> None:
        room = CHAIN_MAX_BYTES - len(notary.good_chain())
        with Peer(serving(notary.good_chain() + b"\n" * room)) as peer:
            assert is_good(made(peer).key(peer.url + PATH, NOW))

    def test_more_is_not(self, made: Make) -> None:
        room = CHAIN_MAX_BYTES - len(notary.good_chain())
        with Peer(serving(notary.good_chain() + b"\n" * (room + 1))) as peer:
            assert made(peer).key(peer.url + PATH, NOW) == UNREACHABLE

    def test_a_stream_without_end_is_not_read_to_its_end(self, made: Make) -> None:
        def endless(connection: Connection) -> None:
            connection.read_request()
            connection.send(b"HTTP/1.1 200 OK\r\n\r\n")
            while True:
                connection.send(b"\n" * 65_536)

        with Peer(endless) as peer:
            assert made(peer).key(peer.url + PATH, NOW) == UNREACHABLE

    @pytest.mark.parametrize(
        "script", [peers.silent, peers.deaf, lambda connection: connection.drip(b"HTTP/1.1 200 OK\r\n" * 99, 0.02)]
    )
    def test_a_slow_peer_is_given_up(self, made: Make, script: peers.Script) -> None:
        with Peer(script) as peer:
            assert made(peer, timeout_ms=SHORT_MS).key(peer.url + PATH, NOW) == UNREACHABLE

    @pytest.mark.parametrize(
        "script", [peers.closing_at_once, peers.closing_after_request, peers.resetting_after_request]
    )
    def test_a_peer_that_hangs_up(self, made: Make, script: peers.Script) -> None:
        with Peer(script) as peer:
            assert made(peer).key(peer.url + PATH, NOW) == UNREACHABLE

    def test_nobody_listens(self, made: Make) -> None:
        nowhere = f"http://127.0.0.1:{free_port()}{CERTS}"
        assert made(allowed=(nowhere,)).key(f"{nowhere}/CERT-1", NOW) == UNREACHABLE

    def test_a_tls_peer_that_is_not_whom_it_should_be(self, made: Make, tmp_path: Path) -> None:
        with Peer(serving(notary.good_chain()), tls=Certificate(tmp_path, "127.0.0.1").context) as peer:
            assert made(peer).key(peer.url + PATH, NOW) == UNREACHABLE
        assert peer.requests == []

    @pytest.mark.parametrize(
        "body",
        [
            b"",
            b"<html>maintenance</html>",
            b"-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n",
            b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n",
            b"-----BEGIN CERTIFICATE-----\n!!!!\n-----END CERTIFICATE-----\n",
            b"-----BEGIN CERTIFICATE-----\n",
            b"-----BEGIN PUBLIC KEY-----\nAAAA\n-----END PUBLIC KEY-----\n",
            b"\x30\x82\x00\x00",
            b"\xff" * 1000,
        ],
    )
    def test_what_is_no_pem_is_asked_for_again_later(self, made: Make, body: bytes) -> None:
        with Peer(serving(body)) as peer:
            assert made(peer).key(peer.url + PATH, NOW) == UNREADABLE

    def test_a_chain_cut_in_its_middle(self, made: Make) -> None:
        whole = notary.good_chain()
        cut = [whole[:length] for length in range(0, len(whole) - 1, len(whole) // (FAILURES_MAX - 1))]
        with Peer(serving(*cut)) as peer:
            paypals = made(peer)
            for number, _ in enumerate(cut):
                assert paypals.key(f"{peer.url}{CERTS}/CERT-{number}", NOW) in (UNREADABLE, BAD)
            assert len(peer.requests) == len(cut)

    def test_a_chain_of_too_many(self, made: Make) -> None:
        with Peer(serving(chain_of(notary.genuine(), *[notary.between()] * 10))) as peer:
            assert made(peer).key(peer.url + PATH, NOW) == UNREADABLE


class TestKeeping:
    def test_a_certificate_is_fetched_once_and_kept_for_a_day(self, made: Make, clock: Clock) -> None:
        with Peer(serving(notary.good_chain())) as peer:
            paypals = made(peer)
            for _ in range(5):
                assert is_good(paypals.key(peer.url + PATH, NOW))
            clock.now += KEPT_FOR_S - 1
            assert is_good(paypals.key(peer.url + PATH, NOW))
            assert len(peer.requests) == 1
            clock.now += 1
            assert is_good(paypals.key(peer.url + PATH, NOW))
            assert len(peer.requests) == 2

    def test_a_kept_certificate_needs_nobody(self, made: Make, clock: Clock) -> None:
        with Peer(serving(notary.good_chain())) as peer:
            paypals = made(peer)
            assert is_good(paypals.key(peer.url + PATH, NOW))
        assert is_good(paypals.key(peer.url + PATH, NOW))

    def test_a_failure_is_kept_for_a_short_while(self, made: Make, clock: Clock) -> None:
        with Peer(peers.answering(answer_of(b"", b"500 Oh"), answer_of(notary.good_chain()))) as peer:
            paypals = made(peer)
            assert paypals.key(peer.url + PATH, NOW) == UNREACHABLE
            clock.now += FAILURE_KEPT_FOR_S - 1
            assert paypals.key(peer.url + PATH, NOW) == UNREACHABLE
            assert len(peer.requests) == 1
            clock.now += 1
            assert is_good(paypals.key(peer.url + PATH, NOW))

    def test_a_chain_that_is_no_good_is_fetched_again_after_a_short_while(self, made: Make, clock: Clock) -> None:
        """PayPal may have served it without its link for a minute: that must not cost a day of notifications."""
        with Peer(serving(notary.genuine().pem, notary.good_chain())) as peer:
            paypals = made(peer)
            for _ in range(3):
                assert paypals.key(peer.url + PATH, NOW) == BAD
                clock.now += FAILURE_KEPT_FOR_S / 3
            assert len(peer.requests) == 1
            assert is_good(paypals.key(peer.url + PATH, NOW))

    def test_each_url_has_its_own(self, made: Make) -> None:
        with Peer(serving(notary.good_chain())) as peer:
            paypals = made(peer)
            for number in range(4):
                assert is_good(paypals.key(f"{peer.url}{CERTS}/CERT-{number}", NOW))
            assert len(peer.requests) == 4

    def test_only_so_many_are_kept_and_the_used_ones_stay(self, made: Make, clock: Clock) -> None:
        with Peer(serving(notary.good_chain())) as peer:
            paypals = made(peer)
            for number in range(KEPT_MAX + 10):
                assert is_good(paypals.key(f"{peer.url}{CERTS}/CERT-{number}", NOW))
                assert is_good(paypals.key(f"{peer.url}{CERTS}/CERT-0", NOW))
            assert len(peer.requests) == KEPT_MAX + 10
            assert len(paypals._kept) == KEPT_MAX
            assert is_good(paypals.key(f"{peer.url}{CERTS}/CERT-1", NOW))
            assert len(peer.requests) == KEPT_MAX + 11

    def test_a_flood_of_invented_urls_costs_paypal_little_and_the_known_ones_nothing(
        self, made: Make, clock: Clock
    ) -> None:
        with Peer(peers.answering(answer_of(notary.good_chain()), answer_of(b"", b"404 No"))) as peer:
            paypals = made(peer)
            assert is_good(paypals.key(peer.url + PATH, NOW))
            for number in range(500):
                assert paypals.key(f"{peer.url}{CERTS}/INVENTED-{number}", NOW) == UNREACHABLE
            assert len(peer.requests) == 1 + FAILURES_MAX
            assert len(paypals._failures) == FAILURES_MAX
            assert is_good(paypals.key(peer.url + PATH, NOW))
            clock.now += FAILURE_KEPT_FOR_S
            assert paypals.key(f"{peer.url}{CERTS}/INVENTED-500", NOW) == UNREACHABLE
            assert len(peer.requests) == 2 + FAILURES_MAX
            assert len(paypals._failures) == 1

    def test_a_flood_does_not_keep_a_known_one_from_being_fetched_again(self, made: Make, clock: Clock) -> None:
        good, none = answer_of(notary.good_chain()), answer_of(b"", b"404 No")

        def script(connection: Connection) -> None:
            while request := connection.read_request():
                connection.send(good if f"GET {PATH} ".encode() in request else none)

        with Peer(script) as peer:
            paypals = made(peer)
            assert is_good(paypals.key(peer.url + PATH, NOW))
            clock.now += KEPT_FOR_S
            for number in range(FAILURES_MAX + 1):
                assert paypals.key(f"{peer.url}{CERTS}/INVENTED-{number}", NOW) == UNREACHABLE
            assert is_good(paypals.key(peer.url + PATH, NOW))


class Held:
    """A peer whose answers wait until the test lets them go."""

    def __init__(self, answer: bytes) -> None:
        self.answer, self.go, self.asked = answer, threading.Event(), threading.Semaphore(0)

    def script(self, connection: Connection) -> None:
        while connection.read_request():
            self.asked.release()
            assert self.go.wait(PATIENCE_S)
            connection.send(self.answer)


class TestTogether:
    @pytest.mark.parametrize(
        ("answer", "good"),
        [(answer_of(notary.good_chain()), True), (answer_of(b"", b"500 Oh"), False)],
        ids=["good", "bad"],
    )
    def test_twenty_threads_make_one_fetch_and_share_what_came_of_it(
        self, made: Make, answer: bytes, good: bool
    ) -> None:
        held = Held(answer)
        with Peer(held.script) as peer:
            paypals = made(peer)

            def key(number: int) -> RSAPublicKey | NoKey:
                if number == 0:
                    assert held.asked.acquire(timeout=PATIENCE_S)
                    held.go.set()
                return paypals.key(peer.url + PATH, NOW)

            found = at_once(20, key)
            assert len(peer.requests) == 1
        assert all(is_good(one) if good else one == UNREACHABLE for one in found)
        assert paypals._under_way == {}

    def test_a_slow_one_keeps_nobody_else(self, made: Make) -> None:
        held = Held(answer_of(notary.good_chain()))
        with Peer(held.script) as slow, Peer(serving(notary.good_chain())) as quick:
            paypals = made(slow, quick)
            thread = threading.Thread(target=paypals.key, args=(slow.url + PATH, NOW), daemon=True)
            thread.start()
            assert held.asked.acquire(timeout=PATIENCE_S)
            assert is_good(paypals.key(quick.url + PATH, NOW))
            held.go.set()
            thread.join(PATIENCE_S)
            assert not thread.is_alive()

    def test_no_more_than_so_many_at_once(self, made: Make) -> None:
        held = Held(answer_of(notary.good_chain()))
        with Peer(held.script) as peer:
            paypals = made(peer)
            waiting = [
                threading.Thread(target=paypals.key, args=(f"{peer.url}{CERTS}/CERT-{number}", NOW), daemon=True)
                for number in range(FETCHES_AT_ONCE)
            ]
            for thread in waiting:
                thread.start()
            for _ in waiting:
                assert held.asked.acquire(timeout=PATIENCE_S)
            assert paypals.key(f"{peer.url}{CERTS}/ONE-MORE", NOW) == UNREACHABLE
            held.go.set()
            for thread in waiting:
                thread.join(PATIENCE_S)
            assert len(peer.requests) == FETCHES_AT_ONCE

    def test_a_fetch_that_breaks_in_an_unthought_of_way_leaves_nobody_waiting(
        self, made: Make, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def break_down(*_: object) -> None:
            raise ZeroDivisionError

        monkeypatch.setattr(Outlet, "send", break_down)
        paypals = made()
        url = "https://api.paypal.com" + PATH
        with pytest.raises(ZeroDivisionError):
            paypals.key(url, NOW)
        assert paypals.key(url, NOW) == UNREACHABLE


class TestTrust:
    """Whom we believe: a file, the simulator in development, else the system."""

    def served(self, *, ca: bytes, **more: Any) -> tuple[Peer, dict[str, Any]]:
        def script(connection: Connection) -> None:
            while request := connection.read_request():
                connection.send(
                    answer_of(ca if request.startswith(b"GET /paypal/sandbox/ca.pem ") else notary.good_chain())
                )

        peer = Peer(script)
        return peer, {
            "SOLITUDE_PAYPAL_CERT_URLS_ALLOWED": (f"{peer.url}/paypal{CERTS}",),
            "PAYPAL_SIMULATOR_CA_URL": f"{peer.url}/paypal/sandbox/ca.pem",
            "SOLITUDE_PAYPAL_CERT_CA": None,
            "SOLITUDE_PAYPAL_WEBHOOK_ID": notary.WEBHOOK_ID,
        } | more

    def verdict(self, peer: Peer) -> verification.Verified:
        sent = notary.signed(f"{peer.url}/paypal{PATH}")
        return verification.verify(sent.headers, sent.body, NOW)

    def test_in_development_the_simulators_authority_is_believed(self, tmp_path: Path) -> None:
        peer, given = self.served(ca=notary.root().pem)
        with peer, override_settings(**given):
            assert self.verdict(peer) == verification.GENUINE

    def test_but_only_that_one(self, tmp_path: Path) -> None:
        peer, given = self.served(ca=notary.root("another").pem)
        with peer, override_settings(**given):
            assert self.verdict(peer).reason == "bad_certificate"

    def test_a_simulator_that_shows_none_decides_nothing(self, tmp_path: Path) -> None:
        peer, given = self.served(ca=b"Not found")
        with peer, override_settings(**given):
            assert self.verdict(peer).reason == "no_trusted_roots"

    def test_with_a_file_the_simulator_is_not_asked(self, tmp_path: Path) -> None:
        file = tmp_path / "ca.pem"
        file.write_bytes(notary.root("another").pem)
        peer, given = self.served(ca=notary.root().pem, SOLITUDE_PAYPAL_CERT_CA=file)
        with peer, override_settings(**given):
            assert self.verdict(peer).reason == "bad_certificate"
        assert not any(b"ca.pem" in request for request in peer.requests)

    def test_without_debug_the_simulators_word_counts_for_nothing(self, tmp_path: Path) -> None:
        peer, given = self.served(ca=notary.root().pem, SOLITUDE_DEBUG=False)
        with peer, override_settings(**given):
            assert self.verdict(peer).verdict is not verification.Verdict.GENUINE
        assert not any(b"ca.pem" in request for request in peer.requests)

    def test_else_the_systems_authorities_are_believed(self, made: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        with Peer(serving(notary.good_chain())) as peer:
            for name, expected in (("a root", True), ("another", False)):
                roots = (_der(notary.root(name)), b"garbage")
                monkeypatch.setattr(module, "system_roots", lambda roots=roots: roots)
                assert is_good(made(peer, ca_file=None).key(peer.url + PATH, NOW)) is expected

    def test_a_system_that_trusts_nobody_decides_nothing(self, made: Make, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr(module, "system_roots", lambda: ())
        with Peer(serving(notary.good_chain())) as peer:
            assert made(peer, ca_file=None).key(peer.url + PATH, NOW) == module.NO_ROOTS


def _der(certified: Certified) -> bytes:
    return certified.certificate.public_bytes(Encoding.DER)
