"""Whatever stands in a field: a number, a list, null, a NUL, too much of anything. The answer is never a 500, a refusal names the
field, and of a refused request nothing is written."""

import json
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from tests.support.marketplace import Answer, Marketplace
from tests.web.routes import NOBODY, Route, taking_a_body

pytestmark = pytest.mark.long

# JSON as it is sent, because some of it no library would write.
CURIOUS = {
    "null": "null",
    "true": "true",
    "zero": "0",
    "a negative number": "-1",
    "more than 64 bits": str(2**64),
    "forty digits": "9" * 40,
    "four thousand digits": "9" * 4000,
    "a huge exponent": "1e999999",
    "a tiny exponent": "1e-999999",
    "nothing with a sign": "-0.0",
    "nothing with an exponent": "0e999999999",
    "an empty text": '""',
    "spaces": '"   "',
    "256 characters": f'"{"x" * 256}"',
    "twenty thousand characters": f'"{"x" * 20_000}"',
    "NUL": '"\\u0000"',
    "NUL inside": '"a\\u0000b"',
    "a line end": '"a\\r\\nX-Evil: 1"',
    "the other direction": '"\\u202egnp"',
    "a number as text": '"1e999999"',
    "NaN as text": '"NaN"',
    "digits of another script": '"\\u0661\\u0662"',
    "an empty list": "[]",
    "an empty object": "{}",
    "a list of everything": '[null, 1, "a", [], {}]',
    "an object": '{"a": {"b": null}, "uuid": "x"}',
    "a path of nothing": '"/generic/seller/999999999/"',
    "SQL": '"\'; DROP TABLE buyers_buyer; --"',
}
RIGHT: dict[str, dict[str, Any]] = {
    "/generic/buyer/": {"uuid": "shop:right"},
    "/generic/seller/": {"uuid": "dev:right"},
    "/generic/product/": {"seller": "SELLER", "external_id": "right", "public_id": "pub:right"},
    "/paypal/pay/": {
        "user_id": 8812,
        "app_id": "APP",
        "amount": "2.49",
        "currency": "EUR",
        "use_preapproval": False,
        "return_url": "https://shop.example/ok",
        "cancel_url": "https://shop.example/no",
    },
    "/paypal/preapproval/": {
        "uuid": "BUYER",
        "return_url": "https://shop.example/ok",
        "cancel_url": "https://shop.example/no",
    },
    "/paypal/pay-check/": {"uuid": "nobody's"},
    "/paypal/refund/": {"uuid": "nobody's"},
    "/paypal/seller/": {"seller": "NEW SELLER", "paypal_id": "bob@dev.example"},
    "/paypal/buyer/": {"buyer": "NEW BUYER"},
}
OF_PROVIDERS = ("/paypal/", "/bango/", "/provider/", "/braintree/", "/payments/")
# What the gate itself remembers, and what is written of a try that failed: PINs that were tried are counted.
OWN = {"web.seentoken", "web.idempotencykey", "payments.lease"}


def rows() -> dict[str, int]:
    """How many rows there are of everything."""
    tables = [model._meta.db_table for model in apps.get_models() if model._meta.label_lower not in OWN]
    counts = [f'(SELECT count(*) FROM "{table}")' for table in tables]  # noqa: S608
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {', '.join(counts)}")
        return dict(zip(tables, cursor.fetchone(), strict=True))


