"""The providers of the reference kind, as the settings name them: what cannot be used stops the start, and no secret is shown."""

import json
from typing import Any

import pytest
from tests.configuration.starting import DEVELOPMENT, PRODUCTION, settings_of

from solitude.configuration import ConfigurationError
from solitude.providers.reference.configured import (
    PAYMENT_PATH,
    PROVIDERS_MAX,
    TOKEN_MAX_CHARS,
    URL_MAX_CHARS,
    reference_providers,
)
from solitude.transactions.models import Transaction

SECRET = "Zippy-secret-of-nobody"
AUTH = {"key": "Zippy-key-of-nobody", "secret": SECRET}
SETTING = "SOLITUDE_REFERENCE_PROVIDERS"


def entry(**more: Any) -> dict[str, Any]:
    return {"url": "https://pay.example/zippy", "auth": AUTH} | more


def problem(given: Any) -> str:
    text = given if isinstance(given, str) else json.dumps(given)
    with pytest.raises(ConfigurationError) as refused:
        settings_of(PRODUCTION | {SETTING: text})
    assert SECRET not in repr(refused.value)
    assert AUTH["key"] not in repr(refused.value)
    return str(refused.value)


def test_in_development_the_simulator_is_the_provider_reference() -> None:
    (known,) = settings_of(DEVELOPMENT)[SETTING].values()
    assert (known.name, known.url, known.realm) == ("reference", "http://127.0.0.1:2680/reference", "Zippy")


def test_in_production_there_is_none_until_somebody_names_one() -> None:
    assert settings_of(PRODUCTION)[SETTING] == {}
    both = {"reference": entry(), "second-one": entry(url="https://pay2.example/", auth=AUTH | {"realm": "Two"})}
    found = settings_of(PRODUCTION | {SETTING: json.dumps(both)})[SETTING]
    assert list(found) == ["reference", "second-one"]
    assert (found["reference"].url, found["reference"].realm) == ("https://pay.example/zippy", "")
    assert (found["second-one"].url, found["second-one"].realm) == ("https://pay2.example", "Two")
    assert SECRET not in repr(found)
    assert AUTH["key"] not in repr(found)


@pytest.mark.parametrize(
    "name", ["", "Zippy", "1st", "a b", "a/b", "a.b", "ü", "a" * 33, "paypal", "bango", "braintree"]
)
def test_a_name_that_none_may_have(name: str) -> None:
    assert "must name each provider" in problem({name: entry()})


@pytest.mark.parametrize(
    "given",
    [
        "{",
        "[]",
        f'"{SECRET}"',
        {"reference": None},
        {"reference": {"url": "https://pay.example"}},
        {"reference": entry(more=1)},
        {"reference": entry(auth=None)},
        {"reference": entry(auth={"key": "k"})},
        {"reference": entry(auth=AUTH | {"token": "t"})},
        {"reference": entry(auth=AUTH | {"key": ""})},
        {"reference": entry(auth=AUTH | {"key": 7})},
        {"reference": entry(auth=AUTH | {"secret": "short"})},
        {"reference": entry(auth=AUTH | {"secret": f"{SECRET}\n"})},
        {"reference": entry(auth=AUTH | {"key": "k" * 256})},
        {"reference": entry(auth=AUTH | {"realm": 'a", oauth_token="b'})},
        {"reference": entry(auth=AUTH | {"realm": "a\\"})},
        {"reference": entry(auth=AUTH | {"realm": "a\r\nX-Header: b"})},
        {f"p{number}": entry() for number in range(PROVIDERS_MAX + 1)},
    ],
)
def test_an_entry_that_cannot_be_used(given: Any) -> None:
    assert SETTING in problem(given)


@pytest.mark.parametrize(
    "url",
    [
        "",
        7,
        "pay.example",
        "ftp://pay.example",
        "https://user:pass@pay.example",
        "https://pay.example?a=b",
        "https://pay.example#a",
        "https://pay.example/ a",
        "https://" + "p" * URL_MAX_CHARS,
    ],
)
def test_a_url_that_is_none(url: Any) -> None:
    assert SETTING in problem({"reference": entry(url=url)})


def test_in_production_only_https_and_no_credentials_of_the_simulator() -> None:
    plain = problem({"reference": entry(url="http://pay.example")})
    assert "the url of reference must be https" in plain
    sandbox = problem({"reference": entry(auth=AUTH | {"secret": "sandbox-zippyscr"})})
    assert "is the simulator's" in sandbox


def test_where_a_buyer_is_sent_fits_into_a_transaction() -> None:
    longest = reference_providers(json.dumps({"reference": entry(url="https://" + "p" * (URL_MAX_CHARS - 8))}))
    url = f"{longest['reference'].url}{PAYMENT_PATH}{'f' * TOKEN_MAX_CHARS}"
    most: Any = Transaction._meta.get_field("pay_url").max_length
    assert len(url) <= most
