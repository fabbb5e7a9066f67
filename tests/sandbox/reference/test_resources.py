"""Sellers, products, terms and transactions: what is made, what is found again, and what is refused with which words."""

import re
from typing import Any
from urllib.parse import urlencode

import pytest
from oauthlib import oauth1
from tests.sandbox.client import Reply
from tests.sandbox.reference.client import Zippy, product_form, reasons, seller_form, transaction_form
from tests.support.zippy import KEY, SECRET, ZippySimulator

from solitude_sandbox.reference import books


def error(answer: Reply) -> tuple[int, str, str]:
    told = answer.json["error"]
    assert told["code"] == told["status"] == answer.status
    return answer.status, told["name"], told["message"]


def test_a_seller_is_made_found_changed_and_removed(zippy: Zippy) -> None:
    made = zippy.made("/sellers", **seller_form(uuid="s-801", agreement="2014-02-03"))
    assert made == {
        "uuid": "s-801",
        "name": "Ada",
        "email": "ada@shop.example",
        "status": "ACTIVE",
        "agreement": "2014-02-03",
        "resource_pk": "s-801",
        "resource_name": "sellers",
        "resource_uri": "/sellers/s-801",
    }
    assert zippy.send("GET", "/sellers/s-801").json == made
    assert zippy.send("GET", "/sellers").json == [made]
    changed = zippy.send("PUT", "/sellers/s-801", {"uuid": "s-801", "name": "Ada L."})
    blanked = {"name": "Ada L.", "email": "", "status": "", "agreement": ""}
    assert (changed.status, changed.json) == (200, made | blanked)
    assert zippy.send("DELETE", "/sellers/s-801").status == 204
    assert zippy.send("DELETE", "/sellers/s-801").status == 204
    assert error(zippy.send("GET", "/sellers/s-801"))[:2] == (404, "ResourceNotFoundError")


def test_the_uuid_of_the_body_says_which_seller_is_changed_and_an_unknown_one_is_refused(zippy: Zippy) -> None:
    first, second = zippy.seller(), zippy.seller()
    assert zippy.send("PUT", f"/sellers/{first['uuid']}", {"uuid": second["uuid"], "name": "Bo"}).status == 200
    assert zippy.send("GET", f"/sellers/{first['uuid']}").json == first
    assert zippy.send("GET", f"/sellers/{second['uuid']}").json["name"] == "Bo"
    refused = zippy.send("PUT", f"/sellers/{first['uuid']}", {"uuid": "s-nobody"})
    assert reasons(refused) == {"uuid": "zero results for uuid s-nobody"}
    assert len(zippy.send("GET", "/sellers").json) == 2


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"uuid": ""}, {"uuid": "uuid is required."}),
        ({"name": None, "email": ""}, {"name": "name is required.", "email": "email is required."}),
        ({"email": "ada"}, {"email": "Please enter a valid email address."}),
        ({"status": "GONE"}, {"status": "value must be one of ACTIVE, INACTIVE, DISABLED"}),
        ({"agreement": "soon"}, {"agreement": "Please enter a valid date."}),
        ({"name": "x" * 1_001}, {"name": "This field has 1000 characters at most."}),
        ({"name": ["Ada"]}, {"name": "This field must be a text."}),
        ({"name": "\ud800"}, {"name": "This field must be a text."}),
    ],
)
def test_all_that_is_wrong_with_a_seller_is_said_by_field(
    zippy: Zippy, fields: dict[str, Any], wrong: dict[str, str]
) -> None:
    assert reasons(zippy.send("POST", "/sellers", seller_form(**fields))) == wrong
    assert zippy.send("GET", "/sellers").json == []


def test_fields_that_nobody_knows_are_refused_unless_they_are_empty(zippy: Zippy) -> None:
    assert zippy.send("POST", "/sellers", seller_form(phone="", colour=None)).status == 201
    refused = zippy.send("POST", "/sellers", seller_form(phone="1", colour="red"))
    assert error(refused) == (409, "InvalidArgumentError", "Unrecognized fields: phone,colour")
    assert error(zippy.send("GET", "/products?name=Map"))[2] == "Unrecognized fields: name"


