from collections.abc import Iterator
from dataclasses import dataclass

import pytest

from tests.support import proxied, simulator
from tests.support.proxied import Plan


@dataclass(frozen=True)
class Served:
    """A running proxy for the simulators of this test process."""

    plan: Plan
    pid: int


@pytest.fixture(scope="package")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    planned = proxied.plan(tmp_path_factory.mktemp("proxy"))
    with proxied.proxy(planned, simulator.running().root) as process:
        yield Served(planned, process.pid)
