"""Where a proxy has a provider's credentials, a process that has them too does not start, and what is no secret may stay."""

import pytest
from tests.configuration.starting import DEVELOPMENT, PRODUCTION, settings_of

from solitude.configuration import ConfigurationError

PROXY = {
    "SOLITUDE_PROXY_URL": "https://proxy.internal:2604",
    "SOLITUDE_PROXY_SECRETS": "Zm9yLXRoZS1ob3AtaW4tdGVzdHMtb25seS1kcmF3bi0x",
}
KEYS = ("SOLITUDE_BRAINTREE_PUBLIC_KEY", "SOLITUDE_BRAINTREE_PRIVATE_KEY")
OF_CLASSIC = tuple(f"SOLITUDE_PAYPAL_CLASSIC_{part}" for part in ("APP_ID", "USER", "PASSWORD", "SIGNATURE"))
CREDENTIALS = ("SOLITUDE_PAYPAL_CLIENT_SECRET", *OF_CLASSIC, *KEYS)


@pytest.mark.parametrize("name", CREDENTIALS)
def test_a_credential_stops_the_start(name: str) -> None:
    with pytest.raises(ConfigurationError) as refused:
        settings_of(DEVELOPMENT | PROXY | {name: "Q2FuYXJ5LXNlY3JldA"})

    assert f"{name} must not be set where https://proxy.internal:2604" in str(refused.value)
    assert "Q2FuYXJ5" not in str(refused.value)


def test_in_development_those_of_the_simulator_are_not_there_either() -> None:
    found = settings_of(DEVELOPMENT | PROXY)

    assert [found[name] for name in CREDENTIALS] == [""] * len(CREDENTIALS)


def test_a_proxy_for_one_provider_says_nothing_of_another() -> None:
    of_paypal = {
        "SOLITUDE_PAYPAL_PROXY": "https://proxy.internal/proxy/paypal",
        "SOLITUDE_PROXY_SECRETS": PROXY["SOLITUDE_PROXY_SECRETS"],
    }
    found = settings_of(DEVELOPMENT | of_paypal)

    assert found["SOLITUDE_PAYPAL_CLIENT_SECRET"] == ""
    assert found["SOLITUDE_BRAINTREE_PRIVATE_KEY"] == "sandbox-private-key"


def test_who_we_are_may_be_known_where_it_is_no_secret() -> None:
    names = {"SOLITUDE_PAYPAL_CLIENT_ID": "shop-client", "SOLITUDE_BRAINTREE_MERCHANT_ID": "shop-merchant"}
    found = settings_of(PRODUCTION | PROXY | names)

    assert {name: found[name] for name in names} == names
