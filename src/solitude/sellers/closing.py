"""The end of a seller: providers forget what lets them act for it. What was paid stays in the books.

A seller who comes back permits anew.
"""

from collections.abc import Callable

from solitude.sellers.models import Seller

_hooks: list[Callable[[Seller], None]] = []


def register(forget: Callable[[Seller], None]) -> None:
    """`forget` is called in the transaction that ends the seller: if it raises, the seller stays. At start."""
    _hooks.append(forget)


def end(seller: Seller) -> None:
    """In the transaction in which the seller becomes inactive."""
    for forget in _hooks:
        forget(seller)
