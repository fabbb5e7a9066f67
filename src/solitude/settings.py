"""Django's settings: every `SOLITUDE_*` variable is declared here, once, with its default, unit and meaning.

The environment is emptied of them as they are read. A value that cannot be used stops the start.
"""

import secrets
from decimal import Decimal
from pathlib import Path

import dj_database_url

from solitude import sqlite
from solitude.configuration import (
    ALL_CLIENTS,
    Network,
    amount_limits,
    base_url,
    certificates_file,
    chains,
    currency_codes,
    email,
    flag,
    folder,
    host_and_port,
    is_on_this_machine,
    metrics_prefix,
    networks,
    one_of,
    plain_id,
    process_environment,
    safe_url_prefixes,
    url_prefixes,
    web_url,
    which_clients,
)
from solitude.money.money import Money
from solitude.web.clients import Client, clients_of, clients_of_file, weakness_of

sqlite.install()

environment = process_environment()
_get = environment.get
_NO_NETWORKS: tuple[Network, ...] = ()
_NO_LIMITS: dict[str, tuple[Money, Money]] = {}
_NOBODY: frozenset[str] = frozenset()
_NO_CLIENTS: dict[str, Client] = {}
_NO_PREFIXES: tuple[str, ...] = ()
_NO_CHAINS: tuple[tuple[Decimal, str], ...] = ()

# --- the process ---------------------------------------------------------------------------------------------------
SOLITUDE_DEBUG: bool = environment.flag(
    "SOLITUDE_DEBUG",
    default=False,
    meaning="Development: missing keys are made, the simulator's accounts are the default. Never true in production.",
)
SOLITUDE_HOME: Path = _get(
    "SOLITUDE_HOME", folder, Path("var"), "SQLite database, generated keys and logs of the embedded default."
).absolute()
SOLITUDE_DATABASE_URL: str = environment.text(
    "SOLITUDE_DATABASE_URL",
    f"sqlite:///{SOLITUDE_HOME / 'solitude.sqlite3'}",
    "`postgresql://user:password@host:port/name` in production.",
    shown="SQLite in `SOLITUDE_HOME`",
)
SOLITUDE_DATABASE_STATEMENT_TIMEOUT_MS: int = environment.number(
    "SOLITUDE_DATABASE_STATEMENT_TIMEOUT_MS",
    15_000,
    "PostgreSQL gives up a statement after this.",
    unit="ms",
    least=100,
    most=600_000,
)
SOLITUDE_DATABASE_CONNECT_TIMEOUT_S: int = environment.number(
    "SOLITUDE_DATABASE_CONNECT_TIMEOUT_S",
    5,
    "To connect to PostgreSQL, for each address of its host; `connect_timeout` in the URL comes first.",
    unit="s",
    least=2,  # libpq takes a second for two
    most=60,
)
SOLITUDE_KEYS_FILE: Path = environment.path(
    "SOLITUDE_KEYS_FILE",
    None,
    "The key ring: field encryption and keyed hashes. Readable by its owner only.",
    shown="`SOLITUDE_HOME/keys.json`",
) or (SOLITUDE_HOME / "keys.json")
SOLITUDE_LOG_DIR: Path = _get(
    "SOLITUDE_LOG_DIR", folder, None, "Where `solitude.log` and `cef.log` are written.", shown="`SOLITUDE_HOME/logs`"
) or (SOLITUDE_HOME / "logs")
SOLITUDE_SERVE_THREADS: int = environment.number(
    "SOLITUDE_SERVE_THREADS",
    32,
    "Requests that one server process works on at the same time.",
    unit="threads",
    least=1,
    most=512,
)
SOLITUDE_SERVE_BACKLOG: int = environment.number(
    "SOLITUDE_SERVE_BACKLOG",
    256,
    "Requests that one server process takes in before it makes others wait.",
    unit="requests",
    least=1,
    most=8192,
)
SOLITUDE_SERVE_WORKER: bool = _get(
    "SOLITUDE_SERVE_WORKER",
    flag,
    SOLITUDE_DATABASE_URL.startswith("sqlite"),
    "Whether `solitude serve` does the work of `solitude worker` as well.",
    shown="true on SQLite",
)
SOLITUDE_DOCS_PAGE: bool = _get(
    "SOLITUDE_DOCS_PAGE",
    flag,
    SOLITUDE_DEBUG,
    "Whether `/docs/` shows the description of the API to people, unsigned, from this server alone.",
    shown="true with debug",
)
SOLITUDE_STATSD: tuple[str, int] | None = _get(
    "SOLITUDE_STATSD", host_and_port, None, "`host:port` of a statsd daemon that gets metrics over UDP; empty = off."
)
SOLITUDE_STATSD_PREFIX: str = _get(
    "SOLITUDE_STATSD_PREFIX", metrics_prefix, "", "Before the name of every metric, with a dot between them."
)

