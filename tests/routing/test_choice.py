"""Through whom a payment goes that names no provider: by the operator's rules, and why."""

import itertools
from typing import Any

import pytest
from tests.bango.paying import BangoShop
from tests.reference import world as reference
from tests.routing.world import break_, intents, options, pay, row_of, ruled
from tests.support.braintree import BraintreeSimulator
from tests.support.marketplace import Marketplace
from tests.support.simulator import Simulator
from tests.support.zippy import ZippySimulator

from solitude.outbound import breaker
from solitude.payments.models import ProviderCall
from solitude.providers.reference import form
from solitude.providers.reference.way import ReferenceWay
from solitude.routing import way
from solitude.sellers.models import Access, Product
from solitude.transactions.models import Status, Transaction

CURRENCIES = ("EUR", "JPY", "THB", "KWD")
BANGO_FOR_SMALL = {"providers": ["bango"], "currency": ["EUR"], "amount_to": "5.00"}
PAYPAL_FOR_ALL = {"providers": ["paypal"]}


def test_without_rules_the_first_that_can_takes_it(shop: Marketplace, everywhere: str) -> None:
    payment = pay(shop, everywhere, uuid="order:1", source="web")
    assert (payment.status, payment["status"], payment["provider"]) == (201, "created", "paypal")
    assert (payment["uuid"], payment["amount"], payment["currency"]) == ("order:1", "2.49", "EUR")
    assert payment["pay_url"]
    row = row_of(payment)
    assert (row.provider, row.source, row.region, row.carrier) == (0, "web", "214", "ESP_ORANGE")
    assert intents(shop, payment)[0].startswith("paypal by default")


@pytest.mark.parametrize(
    ("amount", "taken", "why"),
    [("4.99", "bango", "bango by rule 1"), ("5.01", "paypal", "paypal by rule 2; not bango: not_in_rule")],
)
def test_the_first_rule_that_holds_decides(
    shop: Marketplace, everywhere: str, amount: str, taken: str, why: str
) -> None:
    buyer = shop.buyer()["uuid"]
    with ruled(BANGO_FOR_SMALL, PAYPAL_FOR_ALL):
        payment = pay(shop, everywhere, amount=amount, buyer=buyer)
    assert payment["provider"] == taken
    assert intents(shop, payment)[0].startswith(why)


@pytest.mark.parametrize(
    ("condition", "holds"),
    [
        ({"region": ["214", "262"]}, True),
        ({"region": ["262"]}, False),
        ({"currency": ["USD"]}, False),
        ({"seller": ["dev:nobody"]}, False),
        ({"product": ["pub-nothing"]}, False),
        ({"currency": ["EUR"], "amount_from": "2.49", "amount_to": "2.49"}, True),
        ({"currency": ["EUR"], "amount_from": "2.50"}, False),
    ],
)
def test_a_rule_holds_where_all_that_it_names_holds(
    shop: Marketplace, everywhere: str, condition: dict[str, Any], holds: bool
) -> None:
    with ruled({"providers": ["reference"], **condition}, PAYPAL_FOR_ALL):
        assert pay(shop, everywhere)["provider"] == ("reference" if holds else "paypal")


def test_a_rule_may_name_product_and_seller(shop: Marketplace, everywhere: str) -> None:
    seller = Product.objects.get(public_id=everywhere).seller.uuid
    with ruled({"providers": ["reference"], "product": [everywhere], "seller": [seller]}):
        assert pay(shop, everywhere)["provider"] == "reference"


def test_who_is_not_in_the_rule_takes_nothing(shop: Marketplace, zippy: ZippySimulator, app_id: str) -> None:
    with ruled({"providers": ["reference"]}), reference.nothing_happens(zippy):
        refused = pay(shop, app_id)
    assert refused.status == 422
    assert refused["payments"]["__all__"][0]["code"] == "no_provider"
    why = {option["provider"]: option["why_not"] for option in refused["options"]}
    assert (why["reference"], why["paypal"]) == ("no_product", "not_in_rule")


def test_where_no_rule_holds_nobody_takes_it(shop: Marketplace, paypal: Simulator, app_id: str) -> None:
    with ruled({"providers": ["paypal"], "currency": ["USD"]}):
        refused = pay(shop, app_id)
    assert (refused.status, {option["why_not"] for option in refused["options"]}) == (422, {"no_rule"})
    assert not Transaction.objects.exists()


def test_a_payment_goes_past_a_provider_whose_breaker_is_open(shop: Marketplace, everywhere: str) -> None:
    break_("paypal")
    with ruled({"providers": ["paypal", "reference"]}):
        payment = pay(shop, everywhere)
    assert payment["provider"] == "reference"
    assert intents(shop, payment)[0].startswith("reference by rule 1; not paypal: breaker_open")


