"""Connections: verified, bounded in size and time, never redirected, shared by threads and not by processes."""

import datetime
import ipaddress
import os
import ssl
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from solitude.client import NoAnswer, NotFound, Retries, Solitude, transport
from tests.client import bodies
from tests.client.conftest import Time
from tests.client.server import KEY, SECRET, FakeSolitude, Reply, serving
from tests.outbound.peers import Connection, Peer, answering

Connect = Callable[..., Solitude]
ONCE = Retries(tries=1)


@pytest.mark.parametrize("status", [301, 302, 303, 307, 308])
def test_a_redirect_is_not_followed(fake: FakeSolitude, solitude: Solitude, status: int) -> None:
    fake.answers(Reply(status, headers={"Location": fake.url + "/elsewhere/"}))
    with pytest.raises(NoAnswer):
        solitude.get_buyer(31)
    assert [one.target for one in fake.received] == ["/generic/buyer/31/"]


def test_an_answer_that_is_too_long_is_cut_off(
    fake: FakeSolitude, solitude: Solitude, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transport, "ANSWER_MAX_BYTES", 100_000)
    fake.answers(Reply(200, raw=b'{"a": "' + b"x" * 200_000 + b'"}'))
    with pytest.raises(NoAnswer, match="longer than"):
        solitude.call("GET", "/generic/buyer/")
    assert len(fake.received) == 1


def test_what_follows_an_interim_answer_is_not_taken_for_the_answer_to_the_next_call() -> None:
    """Solitude sends none, but something on the way may."""
    answers = [
        f'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 8\r\n\r\n{{"a": {n}}}' for n in (1, 2)
    ]

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(b"HTTP/1.1 103 Early Hints\r\n\r\n" + answers[0].encode())
        while connection.read_request():
            connection.send(answers[0].encode())

    with Peer(script, answering(answers[1].encode())) as peer:
        solitude = Solitude(peer.url, KEY, SECRET, retries=ONCE, connections=1)
        with pytest.raises(NoAnswer) as nothing:
            solitude.call("POST", "/paypal/pay", {})
        assert nothing.value.sent
        assert solitude.call("POST", "/paypal/pay", {}) == {"a": 2}


def test_an_answer_that_breaks_off_is_none(fake: FakeSolitude, connect: Connect) -> None:
    fake.answers(Reply(200, raw=b'{"uuid": "shop', length=500))
    with pytest.raises(NoAnswer) as nothing:
        connect(retries=ONCE).get_buyer(31)
    assert nothing.value.sent


def test_an_answer_that_drips_is_ended_by_the_time_out_of_the_try(fake: FakeSolitude, connect: Connect) -> None:
    """Each byte comes in time; all of them would take minutes."""
    fake.answers(Reply(200, raw=b" " * 10_000, drips=True))
    with pytest.raises(NoAnswer, match="too slowly") as nothing:
        connect(timeout_s=0.3, retries=ONCE).get_buyer(31)
    assert nothing.value.sent


@pytest.mark.parametrize("reply", [Reply(200, raw=b" " * 200_000), Reply(200, raw=b" " * 10_000, drips=True)])
def test_an_answer_that_was_given_up_leaves_its_place_to_the_next_call(
    fake: FakeSolitude, connect: Connect, monkeypatch: pytest.MonkeyPatch, reply: Reply
) -> None:
    monkeypatch.setattr(transport, "ANSWER_MAX_BYTES", 100_000)
    fake.answers(reply, Reply(200, {"uuid": "another"}))
    solitude = connect(timeout_s=1, retries=ONCE, connections=1)
    with pytest.raises(NoAnswer):
        solitude.call("GET", "/generic/buyer/")

    assert solitude.call("GET", "/generic/buyer/") == {"uuid": "another"}
    assert fake.connections == 2


@pytest.mark.parametrize(
    "reply",
    [
        Reply(200, raw=b"<h1>Welcome</h1>", content_type="text/html"),
        Reply(200, raw=b"{broken"),
        Reply(200, raw=b"[1]"),
        Reply(200, raw=b'{"a": 1}', content_type="text/plain"),
    ],
)
def test_a_success_that_is_no_json_object_is_no_answer(fake: FakeSolitude, solitude: Solitude, reply: Reply) -> None:
    fake.answers(reply)
    with pytest.raises(NoAnswer, match="not from a Solitude server"):
        solitude.call("DELETE", "/paypal/buyer/12/")


@pytest.mark.parametrize("value", ["Wed, 21 Oct 2026 07:28:00 GMT", "-1", "1.5", "", "9" * 30])
def test_a_retry_after_that_is_no_number_of_seconds_is_ignored(
    fake: FakeSolitude, solitude: Solitude, value: str
) -> None:
    fake.answers(Reply(404, {"detail": "Not found."}, {"Retry-After": value}))
    with pytest.raises(NotFound) as error:
        solitude.get_buyer(31)
    assert error.value.retry_after_s is None


def test_a_path_in_front_of_the_api_is_sent_and_signed(fake: FakeSolitude, connect: Connect) -> None:
    fake.answers(Reply(200, bodies.BUYER))
    connect(url=fake.url + "/solitude/").get_buyer(31)
    assert fake.received[0].target == "/solitude/generic/buyer/31/"


def test_a_connection_is_used_again(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(200, bodies.BUYER))
    for _ in range(5):
        solitude.get_buyer(31)
    assert fake.connections == 1


