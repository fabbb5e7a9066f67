"""PayPal, by both of its interfaces."""

from decimal import Decimal
from pathlib import Path

from solitude.configuration import (
    certificates_file,
    chains,
    currency_codes,
    email,
    is_on_this_machine,
    one_of,
    plain_ids,
    safe_url_prefixes,
    url_prefixes,
    web_url,
)
from solitude.settings.payments import SOLITUDE_CALL_LEASE_S
from solitude.settings.process import SOLITUDE_DEBUG
from solitude.settings.proxy import holds_no_credentials
from solitude.settings.reading import environment, secret

_get = environment.get
_NO_PREFIXES: tuple[str, ...] = ()
_NO_CHAINS: tuple[tuple[Decimal, str], ...] = ()

# The client id is none of them: sellers see it in the address of PayPal's pages.
_PROXY_HAS_CREDENTIALS = holds_no_credentials(
    "paypal",
    (
        "SOLITUDE_PAYPAL_CLIENT_SECRET",
        *(f"SOLITUDE_PAYPAL_CLASSIC_{part}" for part in ("APP_ID", "USER", "PASSWORD", "SIGNATURE")),
    ),
)
_HAS_SIMULATORS = SOLITUDE_DEBUG and not _PROXY_HAS_CREDENTIALS

_SIMULATOR = "http://127.0.0.1:2680/paypal"
_SIMULATORS_WEBHOOK = "SANDBOXWEBHOOK001"
SOLITUDE_PAYPAL_URL: str = _get(
    "SOLITUDE_PAYPAL_URL",
    web_url,
    _SIMULATOR if SOLITUDE_DEBUG else "https://api-m.sandbox.paypal.com",
    "PayPal's API; for real money `https://api-m.paypal.com`.",
    shown="PayPal's sandbox; with debug the simulator",
)
SOLITUDE_PAYPAL_WEB_URL: str = _get(
    "SOLITUDE_PAYPAL_WEB_URL",
    web_url,
    _SIMULATOR if SOLITUDE_DEBUG else "https://www.sandbox.paypal.com",
    "Where buyers are sent; for real money `https://www.paypal.com`.",
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
    "sandbox-client" if _HAS_SIMULATORS else "",
    "Who we are at PayPal. Behind the proxy it is needed for sellers who log in or are onboarded, and is no secret.",
    shown="none; with debug the simulator's",
)
SOLITUDE_PAYPAL_CLIENT_SECRET: str = secret(
    "SOLITUDE_PAYPAL_CLIENT_SECRET",
    "sandbox-secret" if _HAS_SIMULATORS else "",
    "The secret of that id.",
    shown="none; with debug the simulator's",
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
    "PayPal's classic API (Adaptive Payments, Accounts and Permissions); for real money `https://svcs.paypal.com`.",
    shown="PayPal's sandbox; with debug `SOLITUDE_PAYPAL_URL`",
)
SOLITUDE_PAYPAL_IPN_URL: str = _get(
    "SOLITUDE_PAYPAL_IPN_URL",
    web_url,
    f"{SOLITUDE_PAYPAL_WEB_URL}/cgi-bin/webscr"
    if SOLITUDE_DEBUG
    else "https://ipnpb.sandbox.paypal.com/cgi-bin/webscr",
    "Where PayPal is asked whether an IPN is its own; for real money `https://ipnpb.paypal.com/cgi-bin/webscr`.",
    shown="PayPal's sandbox; with debug `SOLITUDE_PAYPAL_WEB_URL` + `/cgi-bin/webscr`",
)


def _classic_credential(part: str, of_simulator: str, meaning: str, *, is_secret: bool = False) -> str:
    read = secret if is_secret else environment.text
    default = of_simulator if _HAS_SIMULATORS else ""
    return read(f"SOLITUDE_PAYPAL_CLASSIC_{part}", default, meaning, shown="none; with debug the simulator's")


SOLITUDE_PAYPAL_CLASSIC_APP_ID = _classic_credential(
    "APP_ID", "APP-80W284485P519543T", "The id of our application in the classic API."
)
SOLITUDE_PAYPAL_CLASSIC_USER = _classic_credential("USER", "sandbox-api-user", "Who we are in the classic API.")
SOLITUDE_PAYPAL_CLASSIC_PASSWORD = _classic_credential(
    "PASSWORD", "sandbox-api-password", "The password of that user.", is_secret=True
)
SOLITUDE_PAYPAL_CLASSIC_SIGNATURE = _classic_credential(
    "SIGNATURE", "sandbox-api-signature", "The signature that PayPal gave to that user.", is_secret=True
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
SOLITUDE_PAYPAL_SETTLED_S: int = environment.number(
    "SOLITUDE_PAYPAL_SETTLED_S",
    900,
    "After PayPal answered a repeated capture with an error of its own or refused who asked, it may be at work on it for so long; then an "
    "order that looks as before proves that nothing was taken.",
    unit="s",
    least=1,
    most=86_400,
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
    plain_ids,
    _SIMULATORS_WEBHOOK if SOLITUDE_DEBUG else "",
    "The id of our webhook at PayPal, which every notification's signature covers; two while it changes. Without it none is done.",
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

# Where the simulators of the other providers are, with debug: beside PayPal's, if that is one.
sandbox_url = (SOLITUDE_PAYPAL_URL if is_on_this_machine(SOLITUDE_PAYPAL_URL) else _SIMULATOR).removesuffix("/paypal")

if SOLITUDE_CALL_LEASE_S * 1000 <= SOLITUDE_PAYPAL_TIMEOUT_MS * 3:
    environment.problems.append("SOLITUDE_CALL_LEASE_S must be more than three times SOLITUDE_PAYPAL_TIMEOUT_MS")
if not SOLITUDE_DEBUG:
    # What only development may do, and what only the simulator has.
    environment.forbid(
        {
            "SOLITUDE_PAYPAL_CLIENT_ID and SOLITUDE_PAYPAL_CLIENT_SECRET are the simulator's": (
                SOLITUDE_PAYPAL_CLIENT_ID == "sandbox-client" or SOLITUDE_PAYPAL_CLIENT_SECRET == "sandbox-secret"  # noqa: S105
            ),
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
            "SOLITUDE_PAYPAL_WEBHOOK_ID is the simulator's": _SIMULATORS_WEBHOOK
            in SOLITUDE_PAYPAL_WEBHOOK_ID.split(","),
            "SOLITUDE_PAYPAL_CERT_URLS_ALLOWED may be set only with SOLITUDE_DEBUG=true": (
                SOLITUDE_PAYPAL_CERT_URLS_ALLOWED
            ),
        }
    )