# --- who may call --------------------------------------------------------------------------------------------------
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

# --- PINs ----------------------------------------------------------------------------------------------------------
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

# --- payments ------------------------------------------------------------------------------------------------------
SOLITUDE_PAYMENTS_IN_PROGRESS_MAX: int = environment.number(
    "SOLITUDE_PAYMENTS_IN_PROGRESS_MAX",
    256,
    "Provider calls that one server process waits for at the same time; over it 503 `busy`.",
    unit="calls",
    least=1,
    most=65_536,
)
SOLITUDE_CALL_LEASE_S: int = environment.number(
    "SOLITUDE_CALL_LEASE_S",
    60,
    "How long a provider call may be under way before another process may ask what became of it. More than any time-out of a provider.",
    unit="s",
    least=5,
    most=3600,
)
SOLITUDE_RESEND_MAX_S: int = environment.number(
    "SOLITUDE_RESEND_MAX_S",
    3600,
    "How long after its first try a payment of unknown outcome may be sent again under the same key.",
    unit="s",
    least=0,
    most=6 * 3600,
)
SOLITUDE_RECOVERY_FIRST_S: int = environment.number(
    "SOLITUDE_RECOVERY_FIRST_S",
    5,
    "After a call of unknown outcome, or a notification that cannot be applied yet, the next try comes so much later; then ever later.",
    unit="s",
    least=1,
    most=3600,
)
SOLITUDE_RECOVERY_MAX_S: int = environment.number(
    "SOLITUDE_RECOVERY_MAX_S", 3600, "The longest time between two such tries.", unit="s", least=1, most=86_400
)
SOLITUDE_FOLLOW_UP_S: int = environment.number(
    "SOLITUDE_FOLLOW_UP_S",
    900,
    "The provider is asked about a payment or refund that waits for somebody, first after this time and then ever more rarely.",
    unit="s",
    least=10,
    most=86_400,
)
SOLITUDE_NOTIFICATION_ORPHAN_S: int = environment.number(
    "SOLITUDE_NOTIFICATION_ORPHAN_S",
    86_400,
    "A notification about something that is not in our books waits so long for it; then it is an orphan and raises the alarm.",
    unit="s",
    least=60,
)
SOLITUDE_WORKER_THREADS: int = environment.number(
    "SOLITUDE_WORKER_THREADS", 4, "What one worker does at the same time.", unit="threads", least=1, most=64
)
SOLITUDE_WORKER_IDLE_MS: int = environment.number(
    "SOLITUDE_WORKER_IDLE_MS",
    1_000,
    "A worker that finds nothing to do looks again after this.",
    unit="ms",
    least=10,
    most=60_000,
)
SOLITUDE_UNCERTAIN_WARNING_S: int = environment.number(
    "SOLITUDE_UNCERTAIN_WARNING_S",
    600,
    "`solitude check` warns when the oldest call of unknown outcome is older; six times that is critical.",
    unit="s",
    least=1,
)
SOLITUDE_FAILED_PRODUCTS_WARNING: int = environment.number(
    "SOLITUDE_FAILED_PRODUCTS_WARNING",
    0,
    "`solitude check` warns when the last transaction of more products than this failed.",
    unit="products",
)
SOLITUDE_STATUS_PROBE_TIMEOUT_MS: int = environment.number(
    "SOLITUDE_STATUS_PROBE_TIMEOUT_MS",
    2_000,
    "A provider that gives no HTTP answer within this is `proxies: false` at `/services/status/`.",
    unit="ms",
    least=10,
    most=10_000,
)
SOLITUDE_STATUS_PROBE_LIFE_S: int = environment.number(
    "SOLITUDE_STATUS_PROBE_LIFE_S",
    10,
    "So long one server process remembers whether the providers answered, however often it is asked.",
    unit="s",
    least=1,
    most=3600,
)
SOLITUDE_TRANSACTION_LOCKDOWN_S: int = environment.number(
    "SOLITUDE_TRANSACTION_LOCKDOWN_S",
    86_400,
    "How long a client may change a transaction that it keeps itself, from when it was made.",
    unit="s",
    least=1,
)
SOLITUDE_AMOUNT_LIMITS = _get(
    "SOLITUDE_AMOUNT_LIMITS",
    amount_limits,
    _NO_LIMITS,
    'Least and most of one payment per currency, JSON: `{"EUR": ["0.50", "2000"]}`; else 0.1 to 5000, rounded up to the smallest unit.',
    shown="none",
)
SOLITUDE_EVENTS_WAITING_MAX: int = environment.number(
    "SOLITUDE_EVENTS_WAITING_MAX",
    8,
    "Requests that one server process holds until there are new events; at most half of its threads. One more is answered at once.",
    unit="requests",
    most=512,
)
SOLITUDE_EVENTS_POLL_MS: int = environment.number(
    "SOLITUDE_EVENTS_POLL_MS",
    200,
    "How often a request that is held looks for new events.",
    unit="ms",
    least=10,
    most=5000,
)

