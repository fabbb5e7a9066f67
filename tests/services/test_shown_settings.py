"""`/services/settings/`: the rows of the contract's table, and that nothing secret comes out, by name or by value."""

import ipaddress
import json
import re
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st
from tests.configuration.starting import DEVELOPMENT, PRODUCTION, settings_of
from tests.support.environment import CLIENTS
from tests.support.marketplace import Marketplace

from solitude.configuration import ConfigurationError
from solitude.money.money import Money
from solitude.services import shown_settings
from solitude.services.shown_settings import MASK, cleansed

PATH = "/services/settings/"
on = override_settings(SOLITUDE_CLEANSED_SETTINGS_ACCESS=True)
# Everything into which an operator may write a secret, each with one that is known by nothing but its place.
CANARIES = {
    "SOLITUDE_DATABASE_URL": "postgresql://shop:canary-1@ss@db.example:5432/solitude?sslpassword=canary-2",
    "SOLITUDE_CLIENTS": '{"web": "canary-3", "nagios": {"secrets": ["canary-4", "canary-5"], "allow": ["GET /services/*"]}}',
    "SOLITUDE_PAYPAL_CLIENT_SECRET": "canary-6",
    "SOLITUDE_PAYPAL_CLIENT_ID": "AYcanary7QvqkR0cYb2mXzv8N3kD5hJ9sT1wL6pE4uG",
    "SOLITUDE_PAYPAL_RETURN_URL": "https://shop.example/back?token=canary-8",
    "SOLITUDE_PAYPAL_CANCEL_URL": "https://shop.example/back?page=1&session=canary-9",
    "SOLITUDE_PAYPAL_URLS_ALLOWED": "https://shop.example/?key=canary-10",
    "SOLITUDE_PAYPAL_BN_CODE": "canary-11@partner.example",
    "SOLITUDE_PAYPAL_URL": "https://api.example/?x=canary-12",
    "SOLITUDE_PAYPAL_WEB_URL": "https://web.example/?x=canary-13",
    "SOLITUDE_KEYS_FILE": "/etc/solitude/canary-14.json",
}


def declared() -> set[str]:
    from solitude import settings

    return {one.name for one in settings.environment.declared}


# --- who may look --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("path", [PATH, f"{PATH}SOLITUDE_DEBUG/", f"{PATH}NO_SUCH_NAME/"])
def test_access_is_off_by_default(shop: Marketplace, path: str) -> None:
    answer = shop.get(path)

    assert (answer.status, set(answer.json)) == (403, {"detail"})


@on
def test_the_names_of_all_settings_are_listed_in_order(shop: Marketplace) -> None:
    answer = shop.get(PATH)

    assert answer.status == 200
    assert answer.json == sorted(set(answer.json))
    assert set(answer.json) == declared()


@on
def test_a_known_name_is_shown(shop: Marketplace) -> None:
    answer = shop.get(f"{PATH}SOLITUDE_CALL_LEASE_S/")

    assert (answer.status, answer.json) == (200, {"key": "SOLITUDE_CALL_LEASE_S", "value": 7})


@on
@pytest.mark.parametrize(
    "name", ["NO_SUCH_NAME", "solitude_debug", "DATABASES", "SECRET_KEY", "SOLITUDE_", "__class__"]
)
def test_an_unknown_name_is_404(shop: Marketplace, name: str) -> None:
    """Where the old server had 500. What is Django's own is no setting of ours."""
    answer = shop.get(f"{PATH}{name}/")

    assert (answer.status, answer.json) == (404, {"detail": "Not found."})


@on
def test_it_takes_no_query(shop: Marketplace) -> None:
    assert shop.get(f"{PATH}?name=SOLITUDE_DEBUG").status == 400
    assert shop.get(f"{PATH}SOLITUDE_DEBUG/?plain=1").status == 400


def test_in_production_it_stops_the_start() -> None:
    with pytest.raises(ConfigurationError, match="SOLITUDE_CLEANSED_SETTINGS_ACCESS may be true only with"):
        settings_of(PRODUCTION | {"SOLITUDE_CLEANSED_SETTINGS_ACCESS": "true"})


# --- what is masked ------------------------------------------------------------------------------------------------


@on
def test_every_setting_can_be_shown(shop: Marketplace) -> None:
    for name in shop.get(PATH).json:
        answer = shop.get(f"{PATH}{name}/")
        assert (answer.status, answer["key"]) == (200, name)


