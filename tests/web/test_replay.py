"""A token is good for one request: on every node, in either spelling of the path, whatever became of the request."""

from typing import Any

import pytest
from tests.support.marketplace import Answer, Api, Marketplace
from tests.web.parallel import at_once
from tests.web.tokens import bearer, claims

from solitude.web.models import SeenToken

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
