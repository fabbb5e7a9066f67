"""The fixtures that most tests use: the marketplace, the provider, and what they left behind."""

from collections.abc import Iterator

import pytest

from solitude.web import purge
from tests.support import bango as bango_simulator
from tests.support import braintree as braintree_simulator
from tests.support import simulator
from tests.support import zippy as zippy_simulator
from tests.support.bango import BangoSimulator
from tests.support.braintree import BraintreeSimulator
from tests.support.marketplace import Marketplace
from tests.support.simulator import Simulator
from tests.support.zippy import ZippySimulator


@pytest.fixture
def paypal() -> Iterator[Simulator]:
    """The PayPal simulator, empty and without faults."""
    running = simulator.running()
    running.reset()
    yield running
    running.reset()


@pytest.fixture
def bango() -> Iterator[BangoSimulator]:
    """The Bango simulator, empty and without faults."""
    running = bango_simulator.running()
    running.reset()
    yield running
    running.reset()


@pytest.fixture
def braintree() -> Iterator[BraintreeSimulator]:
    """The simulator of Braintree's gateway, empty and without faults."""
    running = braintree_simulator.running()
    running.reset()
    yield running
    running.reset()


@pytest.fixture
def zippy() -> Iterator[ZippySimulator]:
    """The simulator of the reference provider, empty and without faults."""
    running = zippy_simulator.running()
    running.reset()
    yield running
    running.reset()


@pytest.fixture
def shop(transactional_db: None, paypal: Simulator) -> Marketplace:
    """A marketplace that signs its requests. Commits are real: no test's transaction is around the server's."""
    purge._Turn.next_at = 0.0
    return Marketplace()


@pytest.fixture
def app_id(shop: Marketplace) -> str:
    """A product that can be sold."""
    return shop.product()


@pytest.fixture
def paid(shop: Marketplace, paypal: Simulator, app_id: str) -> dict[str, str]:
    """A payment that the buyer approved and that was captured: the answer of pay."""
    answer = shop.pay(app_id)
    paypal.approve(answer["pay_url"])
    assert shop.check(uuid=answer["uuid"])["status"] == "COMPLETED"
    return dict(answer.json)


@pytest.fixture
def preapproved(shop: Marketplace, paypal: Simulator) -> str:
    """The uuid of a buyer with a pre-approval."""
    buyer = shop.buyer()["uuid"]
    begun = shop.preapproval(buyer)
    paypal.approve(begun["paypal_url"])
    assert shop.put(begun["resource_uri"], {}).status == 202
    return str(buyer)
