"""In which of a provider's worlds, where money moves or its sandbox, this process asks it: told by the hosts of the addresses."""

from collections.abc import Iterator, Mapping
from urllib.parse import urlsplit

from solitude.settings.bango import SOLITUDE_BANGO_BASIC_AUTH_USER, SOLITUDE_BANGO_PASSWORD, SOLITUDE_BANGO_URL
from solitude.settings.braintree import SOLITUDE_BRAINTREE_MERCHANT_ID, SOLITUDE_BRAINTREE_URL
from solitude.settings.packages import PROVIDER_PACKAGES
from solitude.settings.paypal import (
    SOLITUDE_PAYPAL_API,
    SOLITUDE_PAYPAL_CLASSIC_SIGNATURE,
    SOLITUDE_PAYPAL_CLASSIC_URL,
    SOLITUDE_PAYPAL_CLIENT_ID,
    SOLITUDE_PAYPAL_IPN_URL,
    SOLITUDE_PAYPAL_RETURN_URL,
    SOLITUDE_PAYPAL_URL,
    SOLITUDE_PAYPAL_URLS_ALLOWED,
    SOLITUDE_PAYPAL_WEB_URL,
)
from solitude.settings.process import SOLITUDE_DEBUG
from solitude.settings.proxy import PROXIES, SOLITUDE_PROXY
from solitude.settings.reading import environment
from solitude.settings.reference import SOLITUDE_REFERENCE_PROVIDERS

_LIVE, _SANDBOX = "live", "sandbox"
_PAGES = "SOLITUDE_PAYPAL_WEB_URL"
# What hosts end with. The name of a sandbox ends like that of the live world, and comes first.
_ENDS = {
    ".sandbox.paypal.com": _SANDBOX,
    ".paypal.com": _LIVE,
    ".test.bango.org": _SANDBOX,
    ".sandbox.braintreegateway.com": _SANDBOX,
}


def _world(url: str) -> str:
    """Empty of a host that we do not know, such as a simulator's."""
    host = f".{urlsplit(url).hostname or ''}"
    return next((world for end, world in _ENDS.items() if host.endswith(end)), "")


def _asked_of_paypal() -> dict[str, str]:
    """The addresses by which payments go, by their settings: those of an interface that has no credentials are of no concern."""
    if PROXIES["paypal"] and not (SOLITUDE_PAYPAL_URLS_ALLOWED or SOLITUDE_PAYPAL_RETURN_URL):
        # The proxy may be there for others alone.
        return {}
    by_rest = SOLITUDE_PAYPAL_CLIENT_ID or (PROXIES["paypal"] and SOLITUDE_PAYPAL_API == "rest")
    by_classic = SOLITUDE_PAYPAL_CLASSIC_SIGNATURE or (PROXIES["paypal"] and SOLITUDE_PAYPAL_API == "classic")
    asked = {}
    if by_rest:
        asked["SOLITUDE_PAYPAL_URL"] = SOLITUDE_PAYPAL_URL
    if by_classic:
        asked["SOLITUDE_PAYPAL_CLASSIC_URL"] = SOLITUDE_PAYPAL_CLASSIC_URL
    if asked and not SOLITUDE_PROXY:
        asked[_PAGES] = SOLITUDE_PAYPAL_WEB_URL
    return asked


def _of(world: str, addresses: Mapping[str, str]) -> str:
    return ", ".join(name for name, url in addresses.items() if _world(url) == world)


def _doubts() -> Iterator[str]:
    """What an operator who has left the sandboxes would want to know."""
    if _live and _sandbox:
        yield _MIXED
    elif _live and _world(SOLITUDE_PAYPAL_IPN_URL) == _SANDBOX:
        yield "SOLITUDE_PAYPAL_IPN_URL is PayPal's sandbox, which knows no IPN of the live world: none would be believed"
    if SOLITUDE_DEBUG:
        return
    if _sandbox and not _live:
        named = _of(_SANDBOX, _paypal | {"SOLITUDE_PAYPAL_IPN_URL": SOLITUDE_PAYPAL_IPN_URL})
        yield f"SOLITUDE_DEBUG is off, and no money moves at PayPal's sandbox: {named}"
    uses_bango = SOLITUDE_BANGO_PASSWORD or (PROXIES["bango"] and SOLITUDE_BANGO_BASIC_AUTH_USER)
    if uses_bango and _world(SOLITUDE_BANGO_URL) == _SANDBOX:
        yield "SOLITUDE_DEBUG is off, and no money moves at Bango's test site: SOLITUDE_BANGO_ENV"
    if SOLITUDE_BRAINTREE_MERCHANT_ID and _world(SOLITUDE_BRAINTREE_URL) == _SANDBOX:
        yield "SOLITUDE_DEBUG is off, and no money moves at Braintree's sandbox: SOLITUDE_BRAINTREE_ENVIRONMENT"
    others = (
        SOLITUDE_BRAINTREE_MERCHANT_ID or SOLITUDE_REFERENCE_PROVIDERS or PROVIDER_PACKAGES or any(PROXIES.values())
    )
    if not (_paypal or uses_bango or others):
        yield "no payment can be taken: there are credentials of no provider"


def _has_nowhere_to_send_buyers() -> bool:
    """Whether none of the interfaces is of the world of the pages. Behind a proxy it is not seen from here which of them is used."""
    interfaces = {_world(url) for name, url in _paypal.items() if name != _PAGES}
    pages = _world(SOLITUDE_PAYPAL_WEB_URL)
    return _PAGES in _paypal and not PROXIES["paypal"] and "" not in {*interfaces, pages} and pages not in interfaces


_paypal = _asked_of_paypal()
_live, _sandbox = _of(_LIVE, _paypal), _of(_SANDBOX, _paypal)
_MIXED = f"PayPal's live world is in {_live}, its sandbox in {_sandbox}: neither knows what is paid in the other"
environment.forbid({_MIXED: _has_nowhere_to_send_buyers()})
# Not for operators to set: the server tells of them at its start.
WORLDS_IN_DOUBT: tuple[str, ...] = tuple(_doubts())
