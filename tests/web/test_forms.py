"""The forms of answers and refusals: the status, the keys, the headers, in the order in which things are checked."""

from typing import Any

import pytest
from tests.support.marketplace import Marketplace

from solitude.web.models import SeenToken

COLLECTIONS = ["/generic/buyer/", "/generic/seller/", "/generic/product/", "/generic/transaction/"]


def test_the_front_door_says_who_is_there(shop: Marketplace) -> None:
    answer = shop.send_unsigned("GET", "/")
    assert (answer.status, list(answer.json)) == (200, ["message"])


@pytest.mark.parametrize(
    "target",
    [
        "/generic/",
        "/generic/nothing/",
        "/nothing",
        "/generic/buyer/x/",
        "/generic/buyer/-1/",
        "/generic/buyer/1/x/",
        "/generic/buyer/\u0661/",
        "//generic/buyer/",
        "/generic/buyer//",
        "/generic%252Fbuyer/",
        "/%ff/",
        "/%00/",
        "/generic/buyer/" + "9" * 5000 + "/",
    ],
)
def test_an_unknown_path_is_an_empty_object_for_everybody(shop: Marketplace, target: str) -> None:
    for answer in (shop.send_unsigned("GET", target), shop.send_unsigned("POST", target, b"junk"), shop.get("/x/")):
        assert (answer.status, answer.text) == (404, "{}")


@pytest.mark.parametrize("collection", COLLECTIONS)
@pytest.mark.parametrize("pk", ["0", "1", "9" * 18, "9" * 30])
def test_an_unknown_row_is_404_with_a_detail(shop: Marketplace, collection: str, pk: str) -> None:
    answer = shop.get(f"{collection}{pk}/")
    assert (answer.status, list(answer.json)) == (404, ["detail"])
    assert shop.send_unsigned("GET", f"{collection}{pk}/").status == 401


def test_a_post_without_the_slash_keeps_its_body(shop: Marketplace) -> None:
    answer = shop.post("/generic/buyer", {"uuid": "shop:1"})
    assert (answer.status, answer["uuid"]) == (201, "shop:1")


@pytest.mark.parametrize("body", [b"", b"{}", b" {}\n"])
def test_an_empty_body_is_an_empty_object(shop: Marketplace, body: bytes) -> None:
    answer = shop.post("/generic/buyer/", body)
    assert (answer.status, answer.json) == (400, {"uuid": ["FIELD_REQUIRED"]})
    assert shop.post("/generic/transaction/", body).status == 201


@pytest.mark.parametrize("body", [b" ", b"\r", b" \n "])
def test_a_body_of_white_space_is_no_json(shop: Marketplace, body: bytes) -> None:
    answer = shop.post("/generic/transaction/", body)
    assert (answer.status, answer.json) == (400, {"detail": "The body is not JSON."})


@pytest.mark.parametrize(
    "kind", ["application/json", "application/json; charset=utf-8", "Application/JSON", "application/json;charset=x"]
)
def test_json_is_json_however_it_is_written(shop: Marketplace, kind: str) -> None:
    assert shop.post("/generic/buyer/", {"uuid": "shop:1"}, **{"Content-Type": kind}).status == 201


@pytest.mark.parametrize(
    "accepted", ["text/html", "text/*", "application/xml, text/plain;q=0.5", "application/json;q=0", "junk"]
)
def test_a_caller_who_takes_no_json_is_406(shop: Marketplace, accepted: str) -> None:
    answer = shop.get("/generic/buyer/", Accept=accepted)
    assert (answer.status, list(answer.json)) == (406, ["detail"])
    assert answer.headers["Content-Type"] == "application/json"


@pytest.mark.parametrize(
    "accepted", ["", " ", "*/*", "application/*", "application/json", "text/html, */*;q=0.1", "application/json;q=x"]
)
def test_a_caller_who_takes_json_gets_it(shop: Marketplace, accepted: str) -> None:
    assert shop.get("/generic/buyer/", Accept=accepted).status == 200


