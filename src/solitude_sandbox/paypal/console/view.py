"""What the console's pages are made from, and the small things that they share."""

from dataclasses import dataclass

from markupsafe import Markup

from solitude_sandbox.paypal.call import Json
from solitude_sandbox.wording import whole


@dataclass(frozen=True)
class View:
    """`books` is the newest part of the state page, lists with the oldest first; `at` is where the console is.

    `post_to` is for forms; empty: to the page on which they stand.
    """

    books: Json
    at: str
    post_to: str = ""

    def newest(self, name: str, limit: int | None = None) -> list[Json]:
        """A list of the books, the newest first."""
        return list(reversed(self.books[name]))[:limit]

    def order_link(self, order_id: str) -> Markup:
        """To the page about one order."""
        return Markup('<a href="{}/payments/{}"><code>{}</code></a>').format(self.at, order_id, order_id)


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
