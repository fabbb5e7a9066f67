"""The proxy: the process that has the providers' credentials and no database."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from solitude.configuration import base_url, certificates_file, flag, is_on_this_machine, key_file, words
from solitude.settings.process import SOLITUDE_DEBUG
from solitude.settings.reading import environment
from solitude.web.clients import SECRETS_MAX, weakness_of

_get = environment.get
_NOTHING: tuple[str, ...] = ()


def _switch(text: str) -> bool:
    """`enabled` is what the old server was told."""
    return text.lower() == "enabled" or flag(text)


_OFF: bool = False
SOLITUDE_PROXY: bool = _get(
    "SOLITUDE_PROXY",
    _switch,
    _OFF,
    "`enabled` makes this process the proxy, as the command `solitude proxy` does: it has no database, and serves `/proxy/` alone.",
)
SOLITUDE_PROXY_URL: str = _get(
    "SOLITUDE_PROXY_URL",
    base_url,
    "",
    "The proxy through which all providers are asked, e.g. `https://proxy.internal:2604`; this process has none of their credentials then.",
)
_below = f"{SOLITUDE_PROXY_URL}/proxy" if SOLITUDE_PROXY_URL else ""
SOLITUDE_BANGO_PROXY: str = _get(
    "SOLITUDE_BANGO_PROXY",
    base_url,
    _below and f"{_below}/bango",
    "The proxy for Bango alone: a whole URL that ends with `/proxy/bango`.",
    shown="below `SOLITUDE_PROXY_URL`",
)
SOLITUDE_REFERENCE_PROXY: str = _get(
    "SOLITUDE_REFERENCE_PROXY",
    base_url,
    _below and f"{_below}/provider",
    "The proxy for the providers below `/provider/`, and those in packages of their own: a whole URL that ends with `/proxy/provider`.",
    shown="below `SOLITUDE_PROXY_URL`",
)
SOLITUDE_BRAINTREE_PROXY: str = _get(
    "SOLITUDE_BRAINTREE_PROXY",
    base_url,
    _below and f"{_below}/braintree",
    "The proxy for Braintree alone: a whole URL that ends with `/proxy/braintree`.",
    shown="below `SOLITUDE_PROXY_URL`",
)
SOLITUDE_PAYPAL_PROXY: str = _get(
    "SOLITUDE_PAYPAL_PROXY",
    base_url,
    _below and f"{_below}/paypal",
    "The proxy for PayPal alone: a whole URL that ends with `/proxy/paypal`.",
    shown="below `SOLITUDE_PROXY_URL`",
)
SOLITUDE_PROXY_SECRETS: tuple[str, ...] = _get(
    "SOLITUDE_PROXY_SECRETS",
    words,
    _NOTHING,
    "What this process and the proxy sign with: one secret, or two with a comma between them while it is changed, the newest first.",
)
SOLITUDE_PROXY_CA_FILE: Path | None = _get(
    "SOLITUDE_PROXY_CA_FILE",
    certificates_file,
    None,
    "The certificate authority of the proxy's certificate.",
    shown="the system's",
)
SOLITUDE_PROXY_CLIENT_CERT: Path | None = _get(
    "SOLITUDE_PROXY_CLIENT_CERT", certificates_file, None, "The certificate that this process shows to the proxy."
)
SOLITUDE_PROXY_CLIENT_KEY: Path | None = _get(
    "SOLITUDE_PROXY_CLIENT_KEY", key_file, None, "The key of that certificate."
)
SOLITUDE_PROXY_SERVES: tuple[str, ...] = _get(
    "SOLITUDE_PROXY_SERVES",
    words,
    _NOTHING,
    "The providers that the proxy serves, e.g. `paypal, bango`; one whose credentials it lacks stops its start.",
    shown="all whose credentials it has",
)

# By the first part of the path at the proxy.
PROXIES: Mapping[str, str] = {
    "bango": SOLITUDE_BANGO_PROXY,
    "provider": SOLITUDE_REFERENCE_PROXY,
    "braintree": SOLITUDE_BRAINTREE_PROXY,
    "paypal": SOLITUDE_PAYPAL_PROXY,
}


def holds_no_credentials(service: str, names: Iterable[str]) -> bool:
    """Whether the proxy has the credentials of this service, so that this process must not; a setting of these names that is there all
    the same stops the start."""
    if not PROXIES[service]:
        return False
    environment.forbid(
        {
            f"{name} must not be set where {PROXIES[service]} has the credentials": environment.is_given(name)
            for name in names
        }
    )
    return True


_has_proxy = any(PROXIES.values())
environment.forbid(
    {
        "SOLITUDE_PROXY_URL and the like must not be set where this process is the proxy": SOLITUDE_PROXY
        and _has_proxy,
        "SOLITUDE_PROXY_SECRETS must be set where there is a proxy": (
            (SOLITUDE_PROXY or _has_proxy) and not SOLITUDE_PROXY_SECRETS
        ),
        f"SOLITUDE_PROXY_SECRETS must hold at most {SECRETS_MAX} secrets": len(SOLITUDE_PROXY_SECRETS) > SECRETS_MAX,
        "SOLITUDE_PROXY_CLIENT_CERT and SOLITUDE_PROXY_CLIENT_KEY go together": (
            (SOLITUDE_PROXY_CLIENT_CERT is None) != (SOLITUDE_PROXY_CLIENT_KEY is None)
        ),
        **{
            f"SOLITUDE_{name}_PROXY must be https": bool(url)
            and not (url.startswith("https://") or is_on_this_machine(url))
            for name, url in (
                ("BANGO", SOLITUDE_BANGO_PROXY),
                ("REFERENCE", SOLITUDE_REFERENCE_PROXY),
                ("BRAINTREE", SOLITUDE_BRAINTREE_PROXY),
                ("PAYPAL", SOLITUDE_PAYPAL_PROXY),
            )
        },
    }
)
if not SOLITUDE_DEBUG:
    for _weakness in filter(None, (weakness_of(text.encode()) for text in SOLITUDE_PROXY_SECRETS)):
        environment.problems.append(f"SOLITUDE_PROXY_SECRETS: a secret {_weakness}")
