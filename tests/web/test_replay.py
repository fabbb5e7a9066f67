"""A token is good for one request: on every node, in either spelling of the path, whatever became of the request."""

from collections.abc import Callable
from contextlib import suppress
from typing import Any, cast

import pytest
from django.db import DatabaseError, InterfaceError, connection
from django.http import HttpRequest, HttpResponse
from django.test import RequestFactory
from django.test.utils import CaptureQueriesContext
from tests.support.marketplace import Answer, Api, Marketplace
from tests.support.simulator import Simulator
from tests.web.parallel import at_once
from tests.web.routes import Route, routes
from tests.web.tokens import bearer, claims

from solitude.payments.models import ProviderCall
from solitude.web.admission import Admission
from solitude.web.models import SeenToken
from solitude.web.requests import ApiRequest
from solitude.web.signed import BadSignature, Once

HERE = "/generic/buyer/"
PERSON = b'{"uuid": "shop:1"}'


def used_before(answer: Answer) -> bool:
    return answer.status == 401 and answer["detail"] == "The token was used before."


def test_a_token_is_refused_the_second_time(shop: Marketplace, security_events: list[str]) -> None:
    header = bearer(claims("GET", HERE))
    assert shop.send_unsigned("GET", HERE, Authorization=header).status == 200

    again = shop.send_unsigned("GET", HERE, Authorization=header)

    assert used_before(again)
    assert again.headers["WWW-Authenticate"] == 'Bearer error="invalid_token"'
    assert ["Signature refused: The token was used before." in line for line in security_events] == [True]


def test_of_twenty_at_once_one_passes(shop: Marketplace) -> None:
    header = bearer(claims("POST", HERE, PERSON))

    answers = at_once(20, lambda _: Marketplace().send_unsigned("POST", HERE, PERSON, Authorization=header))

    assert sorted(answer.status for answer in answers) == [201] + [401] * 19
    assert all(used_before(answer) for answer in answers if answer.status != 201)
    assert shop.get(HERE)["meta"]["total_count"] == 1


@pytest.mark.parametrize(("first", "second"), [(HERE, HERE[:-1]), (HERE[:-1], HERE)])
def test_the_other_spelling_of_the_path_does_not_help(shop: Marketplace, first: str, second: str) -> None:
    header = bearer(claims("GET", first))
    assert shop.send_unsigned("GET", first, Authorization=header).status == 200
    # It is another target than the signed one, and its own token would carry a name that is used.
    assert shop.send_unsigned("GET", second, Authorization=header).status == 401
    jti = SeenToken.objects.get().jti
    assert used_before(shop.send_unsigned("GET", second, Authorization=bearer(claims("GET", second, jti=jti))))


def test_a_name_is_used_up_for_every_request_of_the_client(shop: Marketplace) -> None:
    assert shop.send_unsigned("GET", HERE, Authorization=bearer(claims("GET", HERE, jti="once"))).status == 200
    other = "/generic/seller/"
    assert used_before(shop.send_unsigned("GET", other, Authorization=bearer(claims("GET", other, jti="once"))))


def test_two_clients_may_use_the_same_name(shop: Marketplace) -> None:
    assert shop.send_unsigned("GET", HERE, Authorization=bearer(claims("GET", HERE, jti="once"))).status == 200
    rotating = bearer(claims("GET", HERE, jti="once", iss="rotating"), "the-new-secret-of-the-tests-0123456789")
    assert shop.send_unsigned("GET", HERE, Authorization=rotating).status == 200


@pytest.mark.parametrize(
    ("body", "headers", "status"),
    [
        (b"{", {}, 400),
        (b"{}", {"Content-Type": "text/plain"}, 415),
        (b"{}", {"Accept": "text/html"}, 406),
        (b"{}", {"Idempotency-Key": ""}, 400),
        (b"{}", {"Idempotency-Key": "taken"}, 422),
    ],
)
def test_a_token_stays_used_when_its_request_is_refused(
    shop: Marketplace, body: bytes, headers: dict[str, str], status: int
) -> None:
    assert shop.post(HERE, PERSON, **{"Idempotency-Key": "taken"}).status == 201
    signed = {"Authorization": bearer(claims("POST", HERE, body)), **headers}
    assert shop.send_unsigned("POST", HERE, body, **signed).status == status
    assert used_before(shop.send_unsigned("POST", HERE, body, **signed))


def test_a_refused_signature_uses_nothing_up(shop: Marketplace) -> None:
    """Otherwise whoever guesses a name could keep the client from using it."""
    wrong = bearer(claims("GET", HERE, jti="once"), "a-secret-that-is-not-the-one-0123456789")
    assert shop.send_unsigned("GET", HERE, Authorization=wrong).status == 401
    assert shop.send_unsigned("GET", HERE, Authorization=bearer(claims("GET", HERE, jti="once"))).status == 200


def test_longest_names_are_told_apart(shop: Marketplace) -> None:
    for jti in ("x" * 254 + "1", "x" * 254 + "2", "ü" * 255):
        header = bearer(claims("GET", HERE, jti=jti))
        assert shop.send_unsigned("GET", HERE, Authorization=header).status == 200
        assert used_before(shop.send_unsigned("GET", HERE, Authorization=header))


