"""What holds for every route of the API, whatever it is for: the rows of the contract about transport and errors, route by route."""

import io
import json
import re
from typing import Any

import pytest
from tests.support.marketplace import Answer, Marketplace
from tests.web.routes import by_path, read, routes, taking_a_body

from solitude.web.idempotency import KEYLESS_PATHS

pytestmark = pytest.mark.long

VERBS = {"GET", "POST", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"}
FORM = "application/x-www-form-urlencoded"
# The one 405 without a body.
# Each is another one.
CLIENT_TOKEN = "/braintree/token/generate/"  # a path
SILENT = ("PUT", "/generic/transaction/999999999/")


@pytest.fixture(autouse=True)
def all_are_open(settings: Any) -> None:
    settings.SOLITUDE_CLEANSED_SETTINGS_ACCESS = True


@pytest.fixture
def nagios(shop: Marketplace) -> Marketplace:
    """A client that may nothing but ask the services."""
    return Marketplace("nagios", "the-secret-of-nagios-in-tests-0123456789")


def has_detail(answer: Answer, status: int, route: object) -> None:
    assert (answer.status, list(answer.json)) == (status, ["detail"]), (route, answer)
    assert answer.headers["Content-Type"] == "application/json"
    assert isinstance(answer["detail"], str)


def test_there_are_routes_to_test() -> None:
    assert len(routes()) > 25
    assert len(taking_a_body()) > 10
    assert {"/generic/buyer/", "/paypal/pay/", "/events/"} <= set(by_path())


# --- the order of checks: network, unknown path, signature, permission, idempotency key, body ----------------------------------


def test_another_network_is_403_before_anything_else(shop: Marketplace, settings: Any) -> None:
    settings.SOLITUDE_ALLOWED_NETWORKS = ()
    for target in (*by_path(), "/", "/services/status/", "/x/"):
        has_detail(shop.send_unsigned("POST", target, b"{"), 403, target)


def test_nobody_is_401_whatever_else_is_wrong(shop: Marketplace) -> None:
    wrong = {"Content-Type": "text/plain", "Accept": "text/html", "Idempotency-Key": ""}
    for target in by_path():
        for method in VERBS:
            answer = shop.send_unsigned(method, f"{target}?%00", b"{", **wrong)
            has_detail(answer, 401, (method, target))
            assert answer.headers["WWW-Authenticate"].startswith("Bearer ")


def test_a_client_that_may_not_is_403_whatever_else_is_wrong(nagios: Marketplace) -> None:
    wrong = {"Content-Type": "text/plain", "Accept": "text/html", "Idempotency-Key": ""}
    for target in by_path():
        for method in VERBS:
            if not (target.startswith("/services/") and method == "GET"):
                has_detail(nagios.send(method, target, b"{", **wrong), 403, (method, target))


def test_a_key_that_cannot_be_used_is_400_before_the_body_is_looked_at(shop: Marketplace) -> None:
    wrong = {"Content-Type": "text/plain", "Accept": "text/html", "Idempotency-Key": ""}
    for target, methods in by_path().items():
        if "POST" in methods and target not in KEYLESS_PATHS:
            answer = shop.send("POST", target, b"{", **wrong)
            assert (answer.status, list(answer.json)) == (400, ["Idempotency-Key"]), (target, answer)


# --- media types, paths and verbs ----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [FORM, "multipart/form-data; boundary=x", "text/plain", "application/xml", "junk"])
def test_a_body_that_is_no_json_by_its_own_word_is_415(shop: Marketplace, kind: str) -> None:
    for route in routes():
        answer = shop.send(route.method, route.target, b"uuid=shop%3A1", **{"Content-Type": kind})
        has_detail(answer, 415, route)


def test_a_body_without_a_type_is_415(shop: Marketplace) -> None:
    for route in taking_a_body():
        has_detail(shop.send(route.method, route.target, b"{}", **{"Content-Type": ""}), 415, route)


def test_a_caller_who_takes_no_json_is_406(shop: Marketplace) -> None:
    for route in routes():
        has_detail(shop.send(route.method, route.target, Accept="text/html"), 406, route)


def test_both_spellings_of_a_path_are_the_same_path(shop: Marketplace) -> None:
    for route in routes():
        with_slash, without = (shop.send(route.method, target) for target in (route.target, route.target[:-1]))
        assert with_slash.status == without.status, route
        is_made = with_slash.status == 201 or route.target == CLIENT_TOKEN
        assert is_made or with_slash.text == without.text, route
        assert not 300 <= without.status < 400


def test_a_verb_that_is_not_offered_is_405_and_says_what_is(shop: Marketplace) -> None:
    for target, offered in by_path().items():
        allow = ", ".join(sorted(offered | {"HEAD"} if "GET" in offered else offered))
        for method in VERBS - offered:
            answer = shop.send(method, target)
            if (method, target) == SILENT:
                assert (answer.status, answer.text) == (405, "")
            else:
                has_detail(answer, 405, (method, target))
            assert answer.headers["Allow"] == allow, (method, target)


def test_the_front_door_and_the_status_are_for_reading_only(shop: Marketplace) -> None:
    for target in ("/", "/services/status/"):
        assert shop.send_unsigned("GET", target).status == 200
        for method in VERBS - {"GET"}:
            answer = shop.send_unsigned(method, target)
            has_detail(answer, 405, (method, target))
            assert answer.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize("verb", ["GET", "DELETE", "PATCH", "TRACE", "junk"])
def test_a_post_stays_a_post_whatever_it_calls_itself(shop: Marketplace, verb: str) -> None:
    overrides = {f"X-{name}": verb for name in ("HTTP-Method-Override", "HTTP-Method", "Method-Override")}
    for target, methods in by_path().items():
        if "POST" not in methods:
            assert shop.post(f"{target}?_method={verb}", {"_method": verb}, **overrides).status == 405, target
    assert shop.post(f"/generic/buyer/?_method={verb}", {"uuid": "shop:1", "_method": verb}, **overrides).status == 201


def test_a_format_cannot_be_asked_for(shop: Marketplace) -> None:
    for route in read():
        answer = shop.get(f"{route.target}?format=json")
        has_detail(answer, 400, route)
        assert "format" in answer["detail"]


# --- the body --------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "body",
    [
        b"{",
        b"nothing",
        b"{'uuid': 1}",
        b'{"uuid": NaN}',
        b"[" * 5000,
        b'{"a":' * 5000,
        b"\xff",
        b'{"\xff": 1}',
        b"\x00",
        b"{}{}",
    ],
)
def test_a_body_that_is_no_json_is_400_with_a_detail(shop: Marketplace, body: bytes) -> None:
    for route in taking_a_body():
        has_detail(shop.send(route.method, route.target, body), 400, route)


