"""Whatever is sent to the generic resources, the answer is never a 500, and what was made can be read again."""

import json
from typing import Any
from urllib.parse import quote

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.support.marketplace import Answer, Marketplace

from solitude.buyers.api import BuyerIn
from solitude.sellers.api import ProductIn, SellerIn
from solitude.transactions.bodies import TransactionChange, TransactionIn

pytestmark = pytest.mark.long
FORMS: dict[str, Any] = {
    "/generic/buyer/": BuyerIn,
    "/generic/seller/": SellerIn,
    "/generic/product/": ProductIn,
    "/generic/transaction/": TransactionIn,
}
CURIOUS = [
    "", " ", "\x00", "\x01", "a\x00b", "\ud800", "\udfff\ud800", "\u202e", "\U0010ffff", "NaN", "Infinity", "-0", "1e9",
    "1e999999999", "9" * 300, "true", "null", "None", "[]", "{}", "EUR", "JPY", "eur", "http://[", "//", "/generic/buyer/1/",
    "/generic/seller/1/", "/generic/product/1/", "/generic/transaction/1/", "/generic/seller/%31/", "http://h/generic/seller/1/",
    "' OR 1=1 --", "%s", "{0}", "\\", "\r\nX: y", "\ufeff",
]  # fmt: skip
SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.integers(min_value=-3, max_value=9),
    st.sampled_from([2**31, 2**63, 2**64, -(2**63) - 1, 10**40]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.decimals(allow_nan=False, allow_infinity=False).map(float).filter(lambda number: abs(number) != float("inf")),
    st.text(max_size=300),
    st.sampled_from(CURIOUS),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
QUIET = settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])


class Prepared(Marketplace):
    """A marketplace with a row of each kind; the reference `/generic/<kind>/1/` in a body is made to name it."""

    def __init__(self) -> None:
        super().__init__()
        seller = self.seller(paypal_id=None)
        self.product(seller=seller)
        self.buyer()
        self.post("/generic/transaction/", {})
        newest = {collection: self.get(collection)["objects"][0]["resource_uri"] for collection in FORMS}
        self.rows = [(f"{collection}1/".encode(), row.encode()) for collection, row in newest.items()]

    def try_post(self, collection: str, body: bytes) -> Answer:
        for reference, row in self.rows:
            body = body.replace(reference, row)
        return self.post(collection, body)


@pytest.fixture
def prepared(shop: Marketplace) -> Prepared:
    return Prepared()


def body_of(collection: str) -> st.SearchStrategy[dict[str, Any]]:
    names = list(FORMS[collection].model_fields)
    return st.dictionaries(st.sampled_from(names), VALUES) | st.dictionaries(st.sampled_from(names) | st.text(), VALUES)


def judge(shop: Prepared, collection: str, body: bytes) -> None:
    answer = shop.try_post(collection, body)
    assert answer.status in (201, 400), (answer, body)
    assert isinstance(answer.json, dict)
    if answer.status == 201:
        assert shop.get(answer["resource_uri"]).json == answer.json
    else:
        texts: Any = answer.json.get("detail") or [text for texts in answer.json.values() for text in texts]
        assert texts
        assert len(answer.text) < 20_000


@pytest.mark.parametrize("collection", FORMS)
@given(data=st.data())
@QUIET
def test_no_object_breaks_a_form(prepared: Prepared, collection: str, data: st.DataObject) -> None:
    judge(prepared, collection, json.dumps(data.draw(body_of(collection))).encode())


@pytest.mark.parametrize("collection", FORMS)
@given(value=VALUES, name=st.integers(0, 30))
@QUIET
def test_one_curious_field_in_a_right_body_breaks_nothing(
    prepared: Prepared, collection: str, value: Any, name: int
) -> None:
    names = list(FORMS[collection].model_fields)
    right = {"uuid": "a:1", "seller": "/generic/seller/1/", "external_id": "a", "public_id": "p"}
    body = {key: right[key] for key in names if key in right and collection != "/generic/transaction/"}
    judge(prepared, collection, json.dumps(body | {names[name % len(names)]: value}).encode())


@pytest.mark.parametrize("collection", FORMS)
@given(
    body=st.binary(min_size=1, max_size=100)
    | st.text(alphabet='{}[]":,0123456789.eE+-ntfaul \\"ux\u00fc', max_size=60).map(str.encode)
)
@QUIET
def test_no_bytes_break_the_reader(prepared: Prepared, collection: str, body: bytes) -> None:
    judge(prepared, collection, body)


@given(
    body=st.dictionaries(st.sampled_from(list(TransactionChange.model_fields)), VALUES)
    | st.dictionaries(st.sampled_from(list(TransactionChange.model_fields)) | st.text(), VALUES)
)
@QUIET
def test_no_object_breaks_the_change_of_a_transaction(prepared: Prepared, body: dict[str, Any]) -> None:
    made = prepared.post("/generic/transaction/", {"status": 0})
    answer = prepared.send("PATCH", made["resource_uri"], json.dumps(body).encode())
    assert answer.status in (200, 400), (answer, body)
    assert prepared.get(made["resource_uri"]).json == (answer.json if answer.status == 200 else made.json)
    assert len(answer.text) < 20_000


@pytest.mark.parametrize("collection", [*FORMS, "/events/"])
@given(
    query=st.lists(
        st.tuples(st.sampled_from(["uuid", "page", "limit", "after", "x"]) | st.text(max_size=4), SCALARS.map(str)),
        max_size=3,
    )
)
@QUIET
def test_no_query_breaks_a_list(prepared: Prepared, collection: str, query: list[tuple[str, str]]) -> None:
    text = "&".join(f"{quote(name, errors='replace')}={quote(value, errors='replace')}" for name, value in query)
    assert prepared.get(f"{collection}?{text}").status in (200, 400, 410)
