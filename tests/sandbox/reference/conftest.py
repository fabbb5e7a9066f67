"""The reference provider's simulator that the tests share: as a marketplace sees it, and as its buyers and fate do."""

from collections.abc import Iterator

import pytest
from tests.sandbox.client import Sandbox
from tests.sandbox.reference.client import Zippy
from tests.support.zippy import ZippySimulator


@pytest.fixture
def fate(sandbox_url: str) -> Iterator[ZippySimulator]:
    simulator = ZippySimulator(sandbox_url, "reference")
    simulator.reset()
    yield simulator
    simulator.reset()


@pytest.fixture
def zippy(sandbox: Sandbox, fate: ZippySimulator) -> Zippy:
    return Zippy(sandbox)