class Prepared(Marketplace):
    """A marketplace with one row of each kind, for the right bodies to name and for the changes to change."""

    def __init__(self) -> None:
        super().__init__()
        seller, buyer = self.seller(paypal_id=None), self.buyer()
        kept = {
            "/paypal/seller/": self.post(
                "/paypal/seller/", {"seller": seller["resource_uri"], "paypal_id": "ada@dev.example"}
            ),
            "/paypal/buyer/": self.post("/paypal/buyer/", {"buyer": buyer["resource_uri"]}),
            "/generic/transaction/": self.post("/generic/transaction/", {}),
        }
        self.names = {
            "SELLER": seller["resource_uri"],
            "APP": self.product(seller=seller),
            "BUYER": buyer["uuid"],
            "NEW SELLER": self.seller(paypal_id=None)["resource_uri"],
            "NEW BUYER": self.buyer()["resource_uri"],
        }
        self.rows = {
            "/generic/seller/": seller["resource_uri"],
            "/generic/buyer/": buyer["resource_uri"],
            "/generic/product/": self.get("/generic/product/")["objects"][0]["resource_uri"],
            **{collection: answer["resource_uri"] for collection, answer in kept.items()},
        }

    def target_of(self, route: Route) -> str:
        """The route's target, with a row that is there in the place of nobody's."""
        collection = route.target.partition(NOBODY["integer"])[0]
        return route.target.replace(f"{collection}{NOBODY['integer']}/", self.rows.get(collection, route.target))

    def try_with(self, route: Route, name: str, value: str) -> Answer:
        """Sends an otherwise right body in which the field has this value, JSON as it is sent."""
        right = {key: self.names.get(str(own), own) for key, own in RIGHT.get(route.target, {}).items() if key != name}
        pairs = [f"{json.dumps(key)}: {json.dumps(own)}" for key, own in right.items()]
        body = "{" + ", ".join([*pairs, f'"{name}": {value}']) + "}"
        return self.send(route.method, self.target_of(route), body.encode())


@pytest.fixture
def prepared(shop: Marketplace) -> Prepared:
    return Prepared()


def has_form_of_a_refusal(answer: Answer) -> bool:
    """400 by field or in words; 422 by namespace and field."""
    if list(answer.json) == ["detail"]:
        return isinstance(answer["detail"], str)
    if answer.status == 422:
        return all(isinstance(errors, list) for fields in answer.json.values() for errors in dict(fields).values())
    return all(isinstance(text, str) for texts in answer.json.values() for text in texts)


def naming_fields() -> list[Route]:
    """All but those that take whatever a provider may like, and the one that takes nothing."""
    handed_on = f"/provider/{NOBODY['string']}/{NOBODY['string']}/"
    without = [route.target for route in taking_a_body() if not route.fields]
    assert {target for target in without if not target.startswith(handed_on)} == {"/braintree/token/generate/"}
    return [route for route in taking_a_body() if route.fields]


def in_turns() -> list[Any]:
    """Those of the providers take so long that they are tried by themselves."""
    return [
        pytest.param(route, marks=pytest.mark.long if route.target.startswith(OF_PROVIDERS) else (), id=str(route))
        for route in naming_fields()
    ]


@pytest.mark.parametrize("route", in_turns())
def test_no_value_of_a_field_breaks_a_route(prepared: Prepared, route: Route) -> None:
    before = rows()
    for name in route.fields or ():
        for kind, value in CURIOUS.items():
            answer = prepared.try_with(route, name, value)
            assert answer.status < 500, (route, name, kind, answer)
            assert answer.status != 404 or prepared.target_of(route) == route.target, (route, answer)
            if answer.status >= 400:
                said = (route, name, kind, answer)
                assert rows() == before, said
                assert len(answer.text) < 2_000, said
                if answer.status in (400, 422):
                    assert has_form_of_a_refusal(answer), said
            else:
                before = rows()


NO_TEXT = ["true", "1.5", "[]", "{}", "1e999999", '"a\\u0000b"', f'"{"x" * 20_000}"']