def test_a_second_seller_of_the_same_uuid_is_refused(zippy: Zippy) -> None:
    uuid = zippy.seller()["uuid"]
    assert reasons(zippy.send("POST", "/sellers", seller_form(uuid=uuid))) == {"uuid": "UUID must be unique"}


def test_the_terms_are_those_of_the_seller(zippy: Zippy) -> None:
    uuid = zippy.seller(name="Ada L.", agreement="2014-02-03")["uuid"]
    terms = zippy.send("GET", f"/terms/{uuid}")
    assert terms.json.keys() == {"text", "agreement"}
    assert "Ada L." in terms.json["text"]
    assert terms.json["agreement"] == "2014-02-03"
    assert error(zippy.send("GET", "/terms/s-nobody"))[:2] == (404, "ResourceNotFoundError")


def test_a_product_is_found_by_uuid_external_id_and_seller(zippy: Zippy) -> None:
    first, second = zippy.product(external_id="map"), zippy.product(external_id="map")
    assert first["status"] == "ACTIVE"
    assert first["resource_uri"] == f"/products/{first['uuid']}"
    assert zippy.send("GET", f"/products/{first['uuid']}").json == first
    assert zippy.send("GET", "/products").json == [first, second]
    assert zippy.send("GET", "/products?external_id=map").json == [first, second]
    assert zippy.send("GET", f"/products?external_id=map&seller_id={second['seller_id']}").json == [second]
    assert zippy.send("GET", "/products?external_id=none").json == []
    assert error(zippy.send("GET", "/products?seller_id=s-nobody"))[:2] == (404, "NotFoundError")
    assert error(zippy.send("GET", "/products/p-nobody"))[:2] == (404, "ResourceNotFoundError")


def test_a_product_needs_an_active_seller_and_an_external_id_of_its_own(zippy: Zippy) -> None:
    idle = zippy.seller(status="INACTIVE")["uuid"]
    for seller in (idle, "s-nobody"):
        refused = zippy.send("POST", "/products", product_form(seller_id=seller))
        assert reasons(refused) == {"seller_id": f"zero results for seller_id {seller}"}
    product = zippy.product()
    again = product_form(seller_id=product["seller_id"], external_id=product["external_id"])
    expected = (409, "InvalidArgumentError", "external_id must be unique per seller")
    assert error(zippy.send("POST", "/products", again)) == expected
    same = product_form(seller_id=product["seller_id"], uuid=product["uuid"])
    assert reasons(zippy.send("POST", "/products", same)) == {"uuid": "UUID must be unique"}
    set_by_itself = product_form(seller_id=product["seller_id"], status="ACTIVE")
    assert error(zippy.send("POST", "/products", set_by_itself))[2] == "Unrecognized fields: status"


def test_a_transaction_is_started_with_a_token_and_cannot_be_read_back(zippy: Zippy) -> None:
    product = zippy.product()["uuid"]
    made = zippy.transaction(product_id=product)
    assert re.fullmatch(r"[0-9a-f]{128}", made["token"])
    assert re.fullmatch(r"[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}", made["uuid"])
    expected = transaction_form(product_id=product, product_image_url="") | {
        "uuid": made["uuid"],
        "token": made["token"],
        "status": "STARTED",
        "resource_pk": made["uuid"],
        "resource_name": "transactions",
        "resource_uri": f"/transactions/{made['uuid']}",
    }
    assert made == expected
    assert error(zippy.send("GET", f"/transactions/{made['uuid']}"))[:2] == (404, "NotFoundError")
    assert zippy.transaction(product_id=product)["uuid"] != made["uuid"]  # the same ext_transaction_id


