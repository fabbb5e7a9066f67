"""Whether the plans at Braintree are what the catalogue says of them: a subscription is charged as its plan is, and not as we believe."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

from solitude.money.errors import MoneyError
from solitude.money.money import Money
from solitude.providers.braintree.models import ProductBraintree
from solitude.providers.braintree.wire import Reply, wire

MONTHLY: Final = 1


class NotTold(Exception):
    """The gateway has not told its plans; the text says why in one word."""


def plans() -> dict[str, Any]:
    """The SDK's plans by their ids. Raises NotTold and NotConfigured."""
    found = wire().ask("list_plans", lambda gateway: gateway.plan.all())
    if not isinstance(found, Reply):
        raise NotTold(getattr(found, "reason", "not_found"))
    return {str(plan.id): plan for plan in found.value}


def problems(entry: ProductBraintree, known: dict[str, Any]) -> Iterator[str]:
    """What is wrong with the plan of a recurring product, each as the end of a sentence that begins with its name."""
    plan = known.get(entry.seller_product.public_id)
    if plan is None:
        yield "has no plan at Braintree"
        return
    if plan.currency_iso_code != entry.currency:
        yield f"is paid in {entry.currency}, and its plan in {plan.currency_iso_code}"
    elif entry.amount is not None and _price(plan) != entry.amount:
        yield f"costs {Money(entry.amount, entry.currency).text}, and its plan {plan.price}"
    if plan.billing_frequency != MONTHLY:
        yield f"is monthly, and its plan is charged every {plan.billing_frequency} months"
    if plan.trial_period:
        yield "has a plan with a trial period"
    if plan.billing_day_of_month is not None:
        yield f"has a plan with a day of the month ({plan.billing_day_of_month})"


def _price(plan: Any) -> Decimal | None:
    """None where it is no amount of its currency."""
    try:
        return Money.parse(plan.price, plan.currency_iso_code).amount
    except MoneyError:
        return None
