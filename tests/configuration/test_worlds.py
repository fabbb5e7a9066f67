"""Each provider has a live world and a sandbox. Addresses of both together stop the start, and a sandbox in production is said."""

from pathlib import Path
from typing import Any

import pytest
from tests.configuration.starting import DEVELOPMENT, PRODUCTION, settings_of

from solitude.configuration import ConfigurationError

API, WEB, CLASSIC, IPN = (f"SOLITUDE_PAYPAL_{part}URL" for part in ("", "WEB_", "CLASSIC_", "IPN_"))
LIVE = {
    API: "https://api-m.paypal.com",
    WEB: "https://www.paypal.com",
    CLASSIC: "https://svcs.paypal.com",
    IPN: "https://ipnpb.paypal.com/cgi-bin/webscr",
}
SANDBOX = {
    API: "https://api-m.sandbox.paypal.com",
    WEB: "https://www.sandbox.paypal.com",
    CLASSIC: "https://svcs.sandbox.paypal.com",
    IPN: "https://ipnpb.sandbox.paypal.com/cgi-bin/webscr",
}
REST = {"SOLITUDE_PAYPAL_CLIENT_ID": "shop-client", "SOLITUDE_PAYPAL_CLIENT_SECRET": "shop-secret"}
OF_CLASSIC = {f"SOLITUDE_PAYPAL_CLASSIC_{part}": "our-shop" for part in ("APP_ID", "USER", "PASSWORD", "SIGNATURE")}
SECRET = "Zm9yLXRoZS1ob3AtaW4tdGVzdHMtb25seS1kcmF3bi0x"
BEHIND_PROXY = {
    "SOLITUDE_PROXY_URL": "https://proxy.internal:2604",
    "SOLITUDE_PROXY_SECRETS": SECRET,
    "SOLITUDE_PAYPAL_URLS_ALLOWED": "https://shop.example",
}
AT_THE_PROXY = {"SOLITUDE_PROXY": "enabled", "SOLITUDE_PROXY_SECRETS": SECRET, "SOLITUDE_ENV_FILE": ""}


def doubts(*variables: dict[str, str]) -> tuple[str, ...]:
    settings: dict[str, str] = {}
    for some in variables:
        settings |= some
    found: Any = settings_of(settings)["WORLDS_IN_DOUBT"]
    assert isinstance(found, tuple)
    return found


def only(world: dict[str, str], *names: str) -> dict[str, str]:
    return {name: world[name] for name in names}


@pytest.mark.parametrize(
    "given",
    [
        REST | only(LIVE, API),
        REST | only(LIVE, WEB),
        REST | SANDBOX | only(LIVE, API),
        REST | LIVE | only(SANDBOX, WEB),
        OF_CLASSIC | only(LIVE, CLASSIC),
        OF_CLASSIC | LIVE | only(SANDBOX, WEB),
        REST | OF_CLASSIC | LIVE | only(SANDBOX, WEB),
    ],
)
def test_buyers_are_never_sent_to_the_world_in_which_their_payment_is_not(given: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=r"PayPal's live world is in SOLITUDE_PAYPAL_.*, its sandbox in"):
        settings_of(PRODUCTION | given)


@pytest.mark.parametrize("given", [REST, OF_CLASSIC, REST | OF_CLASSIC])
def test_a_server_that_is_live_throughout_has_no_doubts(given: dict[str, str]) -> None:
    assert doubts(PRODUCTION, given, LIVE) == ()


def test_an_interface_without_credentials_may_stay_where_it_is() -> None:
    assert doubts(PRODUCTION, OF_CLASSIC, only(LIVE, WEB, CLASSIC, IPN)) == ()
    assert doubts(PRODUCTION, REST, only(LIVE, API, WEB, IPN)) == ()


def test_one_of_two_interfaces_that_is_left_in_the_sandbox_is_a_doubt() -> None:
    """What goes by the other one works."""
    (doubt,) = doubts(PRODUCTION, REST, OF_CLASSIC, LIVE, only(SANDBOX, CLASSIC))
    assert f"live world is in {API}, {WEB}, its sandbox in {CLASSIC}:" in doubt


def test_notifications_that_could_not_be_proved_are_a_doubt() -> None:
    (doubt,) = doubts(PRODUCTION, REST, only(LIVE, API, WEB))
    assert doubt.startswith("SOLITUDE_PAYPAL_IPN_URL is PayPal's sandbox")