def test_where_nobody_else_may_take_it_an_open_breaker_is_told_as_what_it_is(shop: Marketplace, app_id: str) -> None:
    break_("paypal")
    with ruled(PAYPAL_FOR_ALL):
        refused = pay(shop, app_id)
    assert (refused.status, refused["code"]) == (502, "provider_unreachable")
    assert row_of(refused).outcome == "not_sent"


@pytest.mark.parametrize("name", ["paypal", "bango", "reference", "braintree"])
def test_every_provider_that_is_left_alone_says_that_nothing_was_sent(
    shop: Marketplace, everywhere: str, braintree: BraintreeSimulator, name: str
) -> None:
    in_catalogue = {"seller_product": Product.objects.get(public_id=everywhere).resource_uri, "description": "Map"}
    assert shop.post("/braintree/product/", in_catalogue).status == 201
    break_(name)
    buyer, nonce = shop.buyer()["uuid"], braintree.nonce()
    refused = pay(shop, everywhere, provider=name, currency="USD", buyer=buyer, nonce=nonce)
    assert (refused.status, refused["code"]) == (502, "provider_unreachable")
    assert (row_of(refused).status, row_of(refused).outcome) == (Status.ERRORED, "not_sent")


def test_a_card_pays_where_a_rule_sends_it(shop: Marketplace, braintree: BraintreeSimulator, everywhere: str) -> None:
    in_catalogue = {"seller_product": Product.objects.get(public_id=everywhere).resource_uri, "description": "Map"}
    assert shop.post("/braintree/product/", in_catalogue).status == 201
    with ruled({"providers": ["braintree"], "currency": ["USD"]}, PAYPAL_FOR_ALL):
        payment = pay(shop, everywhere, currency="USD", nonce=braintree.nonce())
        assert (payment.status, payment["status"], payment["provider"]) == (201, "completed", "braintree")
        without = pay(shop, everywhere, currency="USD")
    assert [option["why_not"] for option in without["options"]][:2] == ["needs_nonce", "not_in_rule"]
    voided = shop.post("/payments/void/", {"uuid": payment["uuid"]})
    assert (voided.status, voided["status"], voided["captured_amount"]) == (201, "cancelled", None)
    again = shop.post("/payments/void/", {"uuid": payment["uuid"]})
    assert (again.status, again["status"]) == (201, "cancelled")


def test_a_nonce_is_seen_by_nobody_but_the_provider(
    shop: Marketplace, braintree: BraintreeSimulator, everywhere: str, caplog: pytest.LogCaptureFixture
) -> None:
    in_catalogue = {"seller_product": Product.objects.get(public_id=everywhere).resource_uri, "description": "Map"}
    assert shop.post("/braintree/product/", in_catalogue).status == 201
    nonce = braintree.nonce()
    with caplog.at_level("DEBUG"):
        payment = pay(shop, everywhere, provider="braintree", currency="USD", nonce=nonce)
    call = ProviderCall.objects.get(transaction__uuid=payment["uuid"])
    assert nonce not in caplog.text
    assert nonce not in f"{call.exchanges}{call.facts}{call.ids}{call.choice}{payment.text}"
    assert nonce not in shop.get(f"{payment['transaction']}timeline/").text


def test_what_a_provider_needs_is_told_and_what_it_lacks_passes_it_over(shop: Marketplace, everywhere: str) -> None:
    with ruled({"providers": ["reference", "paypal"]}):
        assert options(shop, everywhere)["reference"]["needs"] == [
            "region",
            "carrier",
            "return_url",
            "cancel_url",
            "notify_url",
        ]
        payment = pay(shop, everywhere, carrier=None)
    assert payment["provider"] == "paypal"
    assert intents(shop, payment)[0].startswith("paypal by rule 1; not reference: needs_carrier")


def test_the_provider_that_is_named_takes_it_whatever_the_rules_are(shop: Marketplace, everywhere: str) -> None:
    with ruled(PAYPAL_FOR_ALL):
        payment = pay(shop, everywhere, provider="reference")
    assert (payment["provider"], intents(shop, payment)[0]) == ("reference", "reference as asked for")


def test_the_provider_that_is_named_says_why_not(shop: Marketplace, app_id: str) -> None:
    refused = pay(shop, app_id, provider="bango")
    assert (refused.status, refused["options"][0]["why_not"]) == (422, "no_product")
    assert [option["provider"] for option in refused["options"]] == ["bango"]


def test_the_provider_that_is_named_says_what_it_lacks(shop: Marketplace, everywhere: str) -> None:
    refused = pay(shop, everywhere, provider="paypal", return_url=None)
    assert (refused.status, refused.json) == (400, {"return_url": ["FIELD_REQUIRED"]})


