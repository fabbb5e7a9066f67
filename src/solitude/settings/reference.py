"""Providers that speak the reference interface (Zippy's): each is one entry of a table."""

from solitude.providers.reference.configured import ReferenceProvider, reference_providers
from solitude.settings.payments import SOLITUDE_CALL_LEASE_S
from solitude.settings.paypal import sandbox_url
from solitude.settings.process import SOLITUDE_DEBUG
from solitude.settings.proxy import SOLITUDE_REFERENCE_PROXY
from solitude.settings.reading import environment

_get = environment.get
_auth = '"auth": {"key": "sandbox-zippykey", "secret": "sandbox-zippyscr", "realm": "Zippy"}'
_SIMULATOR = f'{{"reference": {{"url": "{sandbox_url}/reference"{"" if SOLITUDE_REFERENCE_PROXY else f", {_auth}"}}}}}'
_NO_PROVIDERS: dict[str, ReferenceProvider] = {}

SOLITUDE_REFERENCE_PROVIDERS = _get(
    "SOLITUDE_REFERENCE_PROVIDERS",
    reference_providers,
    reference_providers(_SIMULATOR) if SOLITUDE_DEBUG else _NO_PROVIDERS,
    "The providers behind `/provider/<name>/`, as JSON: "
    '`{"reference": {"url": "https://pay.example", "auth": {"key": "…", "secret": "…", "realm": "…"}}}`; '
    "without `auth` where a proxy has it.",
    shown="none; with debug the simulator as `reference`",
)
SOLITUDE_REFERENCE_TIMEOUT_MS: int = environment.number(
    "SOLITUDE_REFERENCE_TIMEOUT_MS",
    min(10_000, SOLITUDE_CALL_LEASE_S * 1000 - 1000),
    "For one call of such a provider as a whole.",
    unit="ms",
    least=50,
    most=60_000,
    shown="10000, but less than `SOLITUDE_CALL_LEASE_S`",
)
SOLITUDE_REFERENCE_CONNECT_TIMEOUT_MS: int = environment.number(
    "SOLITUDE_REFERENCE_CONNECT_TIMEOUT_MS", 3_000, "To connect.", unit="ms", least=10, most=60_000
)
SOLITUDE_REFERENCE_PAYMENT_LIFE_S: int = environment.number(
    "SOLITUDE_REFERENCE_PAYMENT_LIFE_S",
    86_400,
    "How long a payment waits for its buyer; then it is cancelled. Such a provider itself ends nothing by time.",
    unit="s",
    least=600,
    most=30 * 86_400,
)

if SOLITUDE_CALL_LEASE_S * 1000 <= SOLITUDE_REFERENCE_TIMEOUT_MS:
    environment.problems.append("SOLITUDE_CALL_LEASE_S must be more than SOLITUDE_REFERENCE_TIMEOUT_MS")
for _name, _provider in SOLITUDE_REFERENCE_PROVIDERS.items():
    environment.forbid(
        {
            f"SOLITUDE_REFERENCE_PROVIDERS must give {_name} no auth where {SOLITUDE_REFERENCE_PROXY} has it": (
                SOLITUDE_REFERENCE_PROXY and _provider.key
            ),
            f"SOLITUDE_REFERENCE_PROVIDERS must give {_name} an auth": not (SOLITUDE_REFERENCE_PROXY or _provider.key),
        }
    )
if not SOLITUDE_DEBUG:
    for _name, _provider in SOLITUDE_REFERENCE_PROVIDERS.items():
        environment.forbid(
            {
                f"SOLITUDE_REFERENCE_PROVIDERS: the url of {_name} must be https": not _provider.url.startswith(
                    "https://"
                ),
                f"SOLITUDE_REFERENCE_PROVIDERS: key or secret of {_name} is the simulator's": any(
                    text.startswith("sandbox-") for text in (_provider.key, _provider.secret)
                ),
            }
        )
