"""A server, a simulator and the example shop as real processes, and people with browsers."""

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import pytest
from playwright.sync_api import Browser
from tests.support import browser as browsers
from tests.support import processes
from tests.support.browser import Visitor
from tests.support.environment import CLIENTS
from tests.support.free_port import free_port
from tests.support.processes import House

ROOT = Path(__file__).parents[2]


@dataclass(frozen=True)
class Market:
    """The shop, and the house that it is a customer of."""

    url: str
    house: House


# Playwright runs a loop in this thread, which Django's tests must not meet: it ends with the module.
@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    with browsers.chromium() as started:
        yield started


@pytest.fixture
def visitor(chromium: Browser) -> Iterator[Callable[[str], Visitor]]:
    """Makes visitors by the name that their pictures get; at the end no page may have complained on the browser's console."""
    came: list[Visitor] = []

    def arrive(name: str) -> Visitor:
        came.append(browsers.visitor(chromium, name))
        return came[-1]

    yield arrive
    for each in came:
        each.page.context.close()
    assert [each.complaints for each in came] == [[] for _ in came]


@pytest.fixture(scope="module")
def market(
    tmp_path_factory: pytest.TempPathFactory, chromium: Browser
) -> Iterator[Market]:  # without a browser there is no need for it
    with opened(tmp_path_factory.mktemp("market")) as shop:
        yield shop


@contextmanager
def opened(home: Path, **settings: str) -> Iterator[Market]:
    """`python -m examples.marketplace` as the demo starts it; `settings` are further ones of Solitude's."""
    port = free_port()
    url = f"http://127.0.0.1:{port}"
    told = {
        "SOLITUDE_PAYPAL_URLS_ALLOWED": url,
        "SOLITUDE_BANGO_NOTIFICATION_URL": f"{url}/bango/events",
        "SOLITUDE_BRAINTREE_MIN_AMOUNT": "0.5",
    }
    with processes.house(home, **told, **settings) as house:
        environment = house.environment | {
            "PYTHONPATH": str(ROOT),
            "SOLITUDE_URL": house.url,
            "SOLITUDE_KEY": processes.KEY,
            "SOLITUDE_SECRET": CLIENTS[processes.KEY],
            "SHOP_PORT": str(port),
            "SHOP_BOOKS": str(home / "shop.sqlite3"),
            "PAYPAL_SIMULATOR": house.paypal.url,
            "BRAINTREE_CARD_PAGE": f"{house.paypal.root}/braintree/sandbox/card",
        }
        with processes.started(home / "shop.out.log", environment, [sys.executable, "-m", "examples.marketplace"]):
            processes.wait_for(f"{url}/")
            yield Market(url, house)


def buys(customer: Visitor, app: str, way: str = "PayPal") -> None:
    """Chooses an app in the shop, and at the till how to pay; the customer is then at the provider's page."""
    customer.press("Buy", within=app)
    customer.press(way)
