"""Braintree: the gateway, who we are there, and what may be sold."""

from decimal import Decimal

from solitude.configuration import base_url, currency_accounts, one_of, words
from solitude.settings.payments import SOLITUDE_CALL_LEASE_S
from solitude.settings.paypal import sandbox_url
from solitude.settings.process import SOLITUDE_DEBUG
from solitude.settings.proxy import holds_no_credentials
from solitude.settings.reading import environment, secret

_get = environment.get
_PROXY_HAS_KEYS = holds_no_credentials("braintree", ("SOLITUDE_BRAINTREE_PUBLIC_KEY", "SOLITUDE_BRAINTREE_PRIVATE_KEY"))
_HAS_SIMULATORS = SOLITUDE_DEBUG and not _PROXY_HAS_KEYS
_SIMULATOR = f"{sandbox_url}/braintree"
_HOSTS = {
    "sandbox": "https://api.sandbox.braintreegateway.com:443",
    "production": "https://api.braintreegateway.com:443",
}
_NO_ACCOUNTS: dict[str, str] = {}

SOLITUDE_BRAINTREE_ENVIRONMENT: str = _get(
    "SOLITUDE_BRAINTREE_ENVIRONMENT",
    one_of("sandbox", "production"),
    "sandbox",
    "Which of Braintree's worlds: `sandbox` or `production`; it chooses the host.",
)
SOLITUDE_BRAINTREE_URL: str = _get(
    "SOLITUDE_BRAINTREE_URL",
    base_url,
    _SIMULATOR if SOLITUDE_DEBUG else _HOSTS[SOLITUDE_BRAINTREE_ENVIRONMENT],
    "The gateway, up to where `/merchants/` follows.",
    shown="Braintree's of `SOLITUDE_BRAINTREE_ENVIRONMENT`; with debug the simulator",
)
SOLITUDE_BRAINTREE_MERCHANT_ID: str = environment.text(
    "SOLITUDE_BRAINTREE_MERCHANT_ID",
    "sandbox-merchant" if SOLITUDE_DEBUG else "",
    "Who we are at Braintree. Without it nothing is asked there.",
    shown="none; with debug the simulator's",
)
SOLITUDE_BRAINTREE_PUBLIC_KEY: str = environment.text(
    "SOLITUDE_BRAINTREE_PUBLIC_KEY",
    "sandbox-public-key" if _HAS_SIMULATORS else "",
    "Of the pair of keys, the one that names it.",
    shown="none; with debug the simulator's",
)
SOLITUDE_BRAINTREE_PRIVATE_KEY: str = secret(
    "SOLITUDE_BRAINTREE_PRIVATE_KEY",
    "sandbox-private-key" if _HAS_SIMULATORS else "",
    "The secret one: it signs in, and proves webhooks.",
    shown="none; with debug the simulator's",
)
SOLITUDE_BRAINTREE_MERCHANT_ACCOUNTS: dict[str, str] = _get(
    "SOLITUDE_BRAINTREE_MERCHANT_ACCOUNTS",
    currency_accounts,
    {"USD": "sandbox_usd", "EUR": "sandbox_eur", "GBP": "sandbox_gbp"} if SOLITUDE_DEBUG else _NO_ACCOUNTS,
    'By which of our accounts there each currency is taken, as JSON: `{"USD": "shop_usd", "EUR": "shop_eur"}`. Without any the '
    "gateway's own default takes all, in its currency.",
    shown="none; with debug the simulator's",
)
SOLITUDE_BRAINTREE_TIMEOUT_MS: int = environment.number(
    "SOLITUDE_BRAINTREE_TIMEOUT_MS",
    min(30_000, SOLITUDE_CALL_LEASE_S * 1000 - 1000),
    "For one call of the gateway as a whole.",
    unit="ms",
    least=50,
    most=120_000,
    shown="30000, but less than `SOLITUDE_CALL_LEASE_S`",
)
SOLITUDE_BRAINTREE_CONNECT_TIMEOUT_MS: int = environment.number(
    "SOLITUDE_BRAINTREE_CONNECT_TIMEOUT_MS", 3_000, "To connect.", unit="ms", least=10, most=60_000
)
SOLITUDE_BRAINTREE_MAX_METHODS: int = environment.number(
    "SOLITUDE_BRAINTREE_MAX_METHODS", 5, "Active cards of one buyer.", unit="cards", least=1, most=100
)
SOLITUDE_BRAINTREE_MIN_AMOUNT: Decimal = environment.decimal(
    "SOLITUDE_BRAINTREE_MIN_AMOUNT",
    "1",
    "The least that can be paid at once.",
    unit="of the currency",
    least=0,
    most=1_000_000,
)
SOLITUDE_BRAINTREE_MAX_AMOUNT: Decimal = environment.decimal(
    "SOLITUDE_BRAINTREE_MAX_AMOUNT",
    "10000",
    "The most.",
    unit="of the currency",
    least=0,
    most=1_000_000,
)
_RECORDED = (
    "failed",
    "gateway_rejected",
    "processor_declined",
    "settled",
    "settlement_declined",
    "submitted_for_settlement",
)
SOLITUDE_BRAINTREE_TRANSACTION_STATUSES: tuple[str, ...] = _get(
    "SOLITUDE_BRAINTREE_TRANSACTION_STATUSES",
    words,
    _RECORDED,
    "In which statuses the charge of a subscription is recorded when a webhook tells of it, and answered.",
    shown=", ".join(_RECORDED),
)
SOLITUDE_BRAINTREE_DESCRIPTOR_NAME: str = environment.text(
    "SOLITUDE_BRAINTREE_DESCRIPTOR_NAME",
    "Mozilla*",
    "What a buyer's statement begins with, before the name of what is subscribed to; 22 characters in all.",
)
SOLITUDE_BRAINTREE_DESCRIPTOR_URL: str = environment.text(
    "SOLITUDE_BRAINTREE_DESCRIPTOR_URL", "mozilla.org", "What stands beside it, 13 characters at most."
)
SOLITUDE_BRAINTREE_ABSENT_AFTER_S: int = environment.number(
    "SOLITUDE_BRAINTREE_ABSENT_AFTER_S",
    3600,
    "A sale without an answer that the gateway's search has not found by then was never made.",
    unit="s",
    least=60,
    most=7 * 86_400,
)