@pytest.mark.parametrize("value", NO_TEXT)
def test_what_no_field_takes_is_refused_in_the_name_of_the_field(prepared: Prepared, value: str) -> None:
    for target, name in (
        ("/generic/buyer/", "uuid"),
        ("/generic/buyer/", "locale"),
        ("/generic/seller/", "uuid"),
        ("/generic/product/", "external_id"),
        ("/generic/product/", "public_id"),
        ("/generic/product/", "seller"),
        ("/generic/product/", "secret"),
        ("/generic/transaction/", "uuid"),
        ("/generic/transaction/", "currency"),
        ("/generic/transaction/", "notes"),
        ("/generic/transaction/", "buyer"),
        ("/paypal/pay/", "app_id"),
        ("/paypal/pay/", "currency"),
        ("/paypal/pay/", "return_url"),
    ):
        answer = prepared.try_with(Route("POST", target, (), ()), name, value)
        # A NUL in "notes" apart, no text is that long.
        assert (answer.status, list(answer.json)) == (400, [name]), (target, answer)


# --- what was a 500 in the old server -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("pin", ["420", "4200", "true", "[]", '["0420"]', "{}", "1.5"])
def test_a_pin_that_is_no_text_is_400_on_a_buyer(prepared: Prepared, pin: str) -> None:
    for name in ("pin", "new_pin"):
        answer = prepared.try_with(Route("POST", "/generic/buyer/", (), ()), name, pin)
        assert (answer.status, list(answer.json)) == (400, [name])


@pytest.mark.parametrize("email", ["7", "1.5", "true", "[]", '["ada@example.net"]', "{}"])
def test_an_email_that_is_no_text_is_400(prepared: Prepared, email: str) -> None:
    answer = prepared.try_with(Route("POST", "/generic/buyer/", (), ()), "email", email)
    assert (answer.status, list(answer.json)) == (400, ["email"])


def test_an_email_in_any_script_is_kept_and_found(shop: Marketplace) -> None:
    """The newer word of the contract: UTF-8, where the old server broke."""
    made = shop.post("/generic/buyer/", {"uuid": "shop:1", "email": "d\u00fcrer@b\u00fccher.example"})
    assert (made.status, made["email"]) == (201, "d\u00fcrer@b\u00fccher.example")
    found = shop.get("/generic/buyer/?email=d%C3%BCrer%40b%C3%BCcher.example")
    assert [row["uuid"] for row in found["objects"]] == ["shop:1"]


def test_of_a_filter_that_stands_twice_the_last_counts(shop: Marketplace) -> None:
    for number in (1, 2):
        shop.post("/generic/buyer/", {"uuid": f"shop:{number}", "email": f"{number}@buyer.example"})
    for name, values in (("email", ("1%40buyer.example", "2%40buyer.example")), ("uuid", ("shop%3A1", "shop%3A2"))):
        found = shop.get(f"/generic/buyer/?{name}={values[0]}&{name}={values[1]}")
        assert [row["uuid"] for row in found["objects"]] == ["shop:2"]


def test_a_currency_of_null_is_400(prepared: Prepared) -> None:
    answer = prepared.try_with(Route("POST", "/generic/transaction/", (), ()), "currency", "null")
    assert (answer.status, list(answer.json)) == (400, ["currency"])


def test_a_change_of_a_row_that_is_not_there_is_404_and_makes_none(prepared: Prepared) -> None:
    """Unless it must say something, and says nothing."""
    before = rows()
    for route in naming_fields():
        if route.method in ("PUT", "PATCH"):
            answer = prepared.send(route.method, route.target, b"{}")
            says_nothing = answer.status == 400 and set(answer.json) <= set(route.fields or ())
            assert says_nothing or (answer.status, list(answer.json)) == (404, ["detail"]), (route, answer)
    assert rows() == before


@pytest.mark.parametrize(
    "header", ["", " ", "OAuth", "OAuth x", "Bearer", "Basic", "Bearer \xff", "\xff", ",", "=" * 9000]
)
def test_a_malformed_authorization_is_401(shop: Marketplace, settings: Any, header: str) -> None:
    for is_on in (False, True):
        settings.SOLITUDE_OAUTH1 = is_on
        answer = shop.send_unsigned("GET", "/generic/buyer/", Authorization=header)
        assert (answer.status, list(answer.json)) == (401, ["detail"])
        assert answer.headers["WWW-Authenticate"]
