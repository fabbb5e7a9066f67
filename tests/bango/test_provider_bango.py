"""One call makes a product at Bango that can be sold at once; of the reference interface Bango has nothing else."""

import pytest
from tests.bango.world import PRODUCTS, left_out, new_product
from tests.support.bango import BangoSimulator
from tests.support.marketplace import Marketplace

from solitude.providers.bango.models import ProductBango

PATH = "/provider/bango/product/"
STEPS = ["CreateBangoNumber", "MakePremiumPerAccess", "UpdateRating", "UpdateRating"]


def steps(bango: BangoSimulator) -> list[str]:
    return [one["operation"] for one in bango.state()["requests"] if one["operation"] != "CreatePackage"]


def test_a_product_is_made_premium_and_rated_as_well(shop: Marketplace, bango: BangoSimulator) -> None:
    body = new_product(shop)
    made = shop.post(PATH, body)
    (there,) = bango.state()["numbers"]
    assert (made.status, made["bango_id"], made["seller_product"]) == (200, there["bango"], body["seller_product"])
    assert (there["premium"], there["ratings"]) == ("0.99 USD", {"GLOBAL": "UNIVERSAL", "USA": "GENERAL"})
    assert steps(bango) == STEPS
    assert shop.get(made["resource_uri"]).json == made.json
    again = shop.post(PATH, body)
    assert (again.status, again.json) == (400, {"seller_product": ["is a product at Bango already"]})


@pytest.mark.parametrize("step", [1, 2, 3])
def test_a_step_that_bango_refuses_leaves_no_product(shop: Marketplace, bango: BangoSimulator, step: int) -> None:
    body = new_product(shop)
    code = "BANGO_ALREADY_PREMIUM_ENABLED" if step == 1 else "INVALID_RATING"
    if step == 3:
        bango.fault("UpdateRating", "latency", delay_ms=1)  # takes the first one's turn
    bango.fault(STEPS[step], f"issue:{code}")
    answer = shop.post(PATH, body)
    assert (answer.status, answer["__bango__"], answer["__type__"]) == (400, code, "bango")
    assert not ProductBango.objects.exists()
    assert len(bango.state()["numbers"]) == 1, "Bango keeps the number"
    assert shop.post(PATH, body).status == 200, "and it can be done again"


def test_what_is_wrong_is_named_before_bango_is_asked(shop: Marketplace, bango: BangoSimulator) -> None:
    body = new_product(shop)
    for name in body:
        assert shop.post(PATH, left_out(body, name)).json == {name: ["FIELD_REQUIRED"]}
    assert steps(bango) == []


def test_nothing_else_is_there(shop: Marketplace, bango: BangoSimulator) -> None:
    for path in ("/provider/bango/", "/provider/bango/sellers/", f"{PATH}1/", "/provider/bango/product/x/y"):
        for method in ("GET", "POST", "PUT", "PATCH", "DELETE"):
            answer = shop.send(method, path)
            assert (answer.status, answer.json) == (405, {"detail": "Method Not Allowed."}), (method, path)
    for method in ("GET", "PUT", "PATCH", "DELETE"):
        assert shop.send(method, PATH).headers["Allow"] == "POST"
    assert shop.send_unsigned("POST", "/provider/bango/sellers/").status == 401
    assert shop.get(PRODUCTS).status == 200
