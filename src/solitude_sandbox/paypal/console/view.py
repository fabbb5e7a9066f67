"""What the console's pages are made from, and the small things that they share."""

import re
from dataclasses import dataclass

from markupsafe import Markup, escape

from solitude_sandbox.paypal.call import Json


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


def time(stamp: str) -> Markup:
    """A time (UTC), without the letters that only programs need; a line may end before the hour."""
    return Markup('<time datetime="{}">{} {}</time>').format(stamp, whole(stamp[:10]), stamp[11:19])


def code(text: str) -> Markup:
    """An identifier."""
    return Markup("<code>{}</code>").format(text)


def words(name: str) -> Markup:
    """A long name of PayPal's, that may end its line after a dot or an underscore."""
    return Markup(re.sub(r"([._])", r"\1<wbr>", str(escape(name))))  # noqa: S704 - escaped


def address(url: str) -> Markup:
    """A URL, that may end its line where its path begins or goes on."""
    return Markup(re.sub(r"(?<![:/])/(?!/)", "<wbr>/", str(escape(url))))  # noqa: S704 - escaped


def whole(text: str) -> Markup:
    """What must stand on one line."""
    return Markup('<span class="whole">{}</span>').format(text)


def captures_of(order: Json) -> list[Json]:
    """The captures of all its units."""
    return [capture for unit in order["purchase_units"] for capture in unit.get("payments", {}).get("captures", [])]


def order_of(capture: Json) -> str:
    """The id of the order that it belongs to."""
    return str(capture["supplementary_data"]["related_ids"]["order_id"])


def waits_for_buyer(resource: Json) -> bool:
    """Whether an order or a setup token has a link for its buyer."""
    return any(link["rel"] in ("approve", "payer-action") for link in resource["links"])