@pytest.mark.parametrize("body", [b"[]", b'"text"', b"1", b"null", b"true", b'[{"uuid": "shop:1"}]'])
def test_a_body_that_is_no_object_is_400_of_its_own_kind(shop: Marketplace, body: bytes) -> None:
    for route in taking_a_body():
        answer = shop.send(route.method, route.target, body)
        assert (answer.status, list(answer.json)) == (400, ["non_field_errors"]), (route, answer)


def test_a_body_that_says_a_thing_twice_is_400_and_says_which(shop: Marketplace) -> None:
    for route in taking_a_body():
        for name in route.fields or ():
            answer = shop.send(route.method, route.target, f'{{"{name}": "first", "{name}": "second"}}'.encode())
            has_detail(answer, 400, route)
            assert answer["detail"] == f"The body has '{name}' more than once."


def test_a_field_that_means_nothing_is_ignored(shop: Marketplace) -> None:
    """Only a PATCH of a transaction refuses it; there one misspelt field would be a change that was not made."""
    nonsense = b'{"nonsense": {"a": [1]}, "resource_pk": 7, "__proto__": null, "id": "x", "": 1}'
    for route in taking_a_body():
        if route.method == "PATCH" and route.target.startswith("/generic/transaction/"):
            continue
        empty, more = (shop.send(route.method, route.target, body) for body in (b"{}", nonsense))
        assert empty.status == more.status, (route, more)
        assert "nonsense" not in more.text, route


def test_no_body_is_an_empty_object(shop: Marketplace) -> None:
    for route in taking_a_body():
        without, empty = (shop.send(route.method, route.target, body) for body in (b"", b"{}"))
        assert without.status == empty.status, route
        assert without.status < 500


