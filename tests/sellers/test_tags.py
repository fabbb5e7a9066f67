"""A tag changes if and only if what is shown changes, or the row: whatever is done, in whatever order."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.sellers.world import PRODUCTS, SELLERS, made_product, made_seller, tag
from tests.support.marketplace import Answer, Marketplace

from solitude.sellers.models import Product, Seller

pytestmark = pytest.mark.long

# Few values, so that they come back: a tag must not come back with them.
SELLER_BODY = st.fixed_dictionaries(
    {}, optional={"active": st.sampled_from([True, False, None]), "counter": st.just(0)}
)
PRODUCT_BODY = st.fixed_dictionaries(
    {},
    optional={
        "access": st.sampled_from([1, 2, 3]),
        "secret": st.sampled_from([None, "", "s"]),
        "external_id": st.sampled_from(["a", "b", ""]),
        "seller": st.sampled_from(["its own", "another", "nobody's"]),
    },
)
METHOD = st.sampled_from(["PUT", "PATCH"])
CONDITION = st.sampled_from([{}, {}, {"If-Match": "*"}, {"If-Match": '"stale"'}, {"If-None-Match": '"other"'}])
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("seller"), METHOD, SELLER_BODY, CONDITION),
        st.tuples(st.just("product"), METHOD, PRODUCT_BODY, CONDITION),
        st.tuples(
            st.just("paypal"), st.just("PATCH"), st.fixed_dictionaries({"city": st.sampled_from("ab")}), CONDITION
        ),
        st.tuples(st.just("another"), st.just("POST"), st.just({}), st.just({})),
    ),
    max_size=8,
)


class Watch:
    """Every state that was seen with its tag; neither may be seen with another one."""

    def __init__(self, shop: Marketplace) -> None:
        self.shop = shop
        self.sellers = [made_seller(shop)["resource_uri"] for _ in range(2)]
        made_product(shop, self.sellers[1], external_id="b")
        self.product = made_product(shop, self.sellers[0], external_id="a")["resource_uri"]
        uuid = self.shop.get(self.sellers[0])["uuid"]
        self.lists = [f"{SELLERS}?uuid={uuid}", f"{PRODUCTS}?limit=2", f"{SELLERS}?limit=1"]
        self.paypal = ""
        self.tags: dict[Any, str] = {}
        self.states: dict[str, Any] = {}

    def do(self, what: str, method: str, body: dict[str, Any], headers: dict[str, str]) -> None:
        if what == "another":
            made_product(self.shop)
        elif what == "paypal" and not self.paypal:
            made = self.shop.post("/paypal/seller/", {"seller": self.sellers[0], "paypal_id": "sam@dev.example"})
            self.paypal = made["resource_uri"]
        else:
            path = {"seller": self.sellers[0], "product": self.product, "paypal": self.paypal}[what]
            if "seller" in body:
                named = {"its own": self.sellers[0], "another": self.sellers[1], "nobody's": "/generic/seller/0/"}
                body = body | {"seller": named[body["seller"]]}
            send = {"PUT": self.shop.put, "PATCH": self.shop.patch}[method]
            answer = send(path, body, **headers)
            assert answer.status in (200, 202, 400, 412), answer
            if answer.status == 200:
                assert tag(answer) == tag(self.shop.get(path))

    def look(self) -> None:
        seller, product = self.shop.get(self.sellers[0]), self.shop.get(self.product)
        self.note(seller, columns(Seller, seller))
        self.note(product, columns(Product, product))
        for path in self.lists:
            answer = self.shop.get(path)
            kind = Seller if path.startswith(SELLERS) else Product
            self.note(answer, *(columns(kind, row) for row in answer["objects"]), path)

    def note(self, answer: Answer, *rows: Any) -> None:
        state = (answer.text, rows)
        assert self.tags.setdefault(state, tag(answer)) == tag(answer), "a tag has changed and nothing else"
        assert self.states.setdefault(tag(answer), state) == state, "a tag has stayed and something has changed"


def columns(kind: type[Seller] | type[Product], shown: Any) -> tuple[Any, ...]:
    row = kind.objects.get(pk=shown["resource_pk"])
    return tuple(getattr(row, field.attname) for field in row._meta.concrete_fields)


@given(steps=STEPS)
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
def test_a_tag_changes_if_and_only_if_what_is_shown_or_the_row_changes(shop: Marketplace, steps: list[Any]) -> None:
    watch = Watch(shop)
    watch.look()
    for step in steps:
        watch.do(*step)
        watch.look()
    watch.look()
