"""Who may call, and what a buyer's PIN is worth."""

from pathlib import Path

from solitude.configuration import ALL_CLIENTS, Network, base_url, is_on_this_machine, networks, which_clients
from solitude.settings.process import SOLITUDE_DEBUG
from solitude.settings.reading import environment
from solitude.web.clients import Client, clients_of, clients_of_file, exposure_of, weakness_of

_get = environment.get
_NO_NETWORKS: tuple[Network, ...] = ()
_NOBODY: frozenset[str] = frozenset()
_NO_CLIENTS: dict[str, Client] = {}

SOLITUDE_CLIENTS_FILE: Path | None = environment.path(
    "SOLITUDE_CLIENTS_FILE", None, "A file that holds what `SOLITUDE_CLIENTS` would.", shown="none"
)
SOLITUDE_CLIENTS = _get(
    "SOLITUDE_CLIENTS", clients_of, _NO_CLIENTS, 'API clients, JSON: `{"marketplace": "secret"}`.', shown="none"
) | clients_of_file(SOLITUDE_CLIENTS_FILE, environment.problems)
SOLITUDE_REQUIRE_SIGNATURE: bool = environment.flag(
    "SOLITUDE_REQUIRE_SIGNATURE", default=True, meaning="False lets unsigned requests pass; refused when debug is off."
)
SOLITUDE_OAUTH1: bool = environment.flag(
    "SOLITUDE_OAUTH1", default=False, meaning="True lets clients of the old server sign with OAuth 1.0a as well."
)
SOLITUDE_URL: str = _get(
    "SOLITUDE_URL",
    base_url,
    "http://127.0.0.1:2602" if SOLITUDE_DEBUG else "",
    "What clients call this server, e.g. `https://payments.internal:2602`; OAuth 1.0a signs it.",
    shown="none; with debug http://127.0.0.1:2602",
)
SOLITUDE_ALLOWED_NETWORKS = _get(
    "SOLITUDE_ALLOWED_NETWORKS", networks, _NO_NETWORKS, "CIDR list of the web heads; empty = loopback only."
) or networks("127.0.0.0/8, ::1/128")
SOLITUDE_TRUSTED_PROXIES = _get(
    "SOLITUDE_TRUSTED_PROXIES", networks, _NO_NETWORKS, "CIDR list of the peers whose `X-Forwarded-For` counts."
)
SOLITUDE_BODY_MAX_BYTES: int = environment.number(
    "SOLITUDE_BODY_MAX_BYTES", 1_048_576, "The largest request body.", unit="bytes", least=1024, most=64 * 1_048_576
)
SOLITUDE_CLEANSED_SETTINGS_ACCESS: bool = environment.flag(
    "SOLITUDE_CLEANSED_SETTINGS_ACCESS",
    default=False,
    meaning="True shows the settings, without their secrets, at `/services/settings/`; refused when debug is off.",
)
SOLITUDE_IDEMPOTENCY_LIFE_S: int = environment.number(
    "SOLITUDE_IDEMPOTENCY_LIFE_S", 86_400, "How long an idempotency key and its answer are kept.", unit="s", least=60
)
SOLITUDE_IDEMPOTENCY_LEASE_S: int = environment.number(
    "SOLITUDE_IDEMPOTENCY_LEASE_S",
    60,
    "After this a request that never ended (its process died) no longer holds its key.",
    unit="s",
    least=5,
    most=3600,
)

# --- PINs -------------------------------------------------------------------------------------------------------------
SOLITUDE_PIN_FAILURES: int = environment.number(
    "SOLITUDE_PIN_FAILURES", 5, "The wrong PIN that locks the account.", unit="tries", least=1, most=100
)
SOLITUDE_PIN_FAILURE_LENGTH_S: int = environment.number(
    "SOLITUDE_PIN_FAILURE_LENGTH_S", 300, "How long it stays locked.", unit="s", least=1, most=30 * 86_400
)
SOLITUDE_PIN_TOKEN_LIFE_S: int = environment.number(
    "SOLITUDE_PIN_TOKEN_LIFE_S",
    120,
    "How long the token of a PIN that was just given is good for a payment.",
    unit="s",
    least=5,
    most=3600,
)
SOLITUDE_REQUIRE_PIN = _get(
    "SOLITUDE_REQUIRE_PIN",
    which_clients,
    _NOBODY,
    "The clients whose payments need such a token from every buyer who has a PIN: a list of their keys, or `true` for all.",
    shown="none",
)

if unknown_clients := SOLITUDE_REQUIRE_PIN - {ALL_CLIENTS, *SOLITUDE_CLIENTS}:
    # A misspelt name would leave buyers unprotected.
    environment.problems.append(f"SOLITUDE_REQUIRE_PIN names no clients: {', '.join(sorted(unknown_clients))}")
if not SOLITUDE_DEBUG:
    _oauth_is_safe = SOLITUDE_URL.startswith("https://") or is_on_this_machine(SOLITUDE_URL)
    environment.forbid(
        {
            "SOLITUDE_REQUIRE_SIGNATURE may be false only with SOLITUDE_DEBUG=true": not SOLITUDE_REQUIRE_SIGNATURE,
            "SOLITUDE_OAUTH1 needs SOLITUDE_URL, and https there: what OAuth 1.0a signs does not cover the body": (
                SOLITUDE_OAUTH1 and not _oauth_is_safe
            ),
            "SOLITUDE_CLEANSED_SETTINGS_ACCESS may be true only with SOLITUDE_DEBUG=true": SOLITUDE_CLEANSED_SETTINGS_ACCESS,
        }
    )
    if SOLITUDE_CLIENTS_FILE and (_exposure := exposure_of(SOLITUDE_CLIENTS_FILE)):
        environment.problems.append(f"SOLITUDE_CLIENTS_FILE {_exposure}")
    _owners: dict[bytes, str] = {}
    for _client in SOLITUDE_CLIENTS.values():
        for _secret in _client.secrets:
            if _owners.setdefault(_secret, _client.key) != _client.key:
                environment.problems.append(f"SOLITUDE_CLIENTS: {_client.key!r} has a secret of {_owners[_secret]!r}")
    for _client in SOLITUDE_CLIENTS.values():
        for _weakness in filter(None, map(weakness_of, _client.secrets)):
            environment.problems.append(f"SOLITUDE_CLIENTS: a secret of {_client.key!r} {_weakness}")
