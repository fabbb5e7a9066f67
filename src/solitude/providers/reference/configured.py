"""The providers that speak the reference interface, as the settings name them. Pure: read once at the start."""

import json
import re
from dataclasses import dataclass, field
from typing import Any

from solitude.configuration import base_url

# Each has adapters of its own below /provider/, or none of these.
RESERVED = frozenset({"bango", "braintree", "paypal"})
PROVIDERS_MAX = 20
_NAME = re.compile(r"[a-z][a-z0-9_-]{0,31}", re.ASCII)
_PARTS = {"url", "auth"}
_AUTH = {"key", "secret", "realm"}


@dataclass(frozen=True, slots=True)
class ReferenceProvider:
    """One such provider: where it is, and how we sign what we ask of it (OAuth 1.0a)."""

    name: str
    url: str
    key: str = field(repr=False)
    secret: str = field(repr=False)
    realm: str = ""


def reference_providers(text: str) -> dict[str, ReferenceProvider]:
    """Reads the JSON of SOLITUDE_REFERENCE_PROVIDERS. Raises ValueError with a sentence that holds no secret."""
    try:
        given = json.loads(text or "{}")
    except (ValueError, RecursionError):
        # json's own message quotes the text, which holds secrets.
        raise ValueError("must be a JSON object") from None
    if not isinstance(given, dict) or len(given) > PROVIDERS_MAX:
        raise ValueError(f"must be a JSON object of at most {PROVIDERS_MAX} providers")
    return {name: _provider(name, entry) for name, entry in given.items()}


def _provider(name: str, entry: Any) -> ReferenceProvider:
    if not _NAME.fullmatch(name) or name in RESERVED:
        raise ValueError(
            f"must name each provider in small letters, digits, - and _, and none {', '.join(sorted(RESERVED))}"
        )
    if not isinstance(entry, dict) or set(entry) != _PARTS or not isinstance(entry["auth"], dict):
        raise ValueError(f"must give {name} a url and an auth")
    auth, url = entry["auth"], entry["url"]
    texts = (url, *auth.values())
    if not {"key", "secret"} <= set(auth) <= _AUTH or not all(isinstance(text, str) and text for text in texts):
        raise ValueError(f"must give the auth of {name} a key, a secret and perhaps a realm")
    if not base_url(url):
        raise ValueError(f"must give {name} a url")
    return ReferenceProvider(name, base_url(url), auth["key"], auth["secret"], auth.get("realm", ""))