# --- PayPal --------------------------------------------------------------------------------------------------------
_SIMULATOR = "http://127.0.0.1:2680/paypal"
_SIMULATORS_WEBHOOK = "SANDBOXWEBHOOK001"
SOLITUDE_PAYPAL_URL: str = _get(
    "SOLITUDE_PAYPAL_URL",
    web_url,
    _SIMULATOR if SOLITUDE_DEBUG else "https://api-m.sandbox.paypal.com",
    "PayPal's API.",
    shown="PayPal's sandbox; with debug the simulator",
)
SOLITUDE_PAYPAL_WEB_URL: str = _get(
    "SOLITUDE_PAYPAL_WEB_URL",
    web_url,
    _SIMULATOR if SOLITUDE_DEBUG else "https://www.sandbox.paypal.com",
    "Where buyers are sent.",
    shown="PayPal's sandbox; with debug the simulator",
)
SOLITUDE_PAYPAL_API: str = _get(
    "SOLITUDE_PAYPAL_API",
    one_of("rest", "classic"),
    "rest",
    "By which of PayPal's interfaces sellers are paid who have none of their own, and pre-approvals are made: `rest` or `classic`.",
)
SOLITUDE_PAYPAL_CLIENT_ID: str = environment.text(
    "SOLITUDE_PAYPAL_CLIENT_ID",
    "sandbox-client" if SOLITUDE_DEBUG else "",
    "Credentials at PayPal.",
    shown="with debug the simulator's",
)
SOLITUDE_PAYPAL_CLIENT_SECRET: str = environment.text(
    "SOLITUDE_PAYPAL_CLIENT_SECRET",
    "sandbox-secret" if SOLITUDE_DEBUG else "",
    "Credentials at PayPal.",
    shown="with debug the simulator's",
)
SOLITUDE_PAYPAL_PARTNER_ID: str = environment.text(
    "SOLITUDE_PAYPAL_PARTNER_ID",
    "SANDBXPARTNR2" if SOLITUDE_DEBUG else "",
    "The marketplace's own merchant id at PayPal, under which sellers are onboarded.",
    shown="none; with debug the simulator's",
)
SOLITUDE_PAYPAL_CLASSIC_URL: str = _get(
    "SOLITUDE_PAYPAL_CLASSIC_URL",
    web_url,
    SOLITUDE_PAYPAL_URL if SOLITUDE_DEBUG else "https://svcs.sandbox.paypal.com",
    "PayPal's classic API (Adaptive Payments, Accounts and Permissions).",
    shown="PayPal's sandbox; with debug `SOLITUDE_PAYPAL_URL`",
)
SOLITUDE_PAYPAL_IPN_URL: str = _get(
    "SOLITUDE_PAYPAL_IPN_URL",
    web_url,
    f"{SOLITUDE_PAYPAL_WEB_URL}/cgi-bin/webscr"
    if SOLITUDE_DEBUG
    else "https://ipnpb.sandbox.paypal.com/cgi-bin/webscr",
    "Where PayPal is asked whether an IPN is its own.",
    shown="PayPal's sandbox; with debug `SOLITUDE_PAYPAL_WEB_URL` + `/cgi-bin/webscr`",
)


def _classic_credential(part: str, of_simulator: str, meaning: str) -> str:
    default = of_simulator if SOLITUDE_DEBUG else ""
    return environment.text(
        f"SOLITUDE_PAYPAL_CLASSIC_{part}", default, meaning, shown="none; with debug the simulator's"
    )