@pytest.mark.parametrize(
    ("fields", "wrong"),
    [
        ({"price": "1.5"}, {"price": "This field must be in the format of 0.00."}),
        ({"price": "1.255"}, {"price": "This field must be in the format of 0.00."}),
        ({"price": "EUR 1.25"}, {"price": "This field must be in the format of 0.00."}),
        ({"price": "1.25\n"}, {"price": "This field must be in the format of 0.00."}),
        ({"pay_method": "CASH"}, {"pay_method": "value must be one of CARD, OPERATOR"}),
        ({"success_url": "ok"}, {"success_url": "Please enter a valid URL."}),
        ({"callback_error_url": ""}, {"callback_error_url": "callback_error_url is required."}),
        ({"product_id": "p-none"}, {"product_id": "zero results for product_id p-none"}),
    ],
)
def test_all_that_is_wrong_with_a_transaction_is_said_by_field(
    zippy: Zippy, fields: dict[str, Any], wrong: dict[str, str]
) -> None:
    product = zippy.product()["uuid"]
    assert reasons(zippy.send("POST", "/transactions", transaction_form(**{"product_id": product, **fields}))) == wrong


def test_only_the_22_currencies_are_taken(zippy: Zippy) -> None:
    product = zippy.product()["uuid"]
    assert zippy.transaction(product_id=product, currency="PLN", price=19.25)["price"] == "19.25"
    refused = reasons(zippy.send("POST", "/transactions", transaction_form(product_id=product, currency="JPY")))
    assert refused["currency"].startswith("value must be one of AUD, CAD, ")
    assert refused["currency"].count(",") == 21


def test_a_form_is_as_good_as_json(zippy: Zippy) -> None:
    """Its fields are signed with the rest, as OAuth wants it."""
    body, kind = urlencode(seller_form(uuid="s 1")), "application/x-www-form-urlencoded"
    signer = oauth1.Client(KEY, SECRET, "not-implemented", "")
    _, headers, content = signer.sign(f"{zippy.url}/sellers", "POST", body, {"Content-Type": kind})
    sent = zippy.sandbox.send(
        "POST", f"{zippy.url}/sellers", content, Authorization=headers["Authorization"], Content_Type=kind
    )
    assert (sent.status, sent.json["uuid"]) == (201, "s 1")
    assert zippy.send("GET", "/sellers/s%201").status == 200


@pytest.mark.parametrize("body", ['{"uuid": ', "[]", '"text"', "[" * 100_000])
def test_a_body_that_is_no_object_is_refused(zippy: Zippy, body: str) -> None:
    header = zippy.header("POST", "/sellers")
    answer = zippy.sandbox.send(
        "POST", f"{zippy.url}/sellers", body, Authorization=header, Content_Type="application/json"
    )
    assert error(answer)[:2] == (400, "BadRequestError")


@pytest.mark.parametrize(
    ("method", "path"),
    [("GET", "/nowhere"), ("PUT", "/products/p-1"), ("GET", "/sellers/"), ("DELETE", "/products/p-1"), ("PATCH", "/x")],
)
def test_a_path_or_a_verb_that_is_not_offered_is_not_found(zippy: Zippy, method: str, path: str) -> None:
    assert error(zippy.send(method, path, {}))[:2] == (404, "NotFoundError")


def test_a_body_that_is_too_large_is_refused(zippy: Zippy) -> None:
    answer = zippy.send("POST", "/sellers", seller_form(name="x" * 140_000))
    assert (answer.status, answer.json["error"]["name"]) == (413, "RequestEntityTooLargeError")


def test_only_the_newest_are_kept(zippy: Zippy, fate: ZippySimulator, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("SELLERS_LIMIT", "PRODUCTS_LIMIT", "TRANSACTIONS_LIMIT"):
        monkeypatch.setattr(books, name, 2)
    fate.reset()  # the books that are opened now have that much room
    made = [zippy.transaction() for _ in range(3)]
    state = fate.state()
    assert [state["counts"][name] for name in ("sellers", "products", "transactions")] == [2, 2, 2]
    pages = [zippy.sandbox.send("GET", zippy.page(each)).status for each in made]
    assert pages == [404, 200, 200]
