"""Each test of the kit runs once for every provider that can do what it needs; the rest is left out, and listed."""

import os
from collections.abc import Iterator

import pytest
from django.test import override_settings
from tests.conformance import behind_proxy, tally
from tests.conformance.adapters import ADAPTERS
from tests.conformance.bench import Bench
from tests.conformance.needs import missing
from tests.support.marketplace import Marketplace

PROVIDER = "provider_name"


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if PROVIDER in metafunc.fixturenames:
        metafunc.parametrize(PROVIDER, ADAPTERS)


def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    kept, left_out = [], []
    for item in items:
        provider = _provider_of(item)
        lacking = missing(item.iter_markers(), ADAPTERS[provider]) if provider else None
        if lacking:
            tally.left_out(config, provider, item.nodeid, lacking)
        (left_out if lacking else kept).append(item)
    if left_out:
        config.hook.pytest_deselected(items=left_out)
        items[:] = kept


def _provider_of(item: pytest.Item) -> str:
    callspec = getattr(item, "callspec", None)
    return str(callspec.params.get(PROVIDER, "")) if callspec else ""


@pytest.fixture(autouse=True)
def _alone_with_the_proxy() -> Iterator[None]:
    """Where the kit runs behind a proxy, the house connects to nothing else."""
    port = os.environ.get(behind_proxy.PORT)
    if not port:
        yield
        return
    with behind_proxy.alone_with(int(port)) as seen:
        yield
    assert seen.elsewhere == []


@pytest.fixture
def bench(request: pytest.FixtureRequest, shop: Marketplace, provider_name: str) -> Iterator[Bench]:
    """A marketplace and a provider; at the end both have the same in their books."""
    tally.of_provider(request.node, provider_name)
    at = ADAPTERS[provider_name]()
    with override_settings(**at.settings):
        bench = Bench(shop, at)
        yield bench
        bench.expect_equal_books()