@pytest.mark.parametrize(
    ("given", "named"),
    [
        (REST, "SOLITUDE_PAYPAL_URL, SOLITUDE_PAYPAL_WEB_URL, SOLITUDE_PAYPAL_IPN_URL"),
        (OF_CLASSIC, "SOLITUDE_PAYPAL_CLASSIC_URL, SOLITUDE_PAYPAL_WEB_URL, SOLITUDE_PAYPAL_IPN_URL"),
        ({"SOLITUDE_BANGO_USER": "us", "SOLITUDE_BANGO_PASSWORD": "never-shown"}, "SOLITUDE_BANGO_ENV"),
        (
            {f"SOLITUDE_BRAINTREE_{part}": "our-shop" for part in ("MERCHANT_ID", "PUBLIC_KEY", "PRIVATE_KEY")},
            "SOLITUDE_BRAINTREE_ENVIRONMENT",
        ),
    ],
)
def test_a_sandbox_in_production_is_said_by_the_settings_that_choose_it(given: dict[str, str], named: str) -> None:
    (doubt,) = doubts(PRODUCTION, given)
    assert "no money moves" in doubt
    assert doubt.endswith(f": {named}")


def test_bango_and_braintree_that_are_live_are_no_doubt() -> None:
    bango = {"SOLITUDE_BANGO_USER": "us", "SOLITUDE_BANGO_PASSWORD": "never-shown", "SOLITUDE_BANGO_ENV": "prod"}
    braintree = {f"SOLITUDE_BRAINTREE_{part}": "our-shop" for part in ("MERCHANT_ID", "PUBLIC_KEY", "PRIVATE_KEY")}
    assert doubts(PRODUCTION, bango, braintree, {"SOLITUDE_BRAINTREE_ENVIRONMENT": "production"}) == ()


def test_a_server_that_can_ask_no_provider_says_so() -> None:
    (doubt,) = doubts(PRODUCTION)
    assert doubt.startswith("no payment can be taken")


def test_nothing_is_said_where_the_simulators_are_the_world() -> None:
    assert doubts(DEVELOPMENT) == ()
    assert doubts(DEVELOPMENT, only(SANDBOX, API)) == ()
    assert doubts(DEVELOPMENT, SANDBOX, REST) == ()
    on_this_machine = "https://127.0.0.1:2680/paypal"
    assert doubts(PRODUCTION, REST, dict.fromkeys(LIVE, on_this_machine)) == ()


def test_a_host_that_only_looks_like_paypals_is_of_no_world() -> None:
    alike = "https://www.notpaypal.com"
    assert doubts(PRODUCTION, REST, dict.fromkeys(LIVE, alike)) == ()


def test_a_server_whose_proxy_has_the_credentials_is_started_and_told() -> None:
    """By what of PayPal the proxy goes cannot be seen from here."""
    assert doubts(PRODUCTION, BEHIND_PROXY, LIVE) == ()
    (mixed,) = doubts(PRODUCTION, BEHIND_PROXY, only(LIVE, API))
    assert f"live world is in {API}, its sandbox in {WEB}:" in mixed
    (sandbox,) = doubts(PRODUCTION, BEHIND_PROXY)
    assert "no money moves at PayPal's sandbox" in sandbox


def test_the_proxy_sends_nobody_to_a_page() -> None:
    assert doubts(AT_THE_PROXY, REST, only(LIVE, API, IPN)) == ()
    (sandbox,) = doubts(AT_THE_PROXY, REST)
    assert sandbox.endswith(f": {API}, {IPN}")


def test_the_settings_that_come_with_the_containers_are_live_throughout() -> None:
    folder = Path(__file__).parents[2] / "deploy" / "container"
    server, proxy = (
        dict(line.split("=", 1) for line in (folder / name).read_text().splitlines() if line.startswith("SOLITUDE_PAY"))
        for name in ("server.env.example", "proxy.env.example")
    )
    assert doubts(PRODUCTION, BEHIND_PROXY, server) == ()
    assert doubts(AT_THE_PROXY, proxy) == ()
    # The proxy refuses what is not below its own addresses.
    assert {name: server[name] for name in (API, IPN)} == {name: proxy[name] for name in (API, IPN)}
