"""What the proxy does with a message to the gateway from a process that has no keys: it puts ours on, and sends it.

Only what this house asks of the gateway is passed on, and only of our own merchant.
"""

import base64
import re
from dataclasses import replace
from http import HTTPMethod
from urllib.parse import urlsplit

from django.conf import settings

from solitude.outbound.http import Answer, NotSent, Reason, Request
from solitude.outbound.ways import Sender
from solitude.providers.braintree import gateway
from solitude.providers.braintree.gateway import NotConfigured

# The header fields of a message that are passed on, besides those of every request.
HEADERS = ("x-apiversion",)
_ID = "/[A-Za-z0-9_-]+"
_ASKED = tuple(
    (method, re.compile(path))
    for method, path in (
        (HTTPMethod.POST, "/transactions"),
        (HTTPMethod.POST, "/transactions/advanced_search(_ids)?"),
        (HTTPMethod.GET, f"/transactions{_ID}"),
        (HTTPMethod.POST, f"/transactions{_ID}/refund"),
        (HTTPMethod.PUT, f"/transactions{_ID}/void"),
        (HTTPMethod.POST, "/customers"),
        (HTTPMethod.POST, "/payment_methods"),
        (HTTPMethod.GET, f"/payment_methods/any{_ID}"),
        (HTTPMethod.DELETE, f"/payment_methods/any{_ID}"),
        (HTTPMethod.POST, "/subscriptions"),
        (HTTPMethod.GET, f"/subscriptions{_ID}"),
        (HTTPMethod.PUT, f"/subscriptions{_ID}"),
        (HTTPMethod.PUT, f"/subscriptions{_ID}/cancel"),
        (HTTPMethod.GET, "/plans"),
        (HTTPMethod.POST, "/client_token"),
    )
)


class Passing:
    """A sender for who has no keys. `by` leads to the gateway."""

    def __init__(self, by: Sender) -> None:
        self._by = by

    def send(self, request: Request) -> Answer:
        """Raises NotSent and NoAnswer."""
        if not settings.SOLITUDE_BRAINTREE_MERCHANT_ID:
            raise NotSent(Reason.CREDENTIALS_REFUSED)
        if not may_pass(request):
            raise NotSent(Reason.REFUSED_OPERATION)
        ours = {"Authorization": _authorization(), "User-Agent": _user_agent()}
        return self._by.send(replace(request, headers={**request.headers, **ours}))


def may_pass(request: Request) -> bool:
    """Whether it is something that this house asks of the gateway."""
    base = f"{settings.SOLITUDE_BRAINTREE_URL}/merchants/{settings.SOLITUDE_BRAINTREE_MERCHANT_ID}"
    below = request.url.removeprefix(base)
    parts = urlsplit(below)
    if below == request.url or parts.netloc:
        return False
    return any(request.method == method and path.fullmatch(parts.path) for method, path in _ASKED)


def _user_agent() -> str:
    """As the SDK says it, whose version the gateway looks at. Raises NotSent where it is not installed."""
    try:
        return f"Braintree Python {gateway.sdk().version.Version}"
    except NotConfigured:
        raise NotSent(Reason.CREDENTIALS_REFUSED) from None


def _authorization() -> str:
    """As the SDK makes it (`braintree/util/http.py`)."""
    pair = f"{settings.SOLITUDE_BRAINTREE_PUBLIC_KEY}:{settings.SOLITUDE_BRAINTREE_PRIVATE_KEY}"
    return f"Basic {base64.b64encode(pair.encode()).decode()}"
