"""`GET /services/uncertain/`: what is not known is listed, the oldest first, until it is known."""

from datetime import UTC, datetime

import pytest
from tests.payments.passing import age, make_due
from tests.support.environment import CLIENTS
from tests.support.marketplace import Answer, Api, Marketplace
from tests.support.simulator import Simulator

from solitude.client.reports import Uncertain
from solitude.payments import recovery
from solitude.payments.models import ProviderCall
from solitude.services import api

PATH = "/services/uncertain/"


def lost(shop: Marketplace, paypal: Simulator, app_id: str) -> Answer:
    paypal.fault("create_order", "disconnect_after")
    return shop.pay(app_id)


def test_nothing_is_uncertain(shop: Marketplace, paypal: Simulator, paid: dict[str, str]) -> None:
    answer = shop.get(PATH)

    assert (answer.status, answer.json) == (200, {"count": 0, "oldest_s": 0, "transactions": []})


def test_what_is_told_of_a_payment(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    payment = lost(shop, paypal, app_id)
    call = ProviderCall.objects.get()

    listed = shop.get(PATH)

    assert set(listed.json) == {"count", "oldest_s", "transactions"}
    assert (listed["count"], listed["oldest_s"]) == (1, 0)
    assert listed["transactions"] == [
        {
            "transaction": payment["transaction"],
            "uuid": payment["uuid"],
            "provider": "paypal",
            "operation": "pay",
            "since": shown(call.begun_at),
            "tries": 1,
            "next_try": shown(call.next_try_at),
        }
    ]


def shown(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def test_the_oldest_comes_first(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    uuids = []
    for _ in range(3):
        age(minutes=10)
        uuids.append(lost(shop, paypal, app_id)["uuid"])

    listed = shop.get(PATH)

    assert [one["uuid"] for one in listed["transactions"]] == uuids
    assert listed["count"] == 3
    assert 1200 <= listed["oldest_s"] < 1260


def test_a_long_list_is_cut_and_its_count_is_not(
    shop: Marketplace, paypal: Simulator, app_id: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    uuids = [lost(shop, paypal, app_id)["uuid"] for _ in range(3)]
    monkeypatch.setattr(api, "UNCERTAIN_MAX", 2)

    listed = shop.get(PATH)

    assert listed["count"] == 3
    assert [one["uuid"] for one in listed["transactions"]] == uuids[:2]


def test_what_is_under_way_is_tried_again_when_its_lease_ends(
    shop: Marketplace, paypal: Simulator, app_id: str
) -> None:
    lost(shop, paypal, app_id)
    ProviderCall.objects.update(leased_until=datetime(2040, 1, 1, tzinfo=UTC))

    (one,) = shop.get(PATH)["transactions"]

    assert one["next_try"] == "2040-01-01T00:00:00.000Z"


def test_what_recovery_found_is_listed_no_more(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    lost(shop, paypal, app_id)
    make_due()
    recovery.run_once()

    assert shop.get(PATH)["count"] == 0


def test_what_is_no_transaction_is_listed_too_and_the_client_reads_it(shop: Marketplace, paypal: Simulator) -> None:
    asked = shop.preapproval(shop.buyer()["uuid"])
    paypal.approve(asked["paypal_url"])
    paypal.fault("payment_token", "disconnect_after")
    shop.put(asked["resource_uri"], {})

    listed = shop.get(PATH)

    (one,) = Uncertain.from_json(listed.json).transactions
    assert (one.transaction, one.uuid, one.operation, one.tries) == (None, None, "store_credential", 1)
    assert asked["key"] not in listed.text


def test_the_monitoring_may_ask_with_a_key_of_its_own(shop: Marketplace) -> None:
    nagios = CLIENTS["nagios"]
    assert isinstance(nagios, dict)

    assert Api("nagios", nagios["secrets"][0]).get(PATH).status == 200
    assert Api("nagios", nagios["secrets"][0]).get("/generic/transaction/1/").status == 403
    assert shop.send_unsigned("GET", PATH).status == 401


def test_it_takes_no_filter(shop: Marketplace) -> None:
    assert shop.get(f"{PATH}?since=yesterday").status == 400
