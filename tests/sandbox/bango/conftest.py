"""The simulated Bango that the tests share, empty for each."""

import pytest
from tests.sandbox.bango.client import Bango
from tests.sandbox.client import Sandbox


@pytest.fixture
def bango(sandbox: Sandbox) -> Bango:
    client = Bango(sandbox)
    client.control("POST", "reset", {})
    return client
