"""What is held about a buyer here: what providers were asked because of it, and what they told."""

from typing import Any

from solitude.buyers.holdings import row
from solitude.buyers.models import Buyer
from solitude.payments.models import Notification, ProviderCall
from solitude.payments.retained import of_buyer

# Whoever has them can charge the buyer.
CREDENTIAL = "credential"


def of_calls(buyer: Buyer) -> list[dict[str, Any]]:
    return [_call(one) for one in ProviderCall.objects.filter(of_buyer(buyer.pk)).order_by("pk")]


def of_notifications(buyer: Buyer) -> list[dict[str, Any]]:
    """In the providers' own words, as long as these are kept."""
    found = Notification.objects.filter(transaction__buyer=buyer.pk).order_by("pk")
    return [row(one, without={"row_uuid"}) for one in found]


def _call(call: ProviderCall) -> dict[str, Any]:
    shown = row(call, without={"row_uuid"})
    if shown["intent"]:
        shown["intent"] |= {CREDENTIAL: bool(shown["intent"].get(CREDENTIAL))}
    return shown
