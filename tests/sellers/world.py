"""Sellers and products as the tests name them."""

import itertools
import re
from typing import Any

from tests.support.marketplace import Answer, Marketplace

SELLERS, PRODUCTS = "/generic/seller/", "/generic/product/"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
# Behind a letter, so that no name that a test gives itself is ever taken.
_numbers = itertools.count(1)


def wrong(answer: Answer) -> list[str]:
    """The fields at fault, each with a list of texts."""
    assert answer.status == 400, answer
    for texts in answer.json.values():
        assert isinstance(texts, list)
        assert texts
        assert all(isinstance(text, str) and text for text in texts)
    return sorted(answer.json)


def product(seller: str, **more: Any) -> dict[str, Any]:
    """The body of a new product."""
    return {"seller": seller, "external_id": "app-9", "public_id": "pub:9"} | more


def made_seller(shop: Marketplace, **more: Any) -> dict[str, Any]:
    made = shop.post(SELLERS, {"uuid": f"dev:n{next(_numbers)}"} | more)
    assert made.status == 201, made
    return dict(made.json)


def made_product(shop: Marketplace, seller: str = "", **more: Any) -> dict[str, Any]:
    """A product, of a new seller unless one is named, with ids that no other one has."""
    seller, number = seller or made_seller(shop)["resource_uri"], next(_numbers)
    made = shop.post(PRODUCTS, product(seller, external_id=f"app-n{number}", public_id=f"pub:n{number}") | more)
    assert made.status == 201, made
    return dict(made.json)


def tag(answer: Answer) -> str:
    return answer.headers["ETag"]


def is_empty(answer: Answer, status: int) -> bool:
    return (answer.status, answer.text) == (status, "")