def test_a_provider_of_the_reference_kind_goes_by_its_own_name(
    shop: Marketplace, zippy: ZippySimulator, everywhere: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(form, "id_of", lambda *_: "p-12")
    monkeypatch.setitem(way._ways, "second", ReferenceWay("second"))
    with reference.configured(second=reference.provider(zippy.url, "second")), ruled({"providers": ["second"]}):
        payment = pay(shop, everywhere)
        checked = shop.post("/payments/check/", {"uuid": payment["uuid"]})
    assert zippy.state()["transactions"][0]["pay_method"] == "OPERATOR"
    assert (payment["provider"], checked["provider"], checked["status"]) == ("second", "second", "created")
    assert str(row_of(payment).uid_pay).startswith("second:")


def test_no_two_providers_have_one_name() -> None:
    with pytest.raises(ValueError, match="two ways of a payment are called paypal"):
        way.offer(ReferenceWay("paypal"))


def test_a_payment_on_bangos_page_comes_back_by_its_uuid(till: BangoShop, everywhere: str) -> None:
    buyer = till.shop.buyer()["uuid"]
    begun = pay(till.shop, everywhere, provider="bango", buyer=buyer)
    assert begun.status == 201, begun
    assert till.bring(till.bango.pay(begun["pay_url"])).status == 204
    assert till.shop.post("/payments/check/", {"uuid": begun["uuid"]})["status"] == "completed"


def test_a_payment_is_taken_by_the_buyers_preapproval(shop: Marketplace, preapproved: str, app_id: str) -> None:
    payment = pay(shop, app_id, buyer=preapproved, return_url=None, cancel_url=None)
    assert (payment["status"], payment["captured_amount"], payment["pay_url"]) == ("completed", "2.49", None)


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"product": "pub-nothing"}, "product"),
        ({"buyer": "shop:nobody"}, "buyer"),
        ({"amount": "0"}, "amount"),
        ({"amount": "1.001"}, "amount"),
        ({"currency": "EURO"}, "currency"),
        ({"provider": "nobody"}, "provider"),
        ({"uuid": "u" * 201}, "uuid"),
        ({"return_url": "https://elsewhere.example/"}, "return_url"),
    ],
)
def test_a_field_at_fault_is_named_and_nothing_is_written(
    shop: Marketplace, paypal: Simulator, app_id: str, wrong: dict[str, Any], field: str
) -> None:
    refused = pay(shop, **{"product": app_id, **wrong})
    assert (refused.status, list(refused.json)) == (400, [field])
    assert not ProviderCall.objects.exists()


def test_what_must_not_be_sold_nobody_takes(shop: Marketplace, app_id: str) -> None:
    Product.objects.filter(public_id=app_id).update(access=Access.SIMULATE)
    assert {option["why_not"] for option in pay(shop, app_id)["options"]} == {"simulate"}
    assert options(shop, app_id)["paypal"]["why_not"] == "simulate"


def test_what_the_options_say_is_what_a_payment_comes_to(shop: Marketplace, everywhere: str, app_id: str) -> None:
    buyer, outcomes = shop.buyer()["uuid"], set()
    rules = ({"providers": ["bango", "paypal"], "currency": ["EUR", "JPY"]}, {"providers": ["paypal", "reference"]})
    for broken in ("", "paypal", "bango"):
        breaker._breakers.clear()
        if broken:
            break_(broken)
        for product, currency, amount in itertools.product((everywhere, app_id), CURRENCIES, ("1", "4999", "5001")):
            with ruled(*rules):
                told = options(shop, product, currency, amount=amount, region="214", buyer=buyer)
                payment = pay(shop, product, amount=amount, currency=currency, buyer=buyer)
            usable = [name for name, option in told.items() if option["usable"]]
            left_alone = any(option["why_not"] == "breaker_open" for option in told.values())
            if usable:
                assert (payment.status, payment["provider"]) == (201, usable[0])
            else:
                assert payment.status == (502 if left_alone else 422)
            outcomes.add((payment.status, *usable[:1]))
    assert outcomes == {(201, "bango"), (201, "paypal"), (201, "reference"), (422,), (502,)}


@pytest.mark.parametrize(
    ("query", "names"),
    [
        ("product=&currency=EUR", ["product", "currency"]),
        ("product=nothing&currency=EURO", ["product", "currency"]),
        ("product=nothing&currency=EUR&amount=many&buyer=nobody", ["product", "amount", "buyer"]),
        ("product=nothing%00&currency=EUR", ["product"]),
    ],
)
def test_options_name_the_parameter_at_fault(shop: Marketplace, query: str, names: list[str]) -> None:
    refused = shop.get(f"/payments/options/?{query}")
    assert refused.status == 400
    assert all(name in refused["detail"] for name in names)
