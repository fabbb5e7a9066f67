"""TLS in `solitude serve`: who gets in, and which files are refused."""

import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.serialization import (
    BestAvailableEncryption,
    Encoding,
    PrivateFormat,
    load_pem_private_key,
)

from solitude import cli, tls
from solitude.client import NoAnswer, Retries, Solitude
from solitude.configuration import ConfigurationError
from tests.support import processes
from tests.support.authority import Authority, Pair
from tests.support.environment import CLIENTS
from tests.support.free_port import free_port

pytestmark = pytest.mark.long

ONCE = Retries(tries=1)


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Pair:
    return Authority(tmp_path_factory.mktemp("another"), "another").signs("stranger")


@pytest.fixture(scope="module")
def pair(authority: Authority) -> Pair:
    return authority.signs("server")


@dataclass(frozen=True)
class Served:
    port: int
    authority: Authority
    web_head: Pair

    def client(self, certificate: Pair | None) -> Solitude:
        return Solitude(
            f"https://127.0.0.1:{self.port}",
            processes.KEY,
            CLIENTS[processes.KEY],
            ca_file=str(self.authority.certificate),
            certificate=(str(certificate.certificate), str(certificate.key)) if certificate else None,
            retries=ONCE,
        )


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, authority: Authority, pair: Pair) -> Iterator[Served]:
    home, port = tmp_path_factory.mktemp("home"), free_port()
    web_head = authority.signs("web-head")
    with processes.house(home, serve=False) as house:
        options = ("--tls-cert", pair.certificate, "--tls-key", pair.key, "--tls-client-ca", authority.certificate)
        arguments = ("serve", "--port", str(port), *map(str, options))
        with processes.running(home, house.environment, *arguments):
            processes.wait_for_port(port)
            yield Served(port, authority, web_head)


@pytest.mark.long
def test_a_client_with_a_certificate_of_the_authority_gets_in(served: Served) -> None:
    with served.client(served.web_head) as solitude:
        assert solitude.status().ok


@pytest.mark.long
def test_a_client_without_a_certificate_does_not_get_in(served: Served) -> None:
    with served.client(None) as solitude, pytest.raises(NoAnswer):
        solitude.status()


@pytest.mark.long
def test_a_client_with_a_certificate_of_another_authority_does_not_get_in(served: Served, stranger: Pair) -> None:
    with served.client(stranger) as solitude, pytest.raises(NoAnswer):
        solitude.status()


@pytest.mark.long
def test_http_without_tls_is_not_answered(served: Served) -> None:
    with socket.create_connection(("127.0.0.1", served.port), timeout=10) as plain:
        plain.sendall(b"GET /services/status/ HTTP/1.1\r\nHost: solitude\r\n\r\n")
        assert b"HTTP/" not in plain.recv(1024)


@pytest.mark.long
@pytest.mark.parametrize("version", [ssl.TLSVersion.TLSv1_2, ssl.TLSVersion.TLSv1_3])
def test_it_speaks_tls_of_today(served: Served, version: ssl.TLSVersion) -> None:
    assert _handshake(served, version) == version.name.replace("_", ".")


@pytest.mark.long
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_it_does_not_speak_older_tls(served: Served) -> None:
    with pytest.raises((ssl.SSLError, ConnectionError)):
        _handshake(served, ssl.TLSVersion.TLSv1_1)


def _handshake(served: Served, version: ssl.TLSVersion) -> str | None:
    context = ssl.create_default_context(cafile=str(served.authority.certificate))
    context.load_cert_chain(served.web_head.certificate, served.web_head.key)
    # Without this, OpenSSL itself would not offer old versions, and the test could not fail.
    context.set_ciphers("DEFAULT:@SECLEVEL=0")
    context.minimum_version = context.maximum_version = version
    with (
        socket.create_connection(("127.0.0.1", served.port), timeout=10) as plain,
        context.wrap_socket(plain, server_hostname="127.0.0.1") as secured,
    ):
        return secured.version()


def test_without_files_there_is_no_tls() -> None:
    assert tls.files("", "") is None
    assert tls.granian_options(None) == {}


def test_a_pair_that_belongs_together_is_taken(authority: Authority, pair: Pair) -> None:
    chosen = tls.files(str(pair.certificate), str(pair.key), str(authority.certificate))
    assert chosen == tls.Files(pair.certificate, pair.key, authority.certificate)


def test_half_a_pair_is_refused(pair: Pair, authority: Authority) -> None:
    for certificate, key, client_ca in (
        (str(pair.certificate), "", ""),
        ("", str(pair.key), ""),
        ("", "", str(authority.certificate)),
    ):
        with pytest.raises(ConfigurationError, match="both a certificate and its key"):
            tls.files(certificate, key, client_ca)


def test_a_key_of_another_certificate_is_refused(pair: Pair, stranger: Pair) -> None:
    with pytest.raises(ConfigurationError, match="is not the one of the first certificate"):
        tls.files(str(pair.certificate), str(stranger.key))


@pytest.mark.parametrize("mode", [0o604, 0o602, 0o601])
def test_a_key_that_everybody_may_touch_is_refused(authority: Authority, mode: int) -> None:
    pair = authority.signs("loose")
    pair.key.chmod(mode)
    with pytest.raises(ConfigurationError, match="chmod o="):
        tls.files(str(pair.certificate), str(pair.key))


def test_a_key_that_a_group_may_read_is_taken(authority: Authority) -> None:
    pair = authority.signs("grouped")
    pair.key.chmod(0o640)
    assert tls.files(str(pair.certificate), str(pair.key)) is not None


def test_a_key_with_a_password_is_refused(pair: Pair, tmp_path: Path) -> None:
    locked = tmp_path / "locked.key"
    locked.touch(mode=0o600)
    key = load_pem_private_key(pair.key.read_bytes(), None)
    locked.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, BestAvailableEncryption(b"password")))
    with pytest.raises(ConfigurationError, match="has a password"):
        tls.files(str(pair.certificate), str(locked))


def test_files_with_something_else_are_refused_without_showing_it(pair: Pair, tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.touch(mode=0o600)
    other.write_text("a secret of somebody")
    for certificate, key, client_ca in (
        (other, pair.key, ""),
        (pair.certificate, other, ""),
        (pair.certificate, pair.key, other),
        (pair.certificate, tmp_path / "missing", ""),
    ):
        with pytest.raises(ConfigurationError) as refused:
            tls.files(str(certificate), str(key), str(client_ca))
        assert "a secret" not in str(refused.value)


def test_the_command_ends_with_a_sentence(pair: Pair, stranger: Pair, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.main(["serve", "--tls-cert", str(pair.certificate), "--tls-key", str(stranger.key)]) == cli.UNUSABLE
    assert "the configuration cannot be used: the key" in capsys.readouterr().err
