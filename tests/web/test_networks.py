"""Only the allowed networks may call, and only trusted proxies may say who calls through them."""

from typing import Any

import pytest
from tests.support.marketplace import Answer, Marketplace

from solitude.configuration import networks

HERE = "/generic/buyer/"


@pytest.fixture(autouse=True)
def _networks(settings: Any) -> None:
    settings.SOLITUDE_ALLOWED_NETWORKS = networks("10.1.0.0/16, 2001:db8::/32")
    settings.SOLITUDE_TRUSTED_PROXIES = networks("10.1.0.7, 192.0.2.0/28, 2001:db8:ffff::1")


def called_from(shop: Marketplace, peer: str, forwarded: str | None = None, target: str = HERE) -> Answer:
    shop.client.defaults["REMOTE_ADDR"] = peer
    return shop.get(target, **({} if forwarded is None else {"X-Forwarded-For": forwarded}))


@pytest.mark.parametrize("peer", ["10.1.2.3", "::ffff:10.1.2.3", "::FFFF:0a01:0203", "2001:db8::5", "2001:DB8:0::5"])
def test_an_address_of_an_allowed_network_may_call(shop: Marketplace, peer: str) -> None:
    assert called_from(shop, peer).status == 200


@pytest.mark.parametrize(
    "peer", ["127.0.0.1", "10.2.0.1", "::1", "::ffff:10.2.0.1", "2001:db9::1", "", "unix:", "10.1.2.3:80", "10.1.2"]
)
def test_every_other_address_may_not(shop: Marketplace, security_events: list[str], peer: str) -> None:
    refused = called_from(shop, peer)
    assert refused.status == 403
    assert list(refused.json) == ["detail"]
    assert len(security_events) == 1
    assert "Network refused" in security_events[0]


PASSED = [
    ("10.1.0.7", None),
    ("10.1.0.7", ""),
    ("10.1.0.7", "10.1.9.9"),
    ("192.0.2.1", "10.1.9.9"),
    ("::ffff:192.0.2.1", "::ffff:10.1.9.9"),
    ("2001:db8:ffff::1", "10.1.9.9"),
    ("192.0.2.1", "203.0.113.5, 10.1.9.9"),
    ("192.0.2.1", "10.1.9.9, 192.0.2.2"),
    ("192.0.2.1", " 10.1.9.9 ,, 192.0.2.2 , "),
    ("10.1.3.3", "203.0.113.5"),
]
REFUSED = [
    # Not a proxy of ours: what it says does not count.
    ("203.0.113.5", "10.1.9.9"),
    # A proxy of ours tells of a stranger, whatever the stranger told it.
    ("192.0.2.1", "203.0.113.5"),
    ("192.0.2.1", "10.1.9.9, 203.0.113.5"),
    ("10.1.0.7", "10.1.9.9, 203.0.113.5"),
    ("192.0.2.1", "10.1.9.9, 203.0.113.5, 192.0.2.2"),
    # Nobody can tell who that is.
    ("192.0.2.1", "10.1.9.9, unknown"),
    ("192.0.2.1", "10.1.9.9:443"),
    ("192.0.2.1", "[2001:db8::1]"),
    # A proxy that says nothing calls for itself, and is in no allowed network.
    ("192.0.2.1", None),
]


@pytest.mark.parametrize(("peer", "forwarded"), PASSED)
def test_a_trusted_proxy_says_who_calls(shop: Marketplace, peer: str, forwarded: str | None) -> None:
    assert called_from(shop, peer, forwarded).status == 200


@pytest.mark.parametrize(("peer", "forwarded"), REFUSED)
def test_nobody_else_is_believed(shop: Marketplace, peer: str, forwarded: str | None) -> None:
    assert called_from(shop, peer, forwarded).status == 403


def test_the_security_event_names_the_caller_behind_the_proxy(shop: Marketplace, security_events: list[str]) -> None:
    called_from(shop, "192.0.2.1", "10.1.9.9, 203.0.113.5")
    assert "src=203.0.113.5 " in security_events[0]


def test_a_long_list_of_hops_is_read_from_its_end(shop: Marketplace) -> None:
    assert called_from(shop, "192.0.2.1", ", ".join(["junk"] * 1000 + ["10.1.9.9", "192.0.2.2"])).status == 200


@pytest.mark.parametrize("target", ["/", "/services/status/", "/no/such/path/", HERE])
def test_the_network_is_checked_before_everything_else(shop: Marketplace, target: str) -> None:
    assert called_from(shop, "203.0.113.5", target=target).status == 403
    refused = shop.send_unsigned("POST", target, b"not json", **{"Transaction-Id": "t-1"})
    assert (refused.status, refused.headers["Transaction-Id"]) == (403, "t-1")


def test_without_a_setting_only_this_machine_may_call(shop: Marketplace, settings: Any) -> None:
    settings.SOLITUDE_ALLOWED_NETWORKS = networks("127.0.0.0/8, ::1/128")
    assert [called_from(shop, peer).status for peer in ("127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1")] == [
        200
    ] * 4
    assert called_from(shop, "10.1.2.3").status == 403
