"""Products whose status at a provider is bad. A provider that checks the status of products tells at the start how they are listed."""

from collections.abc import Callable

from typing_extensions import TypedDict

STATUSES_MAX = 1_000


class BadStatus(TypedDict):
    """The last check of a product, which was bad. `errors` is the provider's text, `product_id` the product's external id."""

    id: int
    errors: str
    product_id: str


# Gives at most so many, the newest first: each product once, and only while its last check is bad.
Lister = Callable[[int], list[BadStatus]]

_listers: list[Lister] = []


def offer(lister: Lister) -> None:
    _listers.append(lister)


def bad() -> list[BadStatus]:
    """Of all providers, at most STATUSES_MAX."""
    found: list[BadStatus] = []
    for lister in _listers:
        found += lister(STATUSES_MAX - len(found))
    return found
