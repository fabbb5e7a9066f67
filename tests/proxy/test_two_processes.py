"""A house in two processes as its users have it: database process, proxy and simulators, each by itself, over TLS."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from solitude.client import OutcomeUnknown, ProviderUnavailable, Solitude
from tests.proxy.paying import Shop
from tests.support import processes, proxied
from tests.support.environment import CLIENTS
from tests.support.processes import House
from tests.support.proxied import Plan
from tests.support.waiting import until
from tests.support.zippy import ZippySimulator

pytestmark = pytest.mark.long
PATIENCE_S = 60


@dataclass(frozen=True)
class Both:
    house: House
    plan: Plan
    shop: Shop
    zippy: ZippySimulator

    def proxy(self, **settings: str) -> Any:
        return proxied.proxy(self.plan, self.house.paypal.root, **settings)


@pytest.fixture(scope="module")
def both(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Both]:
    planned = proxied.plan(tmp_path_factory.mktemp("proxy"))
    home = tmp_path_factory.mktemp("house")
    # Recovery waits for the lease of a call that nobody is at any more.
    times = {"SOLITUDE_CALL_LEASE_S": "16", "SOLITUDE_PAYPAL_TIMEOUT_MS": "5000"}
    with proxied.house(home, planned, SOLITUDE_BREAKER_FAILURES="1000", **times) as house:
        client = Solitude(house.url, processes.KEY, str(CLIENTS[processes.KEY]), timeout_s=60)
        yield Both(house, planned, Shop(client), ZippySimulator(house.paypal.root, "reference"))


def test_payments_and_packages_go_through_the_proxy_also_while_the_secret_is_changed(both: Both) -> None:
    newer = "the-newer-secret-of-the-hop-0123456789abc"
    with both.proxy(SOLITUDE_PROXY_SECRETS=f"{newer},{both.plan.secret}"):
        payment = both.shop.pays()
        assert payment.pay_url.startswith(both.zippy.url)
        both.shop.told(both.zippy.pay(payment.pay_url))
        assert both.shop.status(payment) == "completed"
        assert both.shop.package().package_id
        # What was found before this proxy was there is remembered for a while.
        until(lambda: both.shop.client.status().proxies)
    ours, theirs = both.house.logs(), both.plan.logs()
    # One name for the request in the logs of both.
    lines = [json.loads(line) for line in ours.splitlines() if line.startswith("{")]
    asked = {line["request_id"] for line in lines if line.get("path", "").startswith("/proxy/provider/")}
    assert [name for name in asked if name not in theirs] == []
    assert len(asked) > 1
    for credential in ("sandbox-zippyscr", "sandbox-bango-password", both.plan.secret, newer):
        assert credential not in ours + theirs


def test_without_the_proxy_a_payment_is_refused_and_nothing_was_sent(both: Both) -> None:
    with both.proxy():
        both.shop.ready()
    before = len(both.zippy.calls("create_transaction"))
    with pytest.raises(ProviderUnavailable):
        both.shop.pays()
    assert len(both.zippy.calls("create_transaction")) == before
    assert both.shop.client.uncertain().count == 0


def test_of_a_payment_whose_proxy_dies_in_the_middle_recovery_finds_what_became(both: Both) -> None:
    with both.proxy() as process:
        both.shop.ready()
        before = len(both.zippy.calls("create_transaction"))
        both.zippy.fault("create_transaction", "timeout_after", delay_ms=30_000)
        payment = both.shop.begins_to_pay()
        until(lambda: len(both.zippy.calls("create_transaction")) > before)
        proxied.kill(process)
        with pytest.raises(OutcomeUnknown):
            payment.result(timeout=PATIENCE_S)
        assert both.shop.client.uncertain().count == 1
    with both.proxy():
        until(lambda: both.shop.client.uncertain().count == 0)


def test_neither_process_holds_what_is_the_others(both: Both) -> None:
    assert both.house.environment["SOLITUDE_PROXY_URL"] == both.plan.url
    assert not [name for name in both.house.environment if "BANGO_USER" in name or "BANGO_PASSWORD" in name]
    assert "auth" not in both.house.environment["SOLITUDE_REFERENCE_PROVIDERS"]
    made = {path.name for path in both.plan.home.rglob("*")}
    assert not made & {"keys.json", "solitude.sqlite3"}
