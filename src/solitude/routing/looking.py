"""What is known of each way of a payment before one is chosen."""

from django.conf import settings

from solitude.outbound import breaker
from solitude.routing import choosing, way
from solitude.routing.choosing import Choice, Seen
from solitude.routing.rules import Facts
from solitude.routing.way import Way, Wish
from solitude.sellers.models import Access, Product

INACTIVE, SIMULATE = "inactive", "simulate"


def choice(wish: Wish, provider: str | None = None) -> Choice:
    """Among all ways, by the rules; or the one that is named. Raises LookupError where there is none of that name."""
    if provider is not None:
        return choosing.named(_seen(way.known()[provider], wish))
    seen = [_seen(one, wish) for one in way.known().values()]
    return choosing.choose(seen, settings.SOLITUDE_ROUTING_RULES, _facts(wish))


def _seen(one: Way, wish: Wish) -> Seen:
    why_not = _not_for_sale(wish.product) or one.why_not(wish)
    needs = () if why_not else one.needs(wish)
    missing = tuple(name for name in needs if not getattr(wish, name))
    return Seen(one.name, why_not, needs, missing, any(breaker.is_open(name) for name in one.outlets))


def _not_for_sale(product: Product) -> str:
    if product.access == Access.SIMULATE:
        return SIMULATE
    return "" if product.seller.active else INACTIVE


def _facts(wish: Wish) -> Facts:
    product = wish.product
    return Facts(wish.currency, product.public_id, product.seller.uuid, wish.region, wish.amount)
