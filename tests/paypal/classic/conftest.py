"""A marketplace whose sellers are paid by the classic interface."""

from collections.abc import Iterator

import pytest
from django.test import override_settings
from tests.support.marketplace import Marketplace


@pytest.fixture
def classic_shop(shop: Marketplace) -> Iterator[Marketplace]:
    with override_settings(SOLITUDE_PAYPAL_API="classic"):
        yield shop


@pytest.fixture
def classic_app(classic_shop: Marketplace) -> str:
    """A product that can be sold."""
    return classic_shop.product()
