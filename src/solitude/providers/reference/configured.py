"""The providers that speak the reference interface, as the settings name them. Pure: read once at the start."""

import re
from dataclasses import dataclass, field
from typing import Any

from solitude.configuration import base_url, read_json

# Each has adapters of its own below /provider/, or none of these.
RESERVED = frozenset({"bango", "braintree", "paypal"})
PROVIDERS_MAX = 20
# A buyer is sent to the provider's url, this, and the transaction's token; a transaction keeps 255 characters of that.
PAYMENT_PATH = "/payment/start?tx="
TOKEN_MAX_CHARS = 128
URL_MAX_CHARS = 100
# A shorter one could not be masked in logs (`telemetry.redaction`), and would be guessed.
SECRET_MIN_CHARS = 8
AUTH_MAX_CHARS = 255
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}", re.ASCII)
# They go into a header; the realm as it is.
_AUTH_TEXT = re.compile(r"[ -~]{1,255}", re.ASCII)
_PARTS = {"url", "auth"}
_AUTH = {"key", "secret", "realm"}


@dataclass(frozen=True, slots=True)
class ReferenceProvider:
    """One such provider: where it is, and how we sign what we ask of it (OAuth 1.0a). Key and secret are empty where the proxy signs."""

    name: str
    url: str
    key: str = field(default="", repr=False)
    secret: str = field(default="", repr=False)
    realm: str = ""


def reference_providers(text: str) -> dict[str, ReferenceProvider]:
    """Reads the JSON of SOLITUDE_REFERENCE_PROVIDERS. Raises ValueError with a sentence that holds no secret."""
    given = read_json(text or "{}", "must be a JSON object")
    if not isinstance(given, dict) or len(given) > PROVIDERS_MAX:
        raise ValueError(f"must be a JSON object of at most {PROVIDERS_MAX} providers")
    return {name: _provider(name, entry) for name, entry in given.items()}


def _provider(name: str, entry: Any) -> ReferenceProvider:
    if not _NAME.fullmatch(name) or name in RESERVED:
        raise ValueError(
            f"must name each provider in small letters, digits, - and _, and none {', '.join(sorted(RESERVED))}"
        )
    if not isinstance(entry, dict) or not {"url"} <= set(entry) <= _PARTS:
        raise ValueError(f"must give {name} a url and an auth")
    if "auth" not in entry:
        return ReferenceProvider(name, _url(name, entry["url"]))
    auth, url = entry["auth"], entry["url"]
    if not isinstance(auth, dict):
        raise ValueError(f"must give {name} a url and an auth")
    if not {"key", "secret"} <= set(auth) <= _AUTH or not all(_is_auth_text(text) for text in auth.values()):
        raise ValueError(f"must give the auth of {name} a key, a secret and perhaps a realm")
    if len(auth["secret"]) < SECRET_MIN_CHARS:
        raise ValueError(f"must give {name} a secret of at least {SECRET_MIN_CHARS} characters")
    if '"' in auth.get("realm", "") or "\\" in auth.get("realm", ""):
        raise ValueError(f"must give {name} a realm without quotes and backslashes")
    return ReferenceProvider(name, _url(name, url), auth["key"], auth["secret"], auth.get("realm", ""))


def _url(name: str, given: Any) -> str:
    url = base_url(given) if isinstance(given, str) else ""
    if not url or len(url) > URL_MAX_CHARS:
        raise ValueError(f"must give {name} a url of at most {URL_MAX_CHARS} characters")
    return url


def _is_auth_text(text: Any) -> bool:
    return isinstance(text, str) and _AUTH_TEXT.fullmatch(text) is not None
