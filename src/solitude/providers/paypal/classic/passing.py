"""What the proxy does with a classic call from a process that has no credentials: it says who we are, and sends it.

Only what this house asks of PayPal is passed on. A seller's permission comes with the call, for it is data of that process.
"""

from http import HTTPMethod

from django.conf import settings

from solitude.outbound.http import Answer, NotSent, Reason, Request
from solitude.outbound.ways import Sender

CALLS = {
    "AdaptivePayments": (
        "Pay",
        "PaymentDetails",
        "Refund",
        "Preapproval",
        "PreapprovalDetails",
        "CancelPreapproval",
    ),
    "AdaptiveAccounts": ("GetVerifiedStatus",),
    "Permissions": (
        "RequestPermissions",
        "GetAccessToken",
        "GetPermissions",
        "GetBasicPersonalData",
        "GetAdvancedPersonalData",
    ),
}
_PATHS = frozenset(f"/{service}/{call}" for service, calls in CALLS.items() for call in calls)


class Passing:
    """A sender for who has no credentials. `by` signs, and leads to PayPal."""

    def __init__(self, by: Sender) -> None:
        self._by = by

    def send(self, request: Request) -> Answer:
        """Raises NotSent and NoAnswer."""
        if request.method != HTTPMethod.POST or not _is_ours(request.url):
            raise NotSent(Reason.REFUSED_OPERATION)
        return self._by.send(request)


def _is_ours(url: str) -> bool:
    base = settings.SOLITUDE_PAYPAL_CLASSIC_URL
    return url.startswith(base) and url.removeprefix(base) in _PATHS
