"""What is held about a buyer here: what it paid, and what the feed told of it."""

from typing import Any

from solitude.buyers.holdings import row
from solitude.buyers.models import Buyer
from solitude.events.models import Event
from solitude.transactions.models import Transaction


def of_transactions(buyer: Buyer) -> list[dict[str, Any]]:
    """Payments, refunds and reversals, the first one first."""
    return [row(one) for one in _of(buyer)]


def of_events(buyer: Buyer) -> list[dict[str, Any]]:
    about = [buyer.resource_uri, *(one.resource_uri for one in _of(buyer))]
    return [row(event) for event in Event.objects.filter(resource_uri__in=about).order_by("pk")]


def _of(buyer: Buyer) -> list[Transaction]:
    """Asked for apart, each is found by an index; asked for with an OR, all transactions would be looked at."""
    own, related = Transaction.objects.filter(buyer=buyer.pk), Transaction.objects.filter(related__buyer=buyer.pk)
    return list(own.union(related).order_by("pk"))
