"""A marketplace whose sellers are paid by the classic interface, in dollars."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest
from django.test import override_settings
from tests.support.marketplace import Answer, Marketplace
from tests.support.simulator import Simulator

IPN_URL = "https://shop.example/ipn"


class ClassicShop(Marketplace):
    """The same marketplace; what a payment does not say is usual here."""

    def pay(self, app_id: str, headers: dict[str, str] | None = None, **more: Any) -> Answer:
        return super().pay(app_id, headers, **({"currency": "USD", "amount": Decimal("3.75")} | more))


@pytest.fixture
def shop(shop: Marketplace) -> Iterator[Marketplace]:
    with override_settings(SOLITUDE_PAYPAL_API="classic", SOLITUDE_PAYPAL_NOTIFY_URL=IPN_URL):
        yield ClassicShop()


@pytest.fixture
def begun(shop: Marketplace, app_id: str) -> Answer:
    """A payment that waits for its buyer."""
    return shop.pay(app_id)


@pytest.fixture
def checked(shop: Marketplace, paypal: Simulator, begun: Answer) -> Answer:
    """A payment that its buyer approved, as a look-up saw."""
    paypal.approve(begun["pay_url"])
    assert shop.check(uuid=begun["uuid"])["status"] == "COMPLETED"
    return begun
