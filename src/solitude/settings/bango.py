"""Bango: SOAP services, the pages on which buyers pay, and what Bango tells."""

from importlib.util import find_spec
from pathlib import Path

from solitude.configuration import base_url, folder, one_of, web_url
from solitude.settings.payments import SOLITUDE_CALL_LEASE_S
from solitude.settings.paypal import sandbox_url
from solitude.settings.process import SOLITUDE_DEBUG
from solitude.settings.proxy import holds_no_credentials
from solitude.settings.reading import environment, secret

_get = environment.get
_SIMULATOR = f"{sandbox_url}/bango"
_AT_THE_PROXY = holds_no_credentials("bango", ("SOLITUDE_BANGO_USER", "SOLITUDE_BANGO_PASSWORD"))
_HOSTS = {
    "test": ("https://webservices.test.bango.org", "https://mozilla.test.bango.org"),
    "prod": ("https://webservices.bango.com", "https://mozilla.bango.net"),
}

SOLITUDE_BANGO_ENV: str = _get(
    "SOLITUDE_BANGO_ENV",
    one_of("test", "prod"),
    "test",
    "Which of Bango's worlds: `test` or `prod`; it chooses the hosts.",
)
SOLITUDE_BANGO_URL: str = _get(
    "SOLITUDE_BANGO_URL",
    base_url,
    _SIMULATOR if SOLITUDE_DEBUG else _HOSTS[SOLITUDE_BANGO_ENV][0],
    "Bango's web services.",
    shown="Bango's of `SOLITUDE_BANGO_ENV`; with debug the simulator",
)
SOLITUDE_BANGO_TOKEN_URL: str = _get(
    "SOLITUDE_BANGO_TOKEN_URL",
    base_url,
    SOLITUDE_BANGO_URL if SOLITUDE_DEBUG else _HOSTS[SOLITUDE_BANGO_ENV][1],
    "Where the token of a buyer's return is checked.",
    shown="Bango's of `SOLITUDE_BANGO_ENV`; with debug `SOLITUDE_BANGO_URL`",
)
SOLITUDE_BANGO_PAY_URL: str = _get(
    "SOLITUDE_BANGO_PAY_URL",
    web_url,
    f"{SOLITUDE_BANGO_URL}/mozpayments/?bcid=" if SOLITUDE_DEBUG else "",
    "The page on which buyers pay, up to where the number of the billing configuration follows; without it answers name no `pay_url`.",
    shown="none; with debug the simulator's",
)
SOLITUDE_BANGO_USER: str = environment.text(
    "SOLITUDE_BANGO_USER",
    "sandbox-bango-user" if SOLITUDE_DEBUG and not _AT_THE_PROXY else "",
    "Who we are at Bango.",
    shown="none; with debug the simulator's",
)
SOLITUDE_BANGO_PASSWORD: str = secret(
    "SOLITUDE_BANGO_PASSWORD",
    "sandbox-bango-password" if SOLITUDE_DEBUG and not _AT_THE_PROXY else "",
    "The password of that user. Without it, and without a proxy that has it, nothing is asked of Bango.",
    shown="none; with debug the simulator's",
)
SOLITUDE_BANGO_WSDL_DIR: Path | None = _get(
    "SOLITUDE_BANGO_WSDL_DIR",
    folder,
    None,
    "A folder with Bango's own WSDL files, to be used instead of our description of the operations that we use.",
    shown="our own",
)
SOLITUDE_BANGO_TIMEOUT_MS: int = environment.number(
    "SOLITUDE_BANGO_TIMEOUT_MS",
    min(30_000, SOLITUDE_CALL_LEASE_S * 1000 - 1000),
    "For one call of Bango as a whole.",
    unit="ms",
    least=50,
    most=120_000,
    shown="30000, but less than `SOLITUDE_CALL_LEASE_S`",
)
SOLITUDE_BANGO_CONNECT_TIMEOUT_MS: int = environment.number(
    "SOLITUDE_BANGO_CONNECT_TIMEOUT_MS", 3_000, "To connect.", unit="ms", least=10, most=60_000
)
SOLITUDE_BANGO_BASIC_AUTH_USER: str = environment.text(
    "SOLITUDE_BANGO_BASIC_AUTH_USER",
    "sandbox-event-user" if SOLITUDE_DEBUG else "",
    "As whom Bango brings its events to the marketplace; told to Bango with every new package. Without it no event can pass.",
    shown="none; with debug one for the simulator",
)
SOLITUDE_BANGO_BASIC_AUTH_PASSWORD: str = secret(
    "SOLITUDE_BANGO_BASIC_AUTH_PASSWORD",
    "sandbox-event-password" if SOLITUDE_DEBUG else "",
    "The password of that user.",
    shown="none; with debug one for the simulator",
)
SOLITUDE_BANGO_NOTIFICATION_URL: str = _get(
    "SOLITUDE_BANGO_NOTIFICATION_URL",
    web_url,
    "",
    "Where Bango brings its events: an address of the marketplace. Told to Bango with every new package.",
)
SOLITUDE_BANGO_INSERT_STAGE: str = environment.text(
    "SOLITUDE_BANGO_INSERT_STAGE",
    "",
    "Put before the names of vendor and company at Bango, so that test data can be told from real.",
)
SOLITUDE_BANGO_CHECK_TOKEN: bool = environment.flag(
    "SOLITUDE_BANGO_CHECK_TOKEN",
    default=True,
    meaning="Whether Bango is asked about the token of a buyer's return; false only with debug.",
)
SOLITUDE_BANGO_FAKE_REFUNDS: bool = environment.flag(
    "SOLITUDE_BANGO_FAKE_REFUNDS",
    default=False,
    meaning="True answers refunds without asking Bango, as the request says; only with debug.",
)
SOLITUDE_BANGO_SEND_USER_ID: bool = environment.flag(
    "SOLITUDE_BANGO_SEND_USER_ID", default=True, meaning="Whether Bango is told the buyer's uuid."
)
SOLITUDE_BANGO_ICON_URLS: bool = environment.flag(
    "SOLITUDE_BANGO_ICON_URLS", default=True, meaning="Whether Bango is told where the product's icon is."
)
SOLITUDE_BANGO_TRANSACTION_EXPIRY_S: int = environment.number(
    "SOLITUDE_BANGO_TRANSACTION_EXPIRY_S",
    1_800,
    "How long a buyer may take at Bango; the page itself ends a minute later. A payment that nobody made by then is cancelled.",
    unit="s",
    least=60,
    most=86_400,
)
SOLITUDE_BANGO_STATUSES_LIFETIME_DAYS: int = environment.number(
    "SOLITUDE_BANGO_STATUSES_LIFETIME_DAYS",
    30,
    "How long the checks of products are kept.",
    unit="days",
    least=1,
    most=3_650,
)

