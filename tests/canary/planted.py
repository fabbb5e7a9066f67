"""What is planted in the files and settings of real processes: a value that exists nowhere else, and where it was put."""

import base64
import json
import secrets
from pathlib import Path

OWN = ("fields", "hashes", "pepper", "seals")
CLIENT_OF_RING, CLIENT_OF_SETTINGS, BANGO = "cnry-shop", "marketplace", "bango"
# Of every provider, the settings with a credential; `reference` has its own in a table.
CREDENTIALS = (
    "SOLITUDE_PAYPAL_CLIENT_SECRET",
    "SOLITUDE_PAYPAL_CLASSIC_USER",
    "SOLITUDE_PAYPAL_CLASSIC_PASSWORD",
    "SOLITUDE_PAYPAL_CLASSIC_SIGNATURE",
    "SOLITUDE_BANGO_USER",
    "SOLITUDE_BANGO_PASSWORD",
    "SOLITUDE_BRAINTREE_PUBLIC_KEY",
    "SOLITUDE_BRAINTREE_PRIVATE_KEY",
)
# With which the simulators are asked: these do their work.
WORKING = (
    "sandbox-secret",
    "sandbox-api-password",
    "sandbox-bango-password",
    "sandbox-private-key",
    "sandbox-zippyscr",
)


def secret(name: str) -> str:
    """A new one that tells in a failure where it came from."""
    return f"cnry-{name.lower().replace('_', '-')}-{secrets.token_hex(12)}"


def ring(path: Path) -> tuple[dict[str, str], dict[str, str]]:
    """Writes a key ring with keys of all six purposes: the planted values by where, in each way of writing them; and the secrets by
    the name of their party."""
    planted: dict[str, str] = {}
    purposes: dict[str, object] = {}
    for purpose in OWN:
        key = secrets.token_bytes(32)
        text = base64.b64encode(key).decode()
        key_id = f"{purpose[0]}1"
        purposes[purpose] = {"current": key_id, "keys": {key_id: {"key": text}}}
        ways = {
            text: "base64",
            base64.urlsafe_b64encode(key).decode(): "base64, of URLs",
            key.hex(): "hex",
            repr(key): "repr",
        }
        planted |= {written: f"the ring's key of {purpose}, {way}" for written, way in ways.items()}
    parties = {"clients": CLIENT_OF_RING, "notifications": BANGO}
    own = {party: secret(f"ring-{purpose}") for purpose, party in parties.items()}
    for purpose, party in parties.items():
        known = {"current": "c1", "keys": {"c1": {"key": own[party]}}}
        purposes[purpose] = {party: known | ({"allow": None} if purpose == "clients" else {})}
        planted[own[party]] = f"the ring's secret of {purpose}"
    path.touch(mode=0o600)
    path.write_text(json.dumps({"version": 2, "development": False, "purposes": purposes, "retired": []}))
    return planted, own


def credentials() -> dict[str, str]:
    """Settings with credentials that no provider knows."""
    return {name: secret(name) for name in CREDENTIALS}


def reference(url: str, key_secret: str) -> dict[str, str]:
    """The setting of the reference provider with a credential that it does not know."""
    auth = {"key": "sandbox-zippykey", "secret": key_secret, "realm": "Zippy"}
    return {"SOLITUDE_REFERENCE_PROVIDERS": json.dumps({"reference": {"url": url, "auth": auth}})}
