"""Whom the system trusts: what OpenSSL's file and folder hold."""

import ssl
from pathlib import Path

import pytest
from cryptography import x509

from solitude.outbound.roots import system_roots

from .peers import Certificate


@pytest.fixture
def system(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A system with a folder for authorities and none in it."""
    folder = tmp_path / "certs"
    folder.mkdir()
    monkeypatch.setenv("SSL_CERT_FILE", str(tmp_path / "bundle.pem"))
    monkeypatch.setenv("SSL_CERT_DIR", str(folder))
    return tmp_path


def authority(folder: Path, name: str) -> bytes:
    place = folder / name
    place.mkdir()
    return Certificate(place, name).file.read_bytes()


def der(pem: bytes) -> bytes:
    return ssl.PEM_cert_to_DER_cert(pem.decode())


def test_a_system_without_any(system: Path) -> None:
    assert system_roots() == ()


def test_those_of_the_file_and_of_the_folder(system: Path) -> None:
    one, two, three = (authority(system, name) for name in ("one.example", "two.example", "three.example"))
    (system / "bundle.pem").write_bytes(one + two)
    (system / "certs" / "0123abcd.0").write_bytes(three)
    assert set(system_roots()) == {der(one), der(two), der(three)}


def test_what_cannot_be_read_in_the_folder_is_passed_over(system: Path) -> None:
    one = authority(system, "one.example")
    (system / "certs" / "0000aaaa.0").write_bytes(b"garbage")
    (system / "certs" / "0000bbbb.0").symlink_to("/no/such/file")
    (system / "certs" / "0123abcd.0").write_bytes(one)
    (system / "certs" / "0123abcd.r0").write_bytes(b"a list of revoked ones")
    assert system_roots() == (der(one),)


def test_what_is_found_can_be_read() -> None:
    for root in system_roots()[:20]:
        assert x509.load_der_x509_certificate(root).subject
