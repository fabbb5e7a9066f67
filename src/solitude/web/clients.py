"""The API clients: who may sign, with which secrets, and what each may call. Pure: read once at the start."""

import fnmatch
import re
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from solitude.configuration import read_json

SECRETS_MAX = 2
SECRET_MIN_BYTES = 32
# What the documentation shows, and what one writes where a secret should stand.
_PLACEHOLDERS = (b"a-common-secret-of-at-least-32-bytes", b"changeme", b"change-me", b"placeholder")
# 32 random characters have about 25 different ones; fewer than 12 were typed and not drawn.
_DISTINCT_BYTES_MIN = 12
_KEY = re.compile(r"[A-Za-z0-9._:@-]{1,64}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Client:
    """One client of the API.

    `secrets` are the keys' bytes, the newest first: two of them are valid at the same time, so that they can be changed
    without a pause. `allow` holds patterns such as `GET /services/*`; None allows everything.
    """

    key: str
    secrets: tuple[bytes, ...] = field(repr=False)
    allow: tuple[str, ...] | None = None
    # Of those secrets that are in the key ring: under which id.
    ids: Mapping[bytes, str] = field(default_factory=dict, repr=False, compare=False)

    def may(self, method: str, path: str) -> bool:
        """`path` has its final slash, which a pattern may leave out as a request may."""
        asked = f"{method} {path}"
        return self.allow is None or any(
            fnmatch.fnmatchcase(asked, spelt) for pattern in self.allow for spelt in (pattern, f"{pattern}/")
        )


def clients_of(text: str) -> dict[str, Client]:
    """Reads the JSON of SOLITUDE_CLIENTS. Raises ValueError with a sentence that holds no secret."""
    form = "must be a JSON object"
    given = read_json(text or "{}", form)
    if not isinstance(given, dict):
        raise ValueError(form)
    return {key: _client(key, value) for key, value in given.items()}


def clients_of_file(path: Path | None, problems: list[str]) -> dict[str, Client]:
    if path is None:
        return {}
    try:
        return clients_of(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        problems.append(f"SOLITUDE_CLIENTS_FILE {error.strerror if isinstance(error, OSError) else error}")
        return {}


def exposure_of(path: Path) -> str | None:
    """How a file with secrets is none for production, as the end of a sentence."""
    mode = stat.S_IMODE(path.stat().st_mode) if path.exists() else 0
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        return f"may be used by others than its owner (mode {mode:04o}); set mode 0600"
    return None


def weakness_of(secret: bytes) -> str | None:
    """Why a secret is none for production, as the end of a sentence."""
    if len(secret) < SECRET_MIN_BYTES:
        return f"has fewer than {SECRET_MIN_BYTES} bytes"
    if len(set(secret)) < _DISTINCT_BYTES_MIN or any(placeholder in secret.lower() for placeholder in _PLACEHOLDERS):
        return "is a placeholder"
    return None


def _client(key: str, value: Any) -> Client:
    if not _KEY.fullmatch(key):
        raise ValueError("names a client by a key that is not 1 to 64 of letters, digits and . _ : @ -")
    if isinstance(value, str | list):
        value = {"secrets": value}
    if not isinstance(value, dict) or set(value) - {"secrets", "allow"}:
        raise ValueError(f"client {key!r} must be a secret, a list of secrets, or an object with `secrets` and `allow`")
    secrets: Any = [value["secrets"]] if isinstance(value.get("secrets"), str) else value.get("secrets")
    if not _are_texts(secrets) or not 1 <= len(secrets) <= SECRETS_MAX:
        raise ValueError(f"client {key!r} must have one or two secrets")
    allow = value.get("allow")
    if allow is not None and not _are_texts(allow):
        raise ValueError(f'client {key!r}: `allow` must be a list of texts such as "GET /services/*"')
    return Client(key, tuple(secret.encode() for secret in secrets), None if allow is None else tuple(allow))


def _are_texts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(item, str) and item for item in value)
