"""What the example has of its own; run by `test_example`, with the example turned on."""

from typing import Any

import pytest
from django.core.management import call_command
from tests.support.marketplace import Marketplace
from tests.web import routes as every
from tests.web import test_every_route
from tests.web.test_every_route import (  # noqa: F401  # run here once more, for its routes alone
    nagios,
    test_a_body_that_is_no_json_by_its_own_word_is_415,
    test_a_body_that_is_no_json_is_400_with_a_detail,
    test_a_body_that_is_no_object_is_400_of_its_own_kind,
    test_a_body_that_says_a_thing_twice_is_400_and_says_which,
    test_a_caller_who_takes_no_json_is_406,
    test_a_client_that_may_not_is_403_whatever_else_is_wrong,
    test_a_field_that_means_nothing_is_ignored,
    test_a_key_that_cannot_be_used_is_400_before_the_body_is_looked_at,
    test_a_verb_that_is_not_offered_is_405_and_says_what_is,
    test_another_network_is_403_before_anything_else,
    test_both_spellings_of_a_path_are_the_same_path,
    test_no_body_is_an_empty_object,
    test_nobody_is_401_whatever_else_is_wrong,
)

from solitude.services import shown_settings
from solitude.urls import description
from solitude_acme.models import SellerAcme

OWN = tuple(route for route in every.routes() if route.target.startswith("/acme/"))


@pytest.fixture(autouse=True)
def of_its_own_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    for module in (every, test_every_route):
        monkeypatch.setattr(module, "routes", lambda: OWN)


def test_it_has_a_route() -> None:
    assert [str(route) for route in OWN] == ["POST /acme/seller/"]


@pytest.mark.django_db
def test_its_migrations_are_what_its_models_say() -> None:
    call_command("makemigrations", "acme", check=True, dry_run=True)


def test_its_secret_is_masked_where_settings_are_shown(shop: Marketplace, settings: Any) -> None:
    settings.SOLITUDE_CLEANSED_SETTINGS_ACCESS = True
    assert shop.get("/services/settings/SOLITUDE_ACME_TOKEN/")["value"] == shown_settings.MASK
    assert "sandbox-token" not in shop.get("/services/settings/").text


def test_its_route_is_described_with_the_others() -> None:
    document = description()
    assert document["paths"]["/acme/seller/"]["post"]["tags"] == ["acme"]
    assert {"name": "acme", "description": "What the provider acme has of its own."} in document["tags"]
    assert "5: acme" in document["components"]["schemas"]["TransactionShown"]["properties"]["provider"]["description"]


def test_a_sellers_account_is_kept_and_replaced(shop: Marketplace) -> None:
    seller = shop.seller(paypal_id=None)["resource_uri"]
    for account in ("one", "two"):
        kept = shop.post("/acme/seller/", {"seller": seller, "account": account})
        assert (kept.status, kept.json) == (201, {"seller": seller, "account": account})
    assert list(SellerAcme.objects.values_list("account", flat=True)) == ["two"]


def test_what_is_wrong_is_told_by_field(shop: Marketplace) -> None:
    for seller in ("/generic/seller/999/", "nonsense"):
        nobody = shop.post("/acme/seller/", {"seller": seller, "account": "one"})
        assert (nobody.status, nobody.json) == (400, {"seller": ["must be the path of a seller"]})
    assert sorted(shop.post("/acme/seller/", {}).json) == ["account", "seller"]


def test_a_transaction_may_name_it_by_its_number(shop: Marketplace) -> None:
    assert shop.post("/generic/transaction/", {"provider": 5}).status == 201
    assert shop.post("/generic/transaction/", {"provider": 6}).status == 400
