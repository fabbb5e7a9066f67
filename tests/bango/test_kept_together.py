"""What Bango has made and the answer about it are written down in one commit: there is never one without the other."""

from typing import Any

import pytest
from django.db import DatabaseError
from tests.bango.world import PACKAGE, PACKAGES, PRODUCTS, STATUSES, bango_product, new_product, seller
from tests.support.bango import BangoSimulator
from tests.support.marketplace import Marketplace

from solitude.providers.bango.models import ProductBango, SellerBango, StatusBango
from solitude.web.idempotency import Claim
from solitude.web.rows import Row

Made = tuple[str, dict[str, Any], str, type[Row]]


def asked(shop: Marketplace) -> list[Made]:
    """Requests that make something: path, body, Bango's operation, and what is kept."""
    return [
        (PACKAGES, {**PACKAGE, "seller": seller(shop)}, "CreatePackage", SellerBango),
        (PRODUCTS, new_product(shop), "CreateBangoNumber", ProductBango),
        (
            STATUSES,
            {"seller_product_bango": bango_product(shop)["resource_uri"]},
            "CreateBillingConfiguration",
            StatusBango,
        ),
    ]


def test_who_dies_before_the_answer_is_out_is_answered_the_same_afterwards(
    shop: Marketplace, bango: BangoSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Claim, "settle_response", lambda _, response: response)
    for path, body, operation, _ in asked(shop):
        before = len(bango.calls(operation))
        first, again = (shop.post(path, body, **{"Idempotency-Key": path}) for _ in range(2))
        assert (first.status, again.status, again.json) == (201, 201, first.json), path
        assert again.tag_and_place == first.tag_and_place
        assert len(bango.calls(operation)) == before + 1


def test_where_the_answer_cannot_be_kept_nothing_is(
    shop: Marketplace, bango: BangoSimulator, monkeypatch: pytest.MonkeyPatch
) -> None:
    def broken(*_: object) -> None:
        raise DatabaseError

    wanted = asked(shop)
    monkeypatch.setattr(Claim, "settle", broken)
    for path, body, _, model in wanted:
        before = model._default_manager.count()
        assert shop.post(path, body, **{"Idempotency-Key": path}).status == 500
        assert model._default_manager.count() == before, path
