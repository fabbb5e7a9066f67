"""The simulated gateway that the tests share, empty for each: as the official SDK sees it, and as buyers and fate do."""

from collections.abc import Iterator
from typing import Any

import pytest
from tests.sandbox.braintree.client import Shop
from tests.sandbox.braintree.client import gateway as gateway_at
from tests.support.braintree import BraintreeSimulator


@pytest.fixture
def fate(sandbox_url: str) -> Iterator[BraintreeSimulator]:
    simulator = BraintreeSimulator(sandbox_url, "braintree")
    simulator.reset()
    yield simulator
    simulator.reset()


@pytest.fixture
def gateway(fate: BraintreeSimulator) -> Iterator[Any]:
    made = gateway_at(fate.url)
    yield made
    made.config.close()


@pytest.fixture
def shop(gateway: Any) -> Shop:
    return Shop(gateway)