def test_a_body_that_is_too_large_is_413_where_nobody_signs(shop: Marketplace, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    settings.SOLITUDE_REQUIRE_SIGNATURE = False
    for headers in ({}, {"Idempotency-Key": "k"}):
        answer = shop.send_unsigned("POST", "/generic/buyer/", b'"' + b"x" * 1000 + b'"', **headers)
        assert (answer.status, list(answer.json)) == (413, ["detail"])


@pytest.mark.parametrize("collection", [*COLLECTIONS, "/generic/seller/1/", "/events/"])
@pytest.mark.parametrize("query", ["format=json", "uid=x", "active=True&format=", "UUID=x", "%00=1"])
def test_an_unknown_query_parameter_is_400_and_named(shop: Marketplace, collection: str, query: str) -> None:
    shop.seller(paypal_id=None)
    answer = shop.get(f"{collection}?{query}")
    assert (answer.status, list(answer.json)) == (400, ["detail"])
    if query.startswith("format"):
        assert "format" in answer["detail"]


def test_a_post_takes_no_notice_of_the_query(shop: Marketplace) -> None:
    assert shop.post("/generic/buyer/?format=json", {"uuid": "shop:1"}).status == 201


class Broken(Exception):
    pass


def break_(*_: object, **__: object) -> None:
    raise Broken("the inside of a card: 4111111111111111")


def test_what_nobody_expected_is_500_with_the_name_of_its_class(
    shop: Marketplace, monkeypatch: pytest.MonkeyPatch, security_events: list[str]
) -> None:
    monkeypatch.setattr("solitude.buyers.api.insert_once", break_)
    answer = shop.post("/generic/buyer/", {"uuid": "shop:1"})
    assert (answer.status, answer.json) == (500, {"error": "Broken"})
    assert ["|Broken|3|" in line for line in security_events] == [True]


def test_what_nobody_expected_before_the_view_is_500_of_the_same_form(
    shop: Marketplace, monkeypatch: pytest.MonkeyPatch, security_events: list[str]
) -> None:
    monkeypatch.setattr("solitude.web.admission.insert_once_soon", break_)
    answer = shop.get("/generic/buyer/")
    assert (answer.status, answer.json) == (500, {"error": "Broken"})
    assert ["|Broken|3|" in line for line in security_events] == [True]


def test_a_refused_request_undoes_what_it_did(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("solitude.buyers.api.shown_buyer", break_)
    assert shop.post("/generic/buyer/", {"uuid": "shop:1"}).status == 500
    monkeypatch.undo()
    assert shop.get("/generic/buyer/")["objects"] == []


def test_the_order_is_path_then_signature_then_permission_then_key_then_body(shop: Marketplace) -> None:
    here, wrong = "/generic/buyer/", {"Idempotency-Key": "", "Content-Type": "text/plain"}
    assert shop.send_unsigned("POST", "/x/", b"{", **wrong).status == 404
    assert shop.send_unsigned("POST", here, b"{", **wrong).status == 401
    nagios = Marketplace("nagios", "the-secret-of-nagios-in-tests-0123456789")
    assert nagios.post(here, b"{", **wrong).status == 403
    assert list(shop.post(here, b"{", **wrong).json) == ["Idempotency-Key"]
    assert shop.post(here, b"{", **(wrong | {"Idempotency-Key": "k"})).status == 415
    assert shop.post(here, b"{", **{"Idempotency-Key": "l"}).status == 400


def test_every_answer_says_how_long_it_is(shop: Marketplace) -> None:
    for answer in (shop.get("/generic/buyer/"), shop.get("/x/"), shop.send_unsigned("GET", "/generic/buyer/")):
        assert int(answer.headers["Content-Length"]) == len(answer.text.encode())
        assert answer.headers["Content-Type"] == "application/json"


def test_an_unsigned_path_remembers_no_token(shop: Marketplace) -> None:
    assert shop.get("/services/status/").status == 200
    assert SeenToken.objects.count() == 0