def test_a_body_that_is_too_large_is_413(shop: Marketplace, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    large = json.dumps({"junk": "x" * 1000}).encode()
    for route in routes():
        has_detail(shop.send(route.method, route.target, large), 413, route)


@pytest.mark.parametrize("length", ["-1", "+5", "x", "1.0", "\xb2", " ", "0x10", "9" * 5000])
def test_a_length_that_is_no_number_is_400(shop: Marketplace, length: str) -> None:
    """The application server refuses these before us; another one may not."""
    for target in (*by_path(), "/services/status/", "/"):
        answer = shop.client.generic("POST", target, b"{}", "application/json", CONTENT_LENGTH=length)
        assert (answer.status_code, list(answer.json())) == (400, ["detail"]), target


def test_a_body_that_ended_early_is_400_and_uses_no_key_up(shop: Marketplace, settings: Any) -> None:
    settings.SOLITUDE_REQUIRE_SIGNATURE = False
    whole = b'{"uuid": "shop:1"}      '
    key = {"HTTP_IDEMPOTENCY_KEY": "once"}
    early = {"wsgi.input": io.BytesIO(whole[:18])}
    half = shop.client.generic("POST", "/generic/buyer/", whole, "application/json", **early, **key)
    assert (half.status_code, half.json()) == (400, {"detail": "The body ended before its Content-Length."})
    again = shop.client.generic("POST", "/generic/buyer/", whole, "application/json", **key)
    assert again.status_code == 201


# --- the query -------------------------------------------------------------------------------------------------------------------

CURIOUS_QUERIES = ["%00=1", "%ff=1", "%C3%BC=1", "=1", "[]=1", "a[b]=1", "pk=1", "id__gt=1", "uuid__in=1", "UUID=1"]


@pytest.mark.parametrize("query", CURIOUS_QUERIES)
def test_a_parameter_that_means_nothing_here_is_400(shop: Marketplace, query: str) -> None:
    for route in read():
        has_detail(shop.get(f"{route.target}?{query}"), 400, route)


@pytest.mark.parametrize("query", CURIOUS_QUERIES)
def test_a_post_takes_no_notice_of_the_query(shop: Marketplace, query: str) -> None:
    for route in routes():
        if route.method == "POST":
            plain, with_query = (shop.post(f"{route.target}{more}", {}) for more in ("", f"?{query}"))
            assert (plain.status, with_query.status) == (plain.status, plain.status), route


@pytest.mark.parametrize(
    "value", ["%00", "a%00b", "%ff", "x" * 5000, "%F0%9F%98%80", "9" * 400, "-1", "1e999", "%27%22%3B--"]
)
def test_no_value_of_a_filter_breaks_a_list(shop: Marketplace, value: str) -> None:
    for route in read():
        for name in route.filters:
            answer = shop.get(f"{route.target}?{name}={value}")
            # A challenge is answered as the form that it was to the old server.
            assert answer.status in (200, 400, 404, 410, 422), (route, name)
            if answer.status == 400:
                has_detail(answer, 400, route)
                assert name in answer["detail"]
            if "%00" in value:
                assert answer.status in (400, 404, 410, 422), (route, name)


@pytest.mark.parametrize("many", [1_001, 10_000])
def test_too_many_parameters_are_400(shop: Marketplace, settings: Any, many: int) -> None:
    settings.SOLITUDE_REQUIRE_SIGNATURE = False  # so long a query fits into no token
    for route in read():
        has_detail(shop.send_unsigned("GET", f"{route.target}?{'&'.join(['a'] * many)}"), 400, route)


# --- headers ----------------------------------------------------------------------------------------------------------------------

HEADERS = ["Accept", "If-Match", "If-None-Match", "Idempotency-Key", "Transaction-Id", "User-Agent", "Host", "X-Junk"]
CURIOUS = [
    "\xff\xfe",
    "\x00",
    ",",
    ";;==",
    '"',
    'W/"',
    "*" * 100,
    "x" * 60_000,
    "\u00fc, */*",
    "a\tb",
    " ",
    "'",
    "%s{0}",
]


@pytest.mark.parametrize("name", HEADERS)
def test_no_header_breaks_a_route(shop: Marketplace, name: str) -> None:
    seller = shop.seller(paypal_id=None)["resource_uri"]
    for value in CURIOUS:
        for method, target in (("GET", "/generic/seller/"), ("GET", seller), ("PATCH", seller), ("POST", "/events/")):
            answer = shop.send(method, target, b"" if method == "GET" else b"{}", **{name: value})
            assert answer.status < 500, (method, target, value, answer)
            assert re.fullmatch(r"[A-Za-z0-9._:-]{1,64}", answer.headers["Transaction-Id"])
