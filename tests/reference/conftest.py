from collections.abc import Iterator

import pytest
from tests.reference import world
from tests.support.marketplace import Marketplace
from tests.support.zippy import ZippySimulator


@pytest.fixture
def sold(shop: Marketplace, zippy: ZippySimulator) -> str:
    """The path of a product that can be paid for at the provider."""
    return world.product(shop)


@pytest.fixture
def second(zippy: ZippySimulator) -> Iterator[ZippySimulator]:
    """A second provider, which the settings call `second`, with a seller and a product `p-2`."""
    simulator = world.second_simulator()
    simulator.reset()
    with world.configured(second=world.provider(simulator.url, "second")):
        yield simulator
    simulator.reset()
