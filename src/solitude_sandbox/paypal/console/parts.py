"""The small things that the console's pages share."""

from markupsafe import Markup

from solitude_sandbox.console import View
from solitude_sandbox.paypal.call import Json
from solitude_sandbox.wording import whole


def order_link(view: View, order_id: str) -> Markup:
    """To the page about one order."""
    return Markup('<a href="{}/{}"><code>{}</code></a>').format(view.at("payments"), order_id, order_id)


def money(*amounts: Json) -> Markup:
    """As a person reads it; no line ends within an amount."""
    return Markup(", ").join(whole(f"{amount['value']} {amount['currency_code']}") for amount in amounts)


def captures_of(order: Json) -> list[Json]:
    """The captures of all its units."""
    return [capture for unit in order["purchase_units"] for capture in unit.get("payments", {}).get("captures", [])]


def order_of(capture: Json) -> str:
    """The id of the order that it belongs to."""
    return str(capture["supplementary_data"]["related_ids"]["order_id"])


def waits_for_buyer(resource: Json) -> bool:
    """Whether an order or a setup token has a link for its buyer."""
    return any(link["rel"] in ("approve", "payer-action") for link in resource["links"])
