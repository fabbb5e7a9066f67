"""What a process of either kind must not be given, and what stops its start."""

from pathlib import Path
from typing import Any

import pytest

from solitude.configuration import ConfigurationError
from tests.configuration.starting import DEVELOPMENT, PRODUCTION, settings_of
from tests.support.authority import Authority

SECRET = "Zm9yLXRoZS1ob3Atb25seS1kcmF3bi0wMTIzNDU2"
URL = "https://proxy.internal:2604"
PROXIED = PRODUCTION | {"SOLITUDE_PROXY_URL": URL, "SOLITUDE_PROXY_SECRETS": SECRET}
PROXY = {
    "SOLITUDE_ENV_FILE": "",
    "SOLITUDE_PROXY": "enabled",
    "SOLITUDE_PROXY_SECRETS": SECRET,
    "SOLITUDE_BANGO_USER": "shop",
    "SOLITUDE_BANGO_PASSWORD": "drawn-for-the-tests",
}
REFERENCE = '{"acme": {"url": "https://pay.acme.example"}}'
WITH_AUTH = '{"acme": {"url": "https://pay.acme.example", "auth": {"key": "k", "secret": "drawn-for-the-tests"}}}'


def problem(variables: dict[str, str]) -> str:
    with pytest.raises(ConfigurationError) as refused:
        settings_of(variables)
    assert "drawn" not in str(refused.value)
    assert SECRET not in str(refused.value)
    return str(refused.value)


def test_one_url_leads_to_all_providers() -> None:
    found = settings_of(PROXIED | {"SOLITUDE_REFERENCE_PROVIDERS": REFERENCE})
    assert found["SOLITUDE_BANGO_PROXY"] == f"{URL}/proxy/bango"
    assert found["SOLITUDE_REFERENCE_PROXY"] == f"{URL}/proxy/provider"
    assert found["SOLITUDE_BRAINTREE_PROXY"] == f"{URL}/proxy/braintree"
    assert found["SOLITUDE_PAYPAL_PROXY"] == f"{URL}/proxy/paypal"
    assert found["SOLITUDE_REFERENCE_PROVIDERS"]["acme"].secret == ""


def test_a_provider_may_have_a_proxy_of_its_own() -> None:
    other = "https://other.internal/proxy/bango"
    found = settings_of(PRODUCTION | {"SOLITUDE_BANGO_PROXY": other, "SOLITUDE_PROXY_SECRETS": SECRET})
    assert found["SOLITUDE_BANGO_PROXY"] == other
    assert found["SOLITUDE_REFERENCE_PROXY"] == ""


def test_in_development_a_proxied_provider_has_no_credentials_of_its_simulator_either() -> None:
    found = settings_of(DEVELOPMENT | {"SOLITUDE_PROXY_URL": "http://127.0.0.1:2604", "SOLITUDE_PROXY_SECRETS": SECRET})
    assert (found["SOLITUDE_BANGO_USER"], found["SOLITUDE_BANGO_PASSWORD"]) == ("", "")
    assert {provider.secret for provider in found["SOLITUDE_REFERENCE_PROVIDERS"].values()} == {""}


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (
            {"SOLITUDE_BANGO_PASSWORD": "drawn-for-the-tests"},
            f"SOLITUDE_BANGO_PASSWORD must not be set where {URL}/proxy/bango has the credentials",
        ),
        (
            {"SOLITUDE_REFERENCE_PROVIDERS": WITH_AUTH},
            f"SOLITUDE_REFERENCE_PROVIDERS must give acme no auth where {URL}/proxy/provider has it",
        ),
        ({"SOLITUDE_PROXY_URL": "http://proxy.internal:2604"}, "SOLITUDE_BANGO_PROXY must be https"),
        ({"SOLITUDE_PROXY_SECRETS": ""}, "SOLITUDE_PROXY_SECRETS must be set where there is a proxy"),
        ({"SOLITUDE_PROXY_SECRETS": "too-short"}, "SOLITUDE_PROXY_SECRETS: a secret has fewer than 32 bytes"),
        ({"SOLITUDE_PROXY_SECRETS": "changeme" * 6}, "SOLITUDE_PROXY_SECRETS: a secret is a placeholder"),
        ({"SOLITUDE_PROXY_SECRETS": f"{SECRET}1,{SECRET}2,{SECRET}3"}, "must hold at most 2 secrets"),
        ({"SOLITUDE_PROXY": "enabled"}, "must not be set where this process is the proxy"),
        ({"SOLITUDE_PROXY_CA_FILE": "/nowhere.pem"}, "SOLITUDE_PROXY_CA_FILE must name a PEM file with certificates"),
    ],
)
def test_a_database_process_does_not_start(more: dict[str, str], sentence: str) -> None:
    assert sentence in problem(PROXIED | more)