SOLITUDE_PAYPAL_CLASSIC_APP_ID = _classic_credential(
    "APP_ID", "APP-80W284485P519543T", "The id of our application in the classic API."
)
SOLITUDE_PAYPAL_CLASSIC_USER = _classic_credential("USER", "sandbox-api-user", "Who we are in the classic API.")
SOLITUDE_PAYPAL_CLASSIC_PASSWORD = _classic_credential("PASSWORD", "sandbox-api-password", "The password of that user.")
SOLITUDE_PAYPAL_CLASSIC_SIGNATURE = _classic_credential(
    "SIGNATURE", "sandbox-api-signature", "The signature that PayPal gave to that user."
)
SOLITUDE_PAYPAL_CLASSIC_EMAIL: str = _get(
    "SOLITUDE_PAYPAL_CLASSIC_EMAIL",
    email,
    "",
    "The marketplace's own PayPal account, which gets its share in the classic interface.",
)
SOLITUDE_PAYPAL_CHAINS = _get(
    "SOLITUDE_PAYPAL_CHAINS",
    chains,
    _NO_CHAINS,
    'Who else gets how many percent of every payment in the classic interface, as JSON: `[["5", "partner@shop.example"]]`.',
)
SOLITUDE_PAYPAL_NOTIFY_URL: str = _get(
    "SOLITUDE_PAYPAL_NOTIFY_URL",
    web_url,
    "",
    "Where PayPal sends the IPNs of a classic payment or pre-approval whose request names no place.",
)
SOLITUDE_PAYPAL_BN_CODE: str = environment.text(
    "SOLITUDE_PAYPAL_BN_CODE", "", "The partner's attribution id, sent with every call."
)
SOLITUDE_PAYPAL_RETURN_URL: str = _get(
    "SOLITUDE_PAYPAL_RETURN_URL", web_url, "", "Where a buyer comes back who approved, when the request names no place."
)
SOLITUDE_PAYPAL_CANCEL_URL: str = _get(
    "SOLITUDE_PAYPAL_CANCEL_URL", web_url, "", "Where a buyer comes back who did not."
)
SOLITUDE_PAYPAL_URLS_ALLOWED = _get(
    "SOLITUDE_PAYPAL_URLS_ALLOWED",
    url_prefixes,
    _NO_PREFIXES,
    "Prefixes for the URLs of a request (return, cancel, IPN); empty refuses all.",
)
SOLITUDE_PAYPAL_PLATFORM_FEE_PERCENT = environment.decimal(
    "SOLITUDE_PAYPAL_PLATFORM_FEE_PERCENT",
    "0",
    "The marketplace's share when a request names none; 0 sends none.",
    unit="%",
    least=0,
    most=100,
)
SOLITUDE_PAYPAL_CONNECT_TIMEOUT_MS: int = environment.number(
    "SOLITUDE_PAYPAL_CONNECT_TIMEOUT_MS", 3_000, "To connect.", unit="ms", least=10, most=60_000
)
SOLITUDE_PAYPAL_TIMEOUT_MS: int = environment.number(
    "SOLITUDE_PAYPAL_TIMEOUT_MS", 10_000, "For one call as a whole.", unit="ms", least=50, most=60_000
)
SOLITUDE_PAYPAL_DISBURSEMENT: str = _get(
    "SOLITUDE_PAYPAL_DISBURSEMENT",
    one_of("instant", "delayed"),
    "instant",
    "When a seller gets the money of a payment that does not say so: `instant`, or `delayed`, which PayPal's REST interface knows.",
)
SOLITUDE_PAYPAL_ORDER_LIFE_S: int = environment.number(
    "SOLITUDE_PAYPAL_ORDER_LIFE_S",
    10_800,
    "How long a payment waits for its buyer's approval; then it ends as expired. PayPal itself waits three hours, for some accounts more.",
    unit="s",
    least=600,
    most=604_800,
)
SOLITUDE_PAYPAL_DATA_MEMORY_S: int = environment.number(
    "SOLITUDE_PAYPAL_DATA_MEMORY_S",
    60,
    "How long a marketplace may remember who is paid, in memory only: `max-age` of `GET /paypal/seller/` and `/paypal/product/`.",
    unit="s",
    least=0,
    most=3_600,
)
SOLITUDE_PAYPAL_PERMISSION_LIFE_S: int = environment.number(
    "SOLITUDE_PAYPAL_PERMISSION_LIFE_S",
    259_200,
    "How long a seller may take from the page on which permission is asked to the return from it.",
    unit="s",
    least=60,
)
SOLITUDE_PAYPAL_CHECK_CURRENCIES: tuple[str, ...] = _get(
    "SOLITUDE_PAYPAL_CHECK_CURRENCIES",
    currency_codes,
    ("USD",),
    "In which currencies the check of a seller's account tries whether the seller can be paid, unless the request names others.",
)
SOLITUDE_PREAPPROVAL_PENDING_LIFE_S: int = environment.number(
    "SOLITUDE_PREAPPROVAL_PENDING_LIFE_S",
    259_200,
    "How long a pre-approval may wait for its buyer.",
    unit="s",
    least=60,
)
SOLITUDE_PAYPAL_WEBHOOK_ID: str = _get(
    "SOLITUDE_PAYPAL_WEBHOOK_ID",
    plain_id,
    _SIMULATORS_WEBHOOK if SOLITUDE_DEBUG else "",
    "The id of our webhook at PayPal, which every notification's signature covers. Without it notifications stay unchecked, and so undone.",
    shown="none; with debug the simulator's",
)
SOLITUDE_PAYPAL_CERT_URLS_ALLOWED = _get(
    "SOLITUDE_PAYPAL_CERT_URLS_ALLOWED",
    safe_url_prefixes,
    (f"{SOLITUDE_PAYPAL_URL}/v1/notifications/certs",) if SOLITUDE_DEBUG else _NO_PREFIXES,
    "Prefixes below which a notification's certificate may lie too, besides PayPal's own hosts; refused when debug is off.",
    shown="none; with debug `SOLITUDE_PAYPAL_URL` + `/v1/notifications/certs`",
)
SOLITUDE_PAYPAL_CERT_CA: Path | None = _get(
    "SOLITUDE_PAYPAL_CERT_CA",
    certificates_file,
    None,
    "PEM file of the authorities that may vouch for a notification's certificate.",
    shown="those of the system; with debug and the simulator the simulator's",
)
SOLITUDE_PAYPAL_VERIFY_ONLINE: bool = environment.flag(
    "SOLITUDE_PAYPAL_VERIFY_ONLINE",
    default=False,
    meaning="True asks PayPal whether a notification is genuine, one call for each, instead of checking the signature here.",
)
# Not for operators to set: only development trusts what a server says of itself, and only a server on this machine.
PAYPAL_SIMULATOR_CA_URL: str = (
    f"{SOLITUDE_PAYPAL_URL}/sandbox/ca.pem"
    if SOLITUDE_DEBUG and SOLITUDE_PAYPAL_CERT_CA is None and is_on_this_machine(SOLITUDE_PAYPAL_URL)
    else ""
)


