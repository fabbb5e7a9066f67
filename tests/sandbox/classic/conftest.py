"""The classic interface of the simulator that the tests share."""

import pytest
from tests.sandbox.classic.client import Classic
from tests.sandbox.client import Sandbox


@pytest.fixture
def classic(sandbox: Sandbox) -> Classic:
    return Classic(sandbox)