def test_a_key_that_everybody_can_read_stops_the_start(tmp_path: Path) -> None:
    pair = Authority(tmp_path).signs("database")
    files = {
        "SOLITUDE_PROXY_CLIENT_CERT": str(pair.certificate),
        "SOLITUDE_PROXY_CLIENT_KEY": str(pair.key),
    }
    assert settings_of(PROXIED | files)["SOLITUDE_PROXY_CLIENT_KEY"] == pair.key
    alone = PROXIED | {"SOLITUDE_PROXY_CLIENT_CERT": str(pair.certificate)}
    assert "SOLITUDE_PROXY_CLIENT_CERT and SOLITUDE_PROXY_CLIENT_KEY go together" in problem(alone)
    pair.key.chmod(0o644)
    assert "SOLITUDE_PROXY_CLIENT_KEY must name a file that others cannot read or change" in problem(PROXIED | files)


def test_the_proxy_has_no_database_and_serves_what_it_has_credentials_for() -> None:
    found: dict[str, Any] = settings_of(PROXY | {"SOLITUDE_REFERENCE_PROVIDERS": WITH_AUTH})
    assert found["SOLITUDE_PROXY"] is True
    assert found["DATABASES"] == {"default": {"ENGINE": "django.db.backends.dummy"}}
    assert (found["SOLITUDE_DATABASE_URL"], found["SOLITUDE_SERVE_WORKER"]) == ("", False)
    assert found["SOLITUDE_PROXY_SERVES"] == ("bango", "acme")


@pytest.mark.parametrize(
    ("more", "sentence"),
    [
        (
            {"SOLITUDE_DATABASE_URL": "postgresql://u:drawn@db/x"},
            "SOLITUDE_DATABASE_URL must not be set where this process is the proxy",
        ),
        ({"SOLITUDE_CLIENTS": PRODUCTION["SOLITUDE_CLIENTS"]}, "SOLITUDE_CLIENTS must not be set where this process"),
        (
            {"SOLITUDE_KEYS_FILE": "/etc/keys.json"},
            "SOLITUDE_KEYS_FILE must not be set where this process is the proxy",
        ),
        ({"SOLITUDE_KEYS": '{"keys": "drawn"}'}, "SOLITUDE_KEYS must not be set where this process is the proxy"),
        (
            {"SOLITUDE_KEYS_COMMAND": '["/usr/local/bin/drawn"]'},
            "SOLITUDE_KEYS_COMMAND must not be set where this process is the proxy",
        ),
        ({"SOLITUDE_PROXY_SECRETS": ""}, "SOLITUDE_PROXY_SECRETS must be set where there is a proxy"),
        (
            {"SOLITUDE_PROXY_SERVES": "bango, braintree"},
            "SOLITUDE_PROXY_SERVES: the proxy has no credentials of braintree",
        ),
        ({"SOLITUDE_BANGO_PASSWORD": ""}, "the proxy has no credentials of any provider"),
        ({"SOLITUDE_REFERENCE_PROVIDERS": REFERENCE}, "SOLITUDE_REFERENCE_PROVIDERS must give acme an auth"),
    ],
)
def test_a_proxy_does_not_start(more: dict[str, str], sentence: str) -> None:
    assert sentence in problem(PROXY | more)