def _production_problems() -> None:
    """What only development may do, and what only the simulator has."""
    oauth_is_safe = SOLITUDE_URL.startswith("https://") or is_on_this_machine(SOLITUDE_URL)
    is_simulators = (
        SOLITUDE_PAYPAL_CLIENT_ID == "sandbox-client" or SOLITUDE_PAYPAL_CLIENT_SECRET == "sandbox-secret"  # noqa: S105
    )
    problems = {
        "SOLITUDE_REQUIRE_SIGNATURE may be false only with SOLITUDE_DEBUG=true": not SOLITUDE_REQUIRE_SIGNATURE,
        "SOLITUDE_OAUTH1 needs SOLITUDE_URL, and https there: what OAuth 1.0a signs does not cover the body": (
            SOLITUDE_OAUTH1 and not oauth_is_safe
        ),
        "SOLITUDE_CLEANSED_SETTINGS_ACCESS may be true only with SOLITUDE_DEBUG=true": SOLITUDE_CLEANSED_SETTINGS_ACCESS,
        "SOLITUDE_PAYPAL_CLIENT_ID and SOLITUDE_PAYPAL_CLIENT_SECRET are the simulator's": is_simulators,
        "SOLITUDE_PAYPAL_CLASSIC_USER, _PASSWORD or _SIGNATURE is the simulator's": any(
            secret.startswith("sandbox-api-")
            for secret in (
                SOLITUDE_PAYPAL_CLASSIC_USER,
                SOLITUDE_PAYPAL_CLASSIC_PASSWORD,
                SOLITUDE_PAYPAL_CLASSIC_SIGNATURE,
            )
        ),
        "SOLITUDE_PAYPAL_CLASSIC_URL must be https": not SOLITUDE_PAYPAL_CLASSIC_URL.startswith("https://"),
        "SOLITUDE_PAYPAL_IPN_URL must be https": not SOLITUDE_PAYPAL_IPN_URL.startswith("https://"),
        "SOLITUDE_PAYPAL_URL must be https": not SOLITUDE_PAYPAL_URL.startswith("https://"),
        "SOLITUDE_PAYPAL_WEB_URL must be https": not SOLITUDE_PAYPAL_WEB_URL.startswith("https://"),
        "SOLITUDE_PAYPAL_WEBHOOK_ID is the simulator's": SOLITUDE_PAYPAL_WEBHOOK_ID == _SIMULATORS_WEBHOOK,
        "SOLITUDE_PAYPAL_CERT_URLS_ALLOWED may be set only with SOLITUDE_DEBUG=true": SOLITUDE_PAYPAL_CERT_URLS_ALLOWED,
    }
    environment.problems += [problem for problem, is_one in problems.items() if is_one]
    for client in SOLITUDE_CLIENTS.values():
        for weakness in filter(None, map(weakness_of, client.secrets)):
            environment.problems.append(f"SOLITUDE_CLIENTS: a secret of {client.key!r} {weakness}")