def test_a_connection_is_used_again_after_answers_without_a_body(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(204))
    for _ in range(5):
        solitude.call("DELETE", "/paypal/buyer/12/")
    assert fake.connections == 1


def test_threads_share_a_client_and_each_gets_its_own_answer(fake: FakeSolitude, connect: Connect) -> None:
    solitude = connect(connections=4)
    echoes = {f"shop:{n}" for n in range(60)}
    fake.take = lambda received: Reply(201, bodies.BUYER | {"uuid": received.json["uuid"]})  # type: ignore[method-assign]
    with ThreadPoolExecutor(8) as threads:
        answers = dict(threads.map(lambda uuid: (uuid, solitude.create_buyer(uuid).uuid), sorted(echoes)))
    assert answers == {uuid: uuid for uuid in echoes}
    assert fake.connections <= 4


def test_a_call_that_gets_no_connection_in_time_was_not_sent(fake: FakeSolitude, connect: Connect) -> None:
    solitude = connect(connections=1, timeout_s=1.0, retries=ONCE)
    pool = solitude._transport._connection_pool()
    held = pool._get_conn()
    with pytest.raises(NoAnswer) as nothing:
        solitude.get_buyer(31)
    pool._put_conn(held)
    assert not nothing.value.sent
    assert fake.received == []


def test_a_forked_child_has_connections_of_its_own(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(Reply(200, bodies.BUYER))
    solitude.get_buyer(31)
    parents = solitude._transport._connection_pool()
    solitude._transport._pid += 1  # as a child sees what its parent left
    assert solitude._transport._connection_pool() is not parents
    assert solitude._transport._pid == os.getpid()
    solitude.get_buyer(31)
    assert fake.connections == 2


@pytest.mark.parametrize(
    "url",
    [
        "ftp://pay.example",
        "pay.example",
        "https://",
        "https://user:pass@pay.example",
        "https://pay.example/?a=1",
        "https://pay.example/#a",
        "http://pay.example",
        "http://10.0.0.1:2602",
        "http://127.0.0.1.pay.example",
    ],
)
def test_an_address_that_is_not_safe_is_refused_without_being_shown(url: str) -> None:
    with pytest.raises(ValueError) as refused:
        Solitude(url, KEY, SECRET)
    assert "pass" not in str(refused.value)


@pytest.mark.parametrize("url", ["http://localhost:1", "http://[::1]:1", "http://127.0.0.1:1", "https://pay.example"])
def test_plain_http_is_for_loopback(url: str) -> None:
    Solitude(url, KEY, SECRET).close()


def test_plain_http_to_elsewhere_is_for_who_says_so() -> None:
    Solitude("http://10.0.0.1:2602", KEY, SECRET, allow_plain_http=True).close()


@pytest.mark.parametrize("bad", [{"timeout_s": 0}, {"connections": 0}])
def test_a_client_has_limits(bad: dict[str, int]) -> None:
    with pytest.raises(ValueError):
        Solitude("https://pay.example", KEY, SECRET, **bad)  # type: ignore[arg-type]


@pytest.mark.parametrize(("key", "secret"), [("", SECRET), (KEY, ""), (KEY, b"")])
def test_a_client_has_a_key_and_a_secret(key: str, secret: str | bytes) -> None:
    with pytest.raises(ValueError):
        Solitude("https://pay.example", key, secret)


# TLS


@pytest.fixture(scope="module")
def certificate(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A certificate for 127.0.0.1 that nobody knows, and its key, in one PEM file."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "127.0.0.1")])
    now = datetime.datetime.now(datetime.UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - datetime.timedelta(days=1))
        .not_valid_after(now + datetime.timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ipaddress.ip_address("127.0.0.1"))]), critical=False)
        .sign(key, hashes.SHA256())
    )
    file = tmp_path_factory.mktemp("tls") / "server.pem"
    encoding, form = serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8
    file.write_bytes(key.private_bytes(encoding, form, serialization.NoEncryption()) + made.public_bytes(encoding))
    return file


@pytest.fixture
def tls(certificate: Path) -> Iterator[FakeSolitude]:
    fake = FakeSolitude()
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate)
    fake.http.socket = context.wrap_socket(fake.http.socket, server_side=True)
    with serving(fake):
        yield fake


def test_a_certificate_that_nobody_vouches_for_is_refused_and_not_tried_again(
    tls: FakeSolitude, connect: Connect, time: Time
) -> None:
    tls.answers(Reply(200, bodies.BUYER))
    with pytest.raises(NoAnswer, match="certificate") as nothing:
        connect(url=tls.url.replace("http:", "https:")).get_buyer(31)
    assert not nothing.value.sent
    assert not nothing.value.transient
    assert time.pauses == []
    assert tls.received == []


def test_a_certificate_of_the_ca_file_is_trusted(tls: FakeSolitude, connect: Connect, certificate: Path) -> None:
    tls.answers(Reply(200, bodies.BUYER))
    solitude = connect(url=tls.url.replace("http:", "https:"), ca_file=str(certificate))
    assert solitude.get_buyer(31).uuid == "shop:77"


def test_a_certificate_for_another_name_is_refused(tls: FakeSolitude, connect: Connect, certificate: Path) -> None:
    url = tls.url.replace("http://127.0.0.1", "https://localhost")
    with pytest.raises(NoAnswer, match="certificate"):
        connect(url=url, ca_file=str(certificate)).get_buyer(31)
    assert tls.received == []