@on
def test_no_canary_comes_out_of_any_setting(shop: Marketplace) -> None:
    given = settings_of(DEVELOPMENT | CANARIES)
    clients = (
        given["SOLITUDE_CLIENTS"]
        | settings_of({**DEVELOPMENT, "SOLITUDE_CLIENTS": json.dumps(CLIENTS)})["SOLITUDE_CLIENTS"]
    )
    ours = {name: value for name, value in given.items() if name.startswith("SOLITUDE_")}
    seen = ""
    with override_settings(**ours | {"SOLITUDE_CLIENTS": clients, "SOLITUDE_CLEANSED_SETTINGS_ACCESS": True}):
        for name in shop.get(PATH).json:
            seen += shop.get(f"{PATH}{name}/").text

    assert re.findall(r".{60}canary.{20}", seen) == []
    assert "ss@db" not in seen
    assert not any(secret in seen for secret in ("of-the-tests", "in-tests"))
    # What is no secret is there.
    for harmless in ("db.example:5432/solitude", "https://shop.example/back", "GET /services/*", "nagios"):
        assert harmless in seen


@pytest.mark.parametrize(
    "name", ["PAYPAL_API", "TOKEN", "HMAC_KEYS", "CLIENT_SECRET", "PASSWORD", "BANGO_SIGNATURE", "secret", "Passphrase"]
)
def test_names_are_masked_whatever_the_value(name: str) -> None:
    for value in ("text", 7, None, True, ["list"], {"a": 1}, object()):
        assert cleansed(name, value) == "*" * 20


def test_names_are_masked_in_what_is_nested_too() -> None:
    value = {"url": "x", "deep": [{"api_key": "canary", "n": 1}, {"deeper": {"Secret": ["canary"]}}]}

    assert cleansed("PLAIN", value) == {"url": "x", "deep": [{"api_key": MASK, "n": 1}, {"deeper": {"Secret": MASK}}]}


@pytest.mark.parametrize(
    ("value", "shown"),
    [
        ("postgresql://solitude:hunter2@db:5432/pay", "postgresql://*@db:5432/pay"),
        ("postgresql://solitude:hun@ter2@db/pay", "postgresql://*@db/pay"),
        ("http://proxy-user@proxy.example:3128", "http://*@proxy.example:3128"),
        ("https://x.example/?a=hunter2&b=hunter2", "https://x.example/?a=*&b=*"),
        ("two: https://a:b@c and https://d:e@f", "two: https://*@c and https://*@f"),
        ("Bearer hunter2hunter2", "Bearer *"),
        ("ada@mail.example", "*"),
        ("Zm9yLXByb2R1Y3Rpb24tb25seS1kcmF3bi0x", "*"),
        ("0123456789abcdef0123456789abcdef", "*"),
        ("A21AAFEpH4PsADK7qSS7pSRsgzfENtu-Q1ysgEDVDESse", "*"),
        ("https://api-m.sandbox.paypal.com", "https://api-m.sandbox.paypal.com"),
        ("sqlite:////srv/solitude/var/solitude.sqlite3", "sqlite:////srv/solitude/var/solitude.sqlite3"),
        ("SANDBOXWEBHOOK001", "SANDBOXWEBHOOK001"),
        ("", ""),
    ],
)
def test_values_are_masked_whatever_the_name(value: str, shown: str) -> None:
    assert cleansed("PLAIN", value) == shown.replace("*", MASK)


def test_values_of_every_kind_become_json() -> None:
    found = {
        "path": Path("/srv"),
        "network": (ipaddress.ip_network("10.0.0.0/8"), ipaddress.ip_network("::1/128")),
        "limits": {"EUR": (Money(Decimal("0.50"), "EUR"), Money(Decimal(2000), "EUR"))},
        "percent": Decimal("2.50"),
        "address": ("statsd.example", 8125),
        "nothing": None,
        "flag": False,
        "unknown": object(),
        "bytes": b"canary",
    }

    assert cleansed("PLAIN", found) == {
        "path": "/srv",
        "network": ["10.0.0.0/8", "::1/128"],
        "limits": {"EUR": ["0.50 EUR", "2000.00 EUR"]},
        "percent": "2.50",
        "address": ["statsd.example", 8125],
        "nothing": None,
        "flag": False,
        "unknown": MASK,
        "bytes": MASK,
    }


PASSWORDS = st.text(
    st.characters(codec="ascii", exclude_characters="/?# \t\n\r\x0b\x0c", exclude_categories=["Cc"]), min_size=6
)


@given(password=PASSWORDS)
def test_no_password_of_a_url_comes_out(password: str) -> None:
    shown = cleansed("PLAIN", f"postgresql://user:{password}@database.example/pay")

    assert "user" not in shown
    assert shown.endswith("@database.example/pay")
    assert shown == f"postgresql://{MASK}@database.example/pay"


def test_the_names_are_those_of_the_settings_as_they_are(shop: Marketplace) -> None:
    values: dict[str, Any] = {name: shown_settings.shown(name) for name in shown_settings.names()}

    assert json.dumps(values)
