"""What PayPal's room holds about a buyer: pre-approvals, without what one could charge with."""

from typing import Any

from solitude.buyers.holdings import row
from solitude.buyers.models import Buyer
from solitude.events.models import Event
from solitude.providers.paypal.models import BuyerPaypal, Preapproval, PreapprovalUse

SECRET = frozenset({"key", "pay_url"})
TECHNICAL = frozenset({"row_uuid", "key_hash"})


def of_buyer(buyer: Buyer) -> dict[str, Any]:
    kept = BuyerPaypal.objects.filter(buyer=buyer.pk)
    about = [one.resource_uri for one in kept]
    return {
        "preapproval": [row(one, secret=SECRET, without=TECHNICAL) for one in kept],
        "uses": [row(one) for one in PreapprovalUse.objects.filter(preapproval__buyer=buyer.pk).order_by("pk")],
        "asked_for": [
            row(one, secret=SECRET, without=TECHNICAL)
            for one in Preapproval.objects.filter(buyer=buyer.pk).order_by("created")
        ],
        "events": [row(event) for event in Event.objects.filter(resource_uri__in=about).order_by("pk")],
    }