if unknown_clients := SOLITUDE_REQUIRE_PIN - {ALL_CLIENTS, *SOLITUDE_CLIENTS}:
    # A misspelt name would leave buyers unprotected.
    environment.problems.append(f"SOLITUDE_REQUIRE_PIN names no clients: {', '.join(sorted(unknown_clients))}")
if SOLITUDE_CALL_LEASE_S * 1000 <= SOLITUDE_PAYPAL_TIMEOUT_MS * 3:
    environment.problems.append("SOLITUDE_CALL_LEASE_S must be more than three times SOLITUDE_PAYPAL_TIMEOUT_MS")
if not SOLITUDE_DEBUG:
    _production_problems()

# --- Django --------------------------------------------------------------------------------------------------------
_ENGINES = (_SQLITE, _POSTGRESQL) = ("django.db.backends.sqlite3", "django.db.backends.postgresql")
try:
    DATABASES = {"default": dj_database_url.parse(SOLITUDE_DATABASE_URL, conn_max_age=600, conn_health_checks=True)}
except ValueError:
    # Its message may hold the URL, and with it the password.
    DATABASES = {"default": {}}
_database = DATABASES["default"]
# In memory, every thread would have a database of its own.
if _database.get("NAME") in (None, "", ":memory:") or _database["ENGINE"] not in _ENGINES:
    environment.problems.append(
        "SOLITUDE_DATABASE_URL must be a postgresql:// or sqlite:/// URL with the name of a database"
    )
environment.finish()

if _database["ENGINE"] == _SQLITE:
    _database["OPTIONS"] = sqlite.options()
else:
    _options = _database.setdefault("OPTIONS", {})
    _options.setdefault("connect_timeout", SOLITUDE_DATABASE_CONNECT_TIMEOUT_S)
    _given = _options.get("options", "")
    _options["options"] = (
        f"{_given} -c statement_timeout={SOLITUDE_DATABASE_STATEMENT_TIMEOUT_MS} -c timezone=UTC".strip()
    )

# Django's own debug mode shows settings and code in its pages, so it stays off even in development.
DEBUG = False
# Nothing here is signed with it; Django wants one to exist.
SECRET_KEY = secrets.token_urlsafe(48)
# The peer's address decides who may call, not the name that it used.
ALLOWED_HOSTS = ["*"]
INSTALLED_APPS = [
    "solitude.web",
    "solitude.buyers",
    "solitude.sellers",
    "solitude.events",
    "solitude.transactions",
    "solitude.payments",
    "solitude.providers.paypal",
    "solitude.moving",
]
MIDDLEWARE = [
    "solitude.web.requests.RequestContext",
    "solitude.web.networks.AllowedNetworks",
    "solitude.web.requests.BothSpellings",
    "solitude.web.requests.HeadIsGet",
    "solitude.web.etags.ContentTags",
    "solitude.web.admission.Admission",
    "solitude.web.media.JsonOnly",
    "solitude.web.errors.JsonErrors",
]
ROOT_URLCONF = "solitude.urls"
WSGI_APPLICATION = "solitude.wsgi.application"
APPEND_SLASH = False
USE_TZ = True
TIME_ZONE = "UTC"
USE_I18N = False
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"
DATA_UPLOAD_MAX_MEMORY_SIZE = SOLITUDE_BODY_MAX_BYTES
LOGGING_CONFIG = None
