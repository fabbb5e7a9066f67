import pytest
from tests.moving.mover import empty_database
from tests.support.marketplace import Marketplace


@pytest.fixture
def shop(shop: Marketplace) -> Marketplace:
    """A marketplace whose rows are numbered from 1."""
    empty_database()
    return shop
