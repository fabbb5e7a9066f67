"""What the proxy does with a request to PayPal's REST API from a process that has no credentials: it says who we are, and sends it.

Only what this house asks of PayPal is passed on. The access token stays here: what PayPal gives for our own credentials is asked for by
nobody else, or whoever has the other process would have the token too.
"""

import re
from http import HTTPMethod
from urllib.parse import parse_qs, unquote, urlsplit

from django.conf import settings

from solitude.outbound.hop import climbs
from solitude.outbound.http import Answer, NotSent, Outlet, Reason, Request
from solitude.providers.paypal.names import TOKEN
from solitude.providers.paypal.rest import onboarding, verification
from solitude.providers.paypal.rest.credentials import PAYMENT_TOKENS, SETUP_TOKENS
from solitude.providers.paypal.rest.identity import GRANTS, Identity, TokenNotGiven, TokenRefused
from solitude.providers.paypal.rest.login import USERINFO
from solitude.providers.paypal.rest.payments import ORDERS
from solitude.providers.paypal.rest.refunds import REFUNDS
from solitude.providers.paypal.rest.report import CAPTURES, REPORT

# The header fields of a request that are passed on, besides those of every request.
HEADERS = ("prefer", "paypal-request-id")
_ID = r"/[A-Za-z0-9%_~-][A-Za-z0-9%._~-]*"
_ASKED = tuple(
    (method, re.compile(path))
    for method, path in (
        (HTTPMethod.POST, re.escape(ORDERS)),
        (HTTPMethod.GET, re.escape(ORDERS) + _ID),
        (HTTPMethod.POST, re.escape(ORDERS) + _ID + "/capture"),
        (HTTPMethod.GET, re.escape(CAPTURES) + _ID),
        (HTTPMethod.POST, re.escape(CAPTURES) + _ID + "/refund"),
        (HTTPMethod.GET, re.escape(REFUNDS) + _ID),
        (HTTPMethod.GET, re.escape(REPORT)),
        (HTTPMethod.POST, re.escape(SETUP_TOKENS)),
        (HTTPMethod.GET, re.escape(SETUP_TOKENS) + _ID),
        (HTTPMethod.POST, re.escape(PAYMENT_TOKENS)),
        (HTTPMethod.GET, re.escape(PAYMENT_TOKENS)),
        (HTTPMethod.DELETE, re.escape(PAYMENT_TOKENS) + _ID),
        (HTTPMethod.POST, re.escape(verification.ONLINE_PATH)),
        (HTTPMethod.POST, re.escape(onboarding.REFERRALS)),
        (HTTPMethod.GET, re.escape(onboarding.PARTNERS) + _ID + "/merchant-integrations" + f"({_ID})?"),
    )
)
_OF_PERSONS = frozenset({"authorization_code", "refresh_token"})


class Passing:
    """A sender for who has no credentials. `by` leads to PayPal."""

    def __init__(self, by: Outlet) -> None:
        self._by, self._identity = by, Identity(by)

    def send(self, request: Request) -> Answer:
        """Raises NotSent and NoAnswer."""
        if not may_pass(request):
            raise NotSent(Reason.REFUSED_OPERATION)
        try:
            return self._identity.send(request, self._by)
        except TokenRefused:
            raise NotSent(Reason.CREDENTIALS_REFUSED) from None
        except TokenNotGiven as error:
            raise NotSent(Reason.BUSY if error.failed.reason == "busy" else Reason.NO_TOKEN) from None


def may_pass(request: Request) -> bool:
    """Whether it is something that this house asks of PayPal."""
    below = request.url.removeprefix(settings.SOLITUDE_PAYPAL_URL)
    parts = urlsplit(below)
    if (
        below == request.url
        or parts.netloc
        or climbs(parts.path)
        or _steps(unquote(unquote(parts.path))) != _steps(parts.path)
    ):
        return False
    if parts.path == GRANTS:
        granted = parse_qs(request.body.decode("ascii", "replace"), keep_blank_values=True).get("grant_type", [])
        return request.method == HTTPMethod.POST and len(granted) == 1 and granted[0] in _OF_PERSONS and not parts.query
    if parts.path == urlsplit(USERINFO).path:
        return request.method == HTTPMethod.GET and TOKEN in request.headers
    return any(request.method == method and path.fullmatch(parts.path) for method, path in _ASKED)


def _steps(path: str) -> int:
    return path.count("/")
