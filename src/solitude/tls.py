"""TLS in a server process of ours: the operator's files, looked at before anything listens, and how granian is told of them."""

import stat
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key

from solitude.configuration import ConfigurationError

FILE_MAX_BYTES = 1024 * 1024


@dataclass(frozen=True, slots=True)
class Files:
    """What a server shows of itself, and, with `client_ca`, who must have signed the certificate of each client."""

    certificate: Path
    key: Path
    client_ca: Path | None = None


def files(certificate: str, key: str, client_ca: str = "") -> Files | None:
    """The files of these names; None when none is named, which means without TLS.

    Raises ConfigurationError, a sentence for the operator, for half a pair, a file that cannot be read or holds something else, a
    key that others may read, a key of another certificate, and a client CA without a certificate of our own.
    """
    if not (certificate or key or client_ca):
        return None
    if not (certificate and key):
        raise ConfigurationError("TLS needs both a certificate and its key")
    chain, private = Path(certificate), Path(key)
    if _public(_key(private).public_key()) != _public(_certificates(chain)[0].public_key()):
        raise ConfigurationError(f"the key {key} is not the one of the first certificate in {certificate}")
    if client_ca:
        _certificates(Path(client_ca))
    return Files(chain.absolute(), private.absolute(), Path(client_ca).absolute() if client_ca else None)


def granian_options(chosen: Files | None) -> dict[str, Any]:
    """The arguments of `granian.Granian` for these files: TLS 1.2 or newer; with a client CA nobody without a certificate gets in."""
    from granian.constants import SSLProtocols

    if chosen is None:
        return {}
    return {
        "ssl_cert": chosen.certificate,
        "ssl_key": chosen.key,
        "ssl_protocol_min": SSLProtocols.tls12,
        "ssl_ca": chosen.client_ca,
        "ssl_client_verify": chosen.client_ca is not None,
    }


def _certificates(path: Path) -> list[x509.Certificate]:
    try:
        return x509.load_pem_x509_certificates(_read(path))
    except ValueError:
        raise ConfigurationError(f"{path} holds no PEM certificate") from None


def _key(path: Path) -> Any:
    text = _read(path)
    # The group may: that is how Debian's ssl-cert and systemd's credentials hand a key to a service.
    if path.stat().st_mode & stat.S_IRWXO:
        raise ConfigurationError(
            f"the key {path} can be read or changed by everybody; take their rights: chmod o= {path}"
        )
    try:
        return load_pem_private_key(text, password=None)
    except TypeError:
        raise ConfigurationError(f"the key {path} has a password; it must be stored without one") from None
    except ValueError:
        raise ConfigurationError(f"{path} holds no PEM private key") from None


def _read(path: Path) -> bytes:
    try:
        if path.stat().st_size > FILE_MAX_BYTES:
            raise ConfigurationError(f"{path} is too large to be a certificate or key")
        return path.read_bytes()
    except OSError as error:
        raise ConfigurationError(f"{path} cannot be read: {error.strerror}") from None


def _public(key: Any) -> bytes:
    return bytes(key.public_bytes(Encoding.DER, PublicFormat.SubjectPublicKeyInfo))