if SOLITUDE_CALL_LEASE_S * 1000 <= SOLITUDE_BANGO_TIMEOUT_MS:
    environment.problems.append("SOLITUDE_CALL_LEASE_S must be more than SOLITUDE_BANGO_TIMEOUT_MS")
if SOLITUDE_BANGO_WSDL_DIR and not (SOLITUDE_BANGO_WSDL_DIR / "mozilla_exporter.wsdl").is_file():
    environment.problems.append("SOLITUDE_BANGO_WSDL_DIR must have Bango's own files, such as mozilla_exporter.wsdl")
if not SOLITUDE_DEBUG:
    environment.forbid(
        {
            # Found and not imported: only the first call needs it.
            "SOLITUDE_BANGO_PASSWORD needs zeep: install what requirements/providers.txt lists": (
                (SOLITUDE_BANGO_PASSWORD or _AT_THE_PROXY) and not find_spec("zeep")
            ),
            "SOLITUDE_BANGO_USER, _PASSWORD, _BASIC_AUTH_USER or _BASIC_AUTH_PASSWORD is the simulator's": any(
                text.startswith("sandbox-")
                for text in (
                    SOLITUDE_BANGO_USER,
                    SOLITUDE_BANGO_PASSWORD,
                    SOLITUDE_BANGO_BASIC_AUTH_USER,
                    SOLITUDE_BANGO_BASIC_AUTH_PASSWORD,
                )
            ),
            "SOLITUDE_BANGO_URL must be https": not SOLITUDE_BANGO_URL.startswith("https://"),
            "SOLITUDE_BANGO_TOKEN_URL must be https": not SOLITUDE_BANGO_TOKEN_URL.startswith("https://"),
            "SOLITUDE_BANGO_PAY_URL must be https": (
                SOLITUDE_BANGO_PAY_URL and not SOLITUDE_BANGO_PAY_URL.startswith("https://")
            ),
            "SOLITUDE_BANGO_CHECK_TOKEN may be false only with SOLITUDE_DEBUG=true": not SOLITUDE_BANGO_CHECK_TOKEN,
            "SOLITUDE_BANGO_FAKE_REFUNDS may be true only with SOLITUDE_DEBUG=true": SOLITUDE_BANGO_FAKE_REFUNDS,
        }
    )