if SOLITUDE_CALL_LEASE_S * 1000 <= SOLITUDE_BRAINTREE_TIMEOUT_MS:
    environment.problems.append("SOLITUDE_CALL_LEASE_S must be more than SOLITUDE_BRAINTREE_TIMEOUT_MS")
if SOLITUDE_BRAINTREE_MIN_AMOUNT > SOLITUDE_BRAINTREE_MAX_AMOUNT:
    environment.problems.append("SOLITUDE_BRAINTREE_MIN_AMOUNT must not be more than SOLITUDE_BRAINTREE_MAX_AMOUNT")
if len(SOLITUDE_BRAINTREE_DESCRIPTOR_URL) > 13:
    environment.problems.append("SOLITUDE_BRAINTREE_DESCRIPTOR_URL must have at most 13 characters")
_HAS_KEYS = bool(SOLITUDE_BRAINTREE_PUBLIC_KEY and SOLITUDE_BRAINTREE_PRIVATE_KEY)
if SOLITUDE_BRAINTREE_MERCHANT_ID and not (_HAS_KEYS or _PROXY_HAS_KEYS):
    environment.problems.append(
        "SOLITUDE_BRAINTREE_MERCHANT_ID needs SOLITUDE_BRAINTREE_PUBLIC_KEY and SOLITUDE_BRAINTREE_PRIVATE_KEY"
    )
if not SOLITUDE_DEBUG:
    environment.forbid(
        {
            "SOLITUDE_BRAINTREE_URL must be https": not SOLITUDE_BRAINTREE_URL.startswith("https://"),
            "SOLITUDE_BRAINTREE_PRIVATE_KEY is the simulator's": SOLITUDE_BRAINTREE_PRIVATE_KEY.startswith("sandbox-"),
        }
    )
