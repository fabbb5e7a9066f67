"""What the database process makes of the proxy's answers, and of those that are not the proxy's."""

from dataclasses import replace
from math import inf

import pytest

from solitude import clocks
from solitude.outbound import in_time, vouching
from solitude.outbound.failures import NoAnswer, NotSent, Reason
from solitude.outbound.hop import Hop
from solitude.outbound.http import Request
from solitude.outbound.vouching import Mark, Said
from tests.proxy.spoken import SECRET, Heard, proxy, said

BELOW = "https://pay.acme.example/v1"


@pytest.fixture(autouse=True)
def _secrets(settings) -> None:  # type: ignore[no-untyped-def]
    settings.SOLITUDE_PROXY_SECRETS = (SECRET,)


def hop(url: str, below: str = BELOW) -> Hop:
    return Hop("acme", url=url, service="provider", below=below, headers=("idempotency-key",), timeout_ms=10_000)


def request(rest: str = "/payments?v=2", **headers: str) -> Request:
    return Request("POST", BELOW + rest, {"Content-Type": "application/json", **headers}, b'{"a":1}', "pay")


def test_a_request_goes_to_the_providers_place_at_the_proxy_with_what_is_passed_on_signed() -> None:
    with proxy(said) as spoken:
        answer = hop(spoken.url).send(request(**{"Idempotency-Key": "k1", "X-Other": "stays here"}))
    [heard] = spoken.heard
    assert (heard.method, heard.path, heard.body) == ("POST", "/proxy/provider/acme/payments?v=2", b'{"a":1}')
    assert heard.headers["idempotency-key"] == "k1"
    assert "x-other" not in heard.headers
    assert heard.headers["x-solitude-service"] == BELOW
    assert heard.claims["htu"] == heard.path
    names = vouching.CARRIED | {"idempotency-key"}
    assert heard.claims["hsh"] == vouching.digest(heard.headers, names)
    assert heard.claims["hsh"] != vouching.digest(heard.headers | {"idempotency-key": "k2"}, names)
    assert (answer.status, answer.body) == (200, b"{}")


def test_a_path_with_escapes_arrives_as_it_was_signed() -> None:
    with proxy(said) as spoken:
        hop(spoken.url).send(request("/a%2fb/%c3%a4?q=%2f|x"))
    [heard] = spoken.heard
    assert heard.claims["htu"] == heard.path == "/proxy/provider/acme/a%2Fb/%C3%A4?q=%2F%7Cx"


@pytest.mark.parametrize(
    ("method", "left_s", "life_s"),
    [("POST", inf, 60), ("POST", 3600, 60), ("POST", 30.5, 30), ("POST", 0.5, 1), ("GET", 0.5, 60)],
)
def test_the_proxy_may_pass_on_what_changes_something_no_longer_than_we_might_send_it(
    method: str, left_s: float, life_s: int
) -> None:
    with proxy(said) as spoken, in_time.sending_before(clocks.now_s() + left_s):
        hop(spoken.url).send(replace(request(), method=method))
    [heard] = spoken.heard
    assert heard.claims["exp"] - heard.claims["iat"] in (life_s, life_s - 1)


@pytest.mark.parametrize(
    "rest",
    [
        "/../other",
        "/a/./b",
        "/%2e%2e/other",
        "/..%2Fother",
        "/a%2f..%2f..%2fother",
        "/%252e%252e%252fother",
        "/..;a=1/other",
        "/..%5Cother",
        "@elsewhere.example/",
        "",
    ],
)
def test_what_does_not_stay_below_the_provider_is_not_sent(rest: str) -> None:
    with proxy(said) as spoken, pytest.raises(NotSent) as caught:
        hop(spoken.url).send(replace(request(), url=BELOW + rest))
    assert caught.value.reason == Reason.INVALID_REQUEST
    assert not spoken.heard


def test_of_the_providers_answer_come_status_body_type_and_how_long_to_wait() -> None:
    def reply(heard: Heard) -> Said:
        return said(heard, status=503, body=b"later", retry_after="7", x_solitude_correlation_id="d-1")

    with proxy(reply) as spoken:
        answer = hop(spoken.url).send(request())
    assert (answer.status, answer.body, answer.retry_after_s, answer.correlation_id) == (503, b"later", 7, "d-1")
    assert dict(answer.headers) == {"content-type": "application/json", "retry-after": "7"}


@pytest.mark.parametrize(
    ("mark", "reason", "kind", "found"),
    [
        (Mark.NOT_SENT, "connection_refused", NotSent, Reason.CONNECTION_REFUSED),
        (Mark.NO_ANSWER, "read_timeout", NoAnswer, Reason.READ_TIMEOUT),
        (Mark.NO_ANSWER, "a word of tomorrow", NoAnswer, Reason.UNEXPECTED),
        (Mark.REFUSED, "", NotSent, Reason.PROXY_REFUSED),
    ],
)
def test_what_the_proxy_says_of_a_request_without_an_answer_holds_here(
    mark: Mark, reason: str, kind: type[Exception], found: Reason
) -> None:
    def reply(heard: Heard) -> Said:
        return said(heard, mark, status=500, body=b"", x_solitude_proxy_reason=reason)

    with proxy(reply) as spoken, pytest.raises((NotSent, NoAnswer)) as caught:
        hop(spoken.url).send(request())
    assert type(caught.value) is kind
    assert caught.value.reason == found


def without_proof(heard: Heard) -> Said:
    return Said(500, {vouching.MARK: "not_sent", vouching.REASON: "connection_refused"}, b"")


def under_another_secret(heard: Heard) -> Said:
    return said(heard, Mark.NOT_SENT, secret="somebody-elses-secret-0123456789abcdef")


def of_another_request(heard: Heard) -> Said:
    return said(heard, Mark.NOT_SENT, jti="an-older-one")


def with_another_body(heard: Heard) -> Said:
    return replace(said(heard), body=b'{"paid": true}')


def with_another_status(heard: Heard) -> Said:
    return replace(said(heard, status=402), status=200)


def with_another_mark(heard: Heard) -> Said:
    answer = said(heard, Mark.NO_ANSWER)
    return replace(answer, headers=dict(answer.headers) | {vouching.MARK: Mark.NOT_SENT})


def with_another_type(heard: Heard) -> Said:
    answer = said(heard)
    return replace(answer, headers=dict(answer.headers) | {"Content-Type": "text/html"})


@pytest.mark.parametrize(
    "reply",
    [
        without_proof,
        under_another_secret,
        of_another_request,
        with_another_body,
        with_another_status,
        with_another_mark,
        with_another_type,
    ],
)
def test_an_answer_that_is_not_surely_the_proxys_says_nothing(reply) -> None:  # type: ignore[no-untyped-def]
    with proxy(reply) as spoken, pytest.raises(NoAnswer) as caught:
        hop(spoken.url).send(request())
    assert caught.value.reason == Reason.UNVERIFIED


def test_a_proxy_that_is_away_has_sent_nothing() -> None:
    with proxy(said) as spoken:
        url = spoken.url
    with pytest.raises(NotSent) as caught:
        hop(url).send(request())
    assert caught.value.reason == Reason.CONNECTION_REFUSED


def test_while_the_secret_is_changed_the_proxy_may_answer_under_the_older_one(settings) -> None:  # type: ignore[no-untyped-def]
    newer = "the-newer-secret-of-the-hop-0123456789abc"
    settings.SOLITUDE_PROXY_SECRETS = (SECRET, newer)
    with proxy(lambda heard: said(heard, secret=newer)) as spoken:
        assert hop(spoken.url).send(request()).status == 200