def test_a_replay_is_refused_at_an_unlimited_and_a_limited_client_alike(shop: Marketplace, settings: Any) -> None:
    nagios = Api("nagios", "the-secret-of-nagios-in-tests-0123456789")
    settings.SOLITUDE_CLIENTS = {
        **settings.SOLITUDE_CLIENTS,
        "nagios": type(settings.SOLITUDE_CLIENTS["nagios"])("nagios", (nagios.secret.encode(),), ("GET /generic/*",)),
    }
    header = bearer(claims("GET", HERE, iss="nagios"), nagios.secret)
    answers = [shop.send_unsigned("GET", HERE, Authorization=header) for _ in range(2)]
    assert [answer.status for answer in answers] == [200, 401]


@pytest.mark.parametrize("route", routes(), ids=str)
def test_whatever_it_is_for_the_second_time_it_is_401(
    shop: Marketplace, route: Route, security_events: list[str]
) -> None:
    """The database says so with the view's first statement, whichever that is, or when it has none."""
    body = b"" if route.fields is None else b"{}"
    signed = {"Authorization": bearer(claims(route.method, route.target, body))}
    assert shop.send_unsigned(route.method, route.target, body, **signed).status != 401
    assert used_before(shop.send_unsigned(route.method, route.target, body, **signed))
    assert sum("Signature refused: The token was used before." in line for line in security_events) == 1


def test_nothing_is_written_for_a_replay(shop: Marketplace) -> None:
    seller = shop.seller()["resource_uri"]
    product = shop.post("/generic/product/", {"seller": seller, "external_id": "a", "public_id": "b"})["resource_uri"]
    for body in (b"{}", b'{"seller_product": "%s"}' % product.encode(), b'{"notes": "a"}'):
        target = "/generic/transaction/"
        count = shop.get(target)["meta"]["total_count"]
        signed = {"Authorization": bearer(claims("POST", target, body))}
        assert shop.send_unsigned("POST", target, body, **signed).status == 201
        assert used_before(shop.send_unsigned("POST", target, body, **signed))
        assert shop.get(target)["meta"]["total_count"] == count + 1


def test_nobody_pays_for_a_replay(shop: Marketplace, app_id: str, preapproved: str, paypal: Simulator) -> None:
    body = (
        b'{"user_id": "%s", "app_id": "%s", "amount": 2.49, "currency": "EUR", "use_preapproval": true, '
        b'"return_url": "https://shop.example/paid", "cancel_url": "https://shop.example/cancelled"}'
    ) % (preapproved.encode(), app_id.encode())
    signed = {"Authorization": bearer(claims("POST", "/paypal/pay", body))}
    assert shop.send_unsigned("POST", "/paypal/pay", body, **signed).status == 201
    calls, orders = ProviderCall.objects.count(), len(paypal.state()["orders"])
    assert used_before(shop.send_unsigned("POST", "/paypal/pay", body, **signed))
    assert (ProviderCall.objects.count(), len(paypal.state()["orders"])) == (calls, orders)


def sent_to_disk(ask: Callable[[], Answer]) -> int:
    """How often the request saw to it, beside its commits, that its token is on disk."""
    with CaptureQueriesContext(connection) as seen:
        assert ask().status == 201
    return sum("pg_logical_emit_message" in query["sql"] for query in seen.captured_queries)


@pytest.mark.parametrize("key", [{}, {"Idempotency-Key": "one"}], ids=["without key", "with key"])
def test_before_a_provider_acts_the_token_is_on_disk(shop: Marketplace, app_id: str, key: dict[str, str]) -> None:
    """PostgreSQL does not wait for it otherwise, and every commit of SQLite's does."""
    page = {"url": "https://shop.example/back", "scope": ["REFUND"]}
    only_asks = sent_to_disk(lambda: shop.post("/paypal/permission-url/", page, **key))
    assert only_asks == (connection.vendor == "postgresql")
    # Its intent is committed before, behind the token.
    assert sent_to_disk(lambda: shop.pay(app_id, dict.fromkeys(key, "another"))) == 0
    assert sent_to_disk(lambda: shop.post("/generic/transaction/", {"amount": "2.00", "currency": "EUR"})) == 0


def of_the_gate(view: Any, once: Once) -> HttpResponse:
    """What becomes of a view's answer, where the request has this signature."""

    def answer(request: HttpRequest) -> HttpResponse:
        cast(ApiRequest, request).once = once
        return cast(HttpResponse, view(request))

    request = cast(ApiRequest, RequestFactory().get(HERE))
    request.claim, request.once = None, None
    return Admission(answer)(request)


def test_a_view_that_takes_no_notice_is_of_no_use() -> None:
    """Whatever it has answered."""
    once = Once(BadSignature("used"))

    def takes_no_notice(_: HttpRequest) -> HttpResponse:
        with suppress(BadSignature):
            once.hear(is_first=False)
        return HttpResponse("the secret")

    answer = of_the_gate(takes_no_notice, once)
    assert (answer.status_code, b"secret" in answer.content) == (401, False)


def test_no_answer_leaves_without_the_databases_word() -> None:
    """A view could bear it that the database did not answer its first statement, which had the token with it."""

    def bears_it(_: HttpRequest) -> HttpResponse:
        with suppress(DatabaseError):
            raise DatabaseError
        return HttpResponse("the secret")

    with pytest.raises(InterfaceError):
        of_the_gate(bears_it, Once(BadSignature("used")))


def test_an_error_of_the_server_stays_what_it_is() -> None:
    answer = of_the_gate(lambda _: HttpResponse(status=503), Once(BadSignature("used")))
    assert answer.status_code == 503
