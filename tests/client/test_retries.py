"""When a call is repeated: with the same idempotency key, a fresh signature, and never where that could pay twice."""

from collections.abc import Callable
from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from solitude.client import (
    Conflict,
    Forbidden,
    InvalidRequest,
    NoAnswer,
    OutcomeUnknown,
    Payment,
    ProviderUnavailable,
    Retries,
    ServerError,
    Solitude,
    SolitudeError,
)
from tests.client import bodies
from tests.client.conftest import Time
from tests.client.server import DROPS, HANGS, FakeSolitude, Reply

PAID = Reply(201, bodies.PAYMENT)
IN_PROGRESS = Reply(409, bodies.IN_PROGRESS, {"Retry-After": "1"})
AWAY = Reply(503, {"detail": "The database is away.", "code": "database_unavailable"}, {"Retry-After": "1"})
BUSY = Reply(503, {"detail": "Too much work.", "code": "busy"}, {"Retry-After": "2"})
UNKNOWN = Reply(504, bodies.UNKNOWN)
UNREACHABLE = Reply(502, bodies.UNREACHABLE)

Connect = Callable[..., Solitude]


def pay(solitude: Solitude, **more: Any) -> Payment:
    return solitude.pay(user_id=8812, app_id="5530", amount=Decimal("2.49"), currency="EUR", **more)


def test_each_payment_has_an_idempotency_key_of_its_own(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(PAID)
    pay(solitude)
    pay(solitude)
    first, second = (one.idempotency_key for one in fake.received)
    assert first
    assert second
    assert first != second


def test_a_key_that_was_given_is_the_one_that_is_sent(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(PAID)
    pay(solitude, idempotency_key="order-501")
    assert fake.received[0].idempotency_key == "order-501"


@pytest.mark.parametrize(
    "trouble", [DROPS, IN_PROGRESS, BUSY, Reply(502, raw=b"<h1>Bad Gateway</h1>", content_type="text/html")]
)
def test_after_trouble_the_same_request_goes_out_with_the_same_key_and_a_new_token(
    fake: FakeSolitude, solitude: Solitude, trouble: Reply
) -> None:
    fake.answers(trouble, PAID)
    assert pay(solitude).status == "created"
    first, second = fake.received
    assert first.idempotency_key == second.idempotency_key is not None
    assert first.body == second.body
    assert first.claims
    assert second.claims
    assert first.claims["jti"] != second.claims["jti"]


def test_after_a_read_time_out_the_call_is_repeated(fake: FakeSolitude, connect: Connect) -> None:
    fake.answers(HANGS, PAID)
    assert pay(connect(timeout_s=0.3)).status == "created"
    assert len({one.idempotency_key for one in fake.received}) == 1


def test_pauses_double_and_have_a_longest_one(fake: FakeSolitude, connect: Connect, time: Time) -> None:
    fake.answers(DROPS)
    with pytest.raises(NoAnswer):
        pay(connect(retries=Retries(tries=6, first_pause_s=1, longest_pause_s=4)))
    assert time.pauses == [1, 2, 4, 4, 4]
    assert len(fake.received) == 6


def test_chance_shortens_a_pause_to_no_less_than_half(fake: FakeSolitude, connect: Connect, time: Time) -> None:
    fake.answers(DROPS)
    clock = type(time.clock)(monotonic=lambda: time.now, sleep=time.sleep, chance=lambda: 0.0)
    with pytest.raises(NoAnswer):
        pay(connect(retries=Retries(tries=3, first_pause_s=1), clock=clock))
    assert time.pauses == [0.5, 1]


def test_the_servers_retry_after_is_honoured(fake: FakeSolitude, connect: Connect, time: Time) -> None:
    fake.answers(BUSY, PAID)
    pay(connect(retries=Retries(first_pause_s=0.25)))
    assert time.pauses == [2.25]


def test_one_try_is_one_try(fake: FakeSolitude, connect: Connect, time: Time) -> None:
    fake.answers(DROPS)
    with pytest.raises(NoAnswer):
        pay(connect(retries=Retries(tries=1)))
    assert (len(fake.received), time.pauses) == (1, [])


def test_a_payment_that_still_runs_is_waited_for_longer_than_the_tries(
    fake: FakeSolitude, connect: Connect, time: Time
) -> None:
    fake.answers(*[IN_PROGRESS] * 9, PAID)
    assert pay(connect(retries=Retries(tries=2, total_s=60, first_pause_s=0))).status == "created"
    assert time.pauses == [1.0] * 9


def test_the_total_time_ends_the_waiting(fake: FakeSolitude, connect: Connect, time: Time) -> None:
    fake.answers(IN_PROGRESS)
    with pytest.raises(Conflict) as conflict:
        pay(connect(retries=Retries(total_s=10, first_pause_s=0)))
    assert conflict.value.code == "idempotency_in_progress"
    assert sum(time.pauses) < 10
    assert len(fake.received) == 10


def test_a_retry_after_beyond_the_total_time_is_not_waited_for_but_told(
    fake: FakeSolitude, solitude: Solitude, time: Time
) -> None:
    fake.answers(Reply(503, {"code": "provider_busy", "detail": "429"}, {"Retry-After": "600"}))
    with pytest.raises(ProviderUnavailable) as busy:
        pay(solitude)
    assert (busy.value.retry_after_s, time.pauses) == (600, [])


def test_an_unknown_outcome_is_not_repeated_and_names_the_payment(
    fake: FakeSolitude, solitude: Solitude, time: Time
) -> None:
    fake.answers(UNKNOWN)
    with pytest.raises(OutcomeUnknown) as unknown:
        pay(solitude)
    assert len(fake.received) == 1
    assert (unknown.value.uuid, unknown.value.transaction) == ("solitude:1", "/generic/transaction/7/")
    assert unknown.value.idempotency_key == fake.received[0].idempotency_key


def test_an_unknown_outcome_is_asked_for_as_often_as_was_chosen(
    fake: FakeSolitude, connect: Connect, time: Time
) -> None:
    fake.answers(UNKNOWN)
    with pytest.raises(OutcomeUnknown):
        pay(connect(retries=Retries(unknown=2)))
    assert len(fake.received) == 3
    assert len({one.idempotency_key for one in fake.received}) == 1
    assert time.pauses == [1.0, 2.0]


def test_an_unknown_outcome_that_is_found_out_is_an_answer(fake: FakeSolitude, connect: Connect) -> None:
    fake.answers(UNKNOWN, PAID)
    assert pay(connect(retries=Retries(unknown=1))).status == "created"


def test_what_could_not_be_sent_to_the_provider_is_not_attempted_anew(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(UNREACHABLE)
    with pytest.raises(ProviderUnavailable) as unavailable:
        pay(solitude)
    assert unavailable.value.code == "provider_unreachable"
    assert len(fake.received) == 1


def test_what_could_not_be_sent_to_the_provider_is_attempted_anew_for_who_asks_for_it(
    fake: FakeSolitude, connect: Connect
) -> None:
    fake.answers(UNREACHABLE, PAID)
    assert pay(connect(retries=Retries(unsent=True))).status == "created"


@pytest.mark.parametrize(
    ("reply", "error"),
    [
        (Reply(400, {"amount": ["too small"]}), InvalidRequest),
        (Reply(403, {"detail": "no", "code": "pin_required"}), Forbidden),
        (Reply(409, {"detail": "no", "code": "not_approved"}), Conflict),
        (Reply(502, {"detail": "no", "code": "provider_configuration"}), ProviderUnavailable),
        (Reply(503, {"detail": "no", "code": "busy"}), ProviderUnavailable),
        (Reply(302, headers={"Location": "/elsewhere/"}), NoAnswer),
    ],
)
def test_an_answer_that_a_repeat_would_not_change_is_not_repeated(
    fake: FakeSolitude, solitude: Solitude, reply: Reply, error: type[SolitudeError]
) -> None:
    fake.answers(reply)
    with pytest.raises(error):
        pay(solitude)
    assert len(fake.received) == 1


def test_a_server_that_is_broken_for_a_moment_is_asked_again_under_the_same_key(
    fake: FakeSolitude, solitude: Solitude
) -> None:
    fake.answers(Reply(500, {"error": "OperationalError"}), PAID)
    assert pay(solitude).status == "created"
    assert len({request.headers["Idempotency-Key"] for request in fake.received}) == 1


def test_a_server_that_stays_broken_is_told_as_such(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(*[Reply(500, {"error": "OperationalError"})] * 10)
    with pytest.raises(ServerError):
        pay(solitude)
    assert 1 < len(fake.received) < 10


@pytest.mark.parametrize(
    "silence",
    [
        BUSY,
        AWAY,
        IN_PROGRESS,
        Reply(401, {"detail": "expired"}),
        Reply(403, {}),
        # Of no path of the server's, or of something in between.
        Reply(404, {}),
        Reply(429, raw=b"<h1>Too Many Requests</h1>", content_type="text/html"),
        Reply(500, {"error": "E"}),
    ],
)
def test_a_try_that_may_have_paid_is_not_forgotten_over_a_later_refusal(
    fake: FakeSolitude, connect: Connect, silence: Reply
) -> None:
    """The first try got no answer: that a second one was refused at the door says nothing about it."""
    fake.answers(DROPS, silence)
    with pytest.raises(NoAnswer) as nothing:
        pay(connect(retries=Retries(tries=2, total_s=5)))
    assert nothing.value.sent
    assert nothing.value.idempotency_key == fake.received[0].idempotency_key
    assert isinstance(nothing.value.__cause__, SolitudeError)


@pytest.mark.parametrize(
    "reply", [UNREACHABLE, Reply(422, {"paypal": {"__all__": []}}), Reply(400, {"app_id": ["unknown"]}), Reply(412)]
)
def test_an_answer_to_the_key_settles_what_the_tries_before_left_open(
    fake: FakeSolitude, solitude: Solitude, reply: Reply
) -> None:
    fake.answers(DROPS, reply)
    with pytest.raises(SolitudeError) as settled:
        pay(solitude)
    assert settled.value.status == reply.status


def test_the_failure_that_names_the_payment_outlives_a_lost_connection(fake: FakeSolitude, connect: Connect) -> None:
    fake.answers(UNKNOWN, DROPS)
    with pytest.raises(OutcomeUnknown) as unknown:
        pay(connect(retries=Retries(tries=2, unknown=1)))
    assert unknown.value.uuid == "solitude:1"


def test_a_server_that_is_not_there_is_tried_and_nothing_was_sent(
    connect: Connect, time: Time, fake: FakeSolitude
) -> None:
    fake.stop()
    with pytest.raises(NoAnswer) as nothing:
        pay(connect(retries=Retries(tries=3)))
    assert not nothing.value.sent
    assert len(time.pauses) == 2


def test_a_server_that_went_away_after_a_try_leaves_it_open(fake: FakeSolitude, connect: Connect, time: Time) -> None:
    fake.answers(DROPS)

    def goes_away(seconds: float) -> None:
        time.sleep(seconds)
        fake.stop()

    clock = type(time.clock)(monotonic=lambda: time.now, sleep=goes_away, chance=lambda: 1.0)
    with pytest.raises(NoAnswer) as nothing:
        pay(connect(retries=Retries(tries=2), clock=clock))
    assert len(fake.received) == 1
    assert nothing.value.sent


@pytest.mark.parametrize("silence", [BUSY, AWAY, Reply(401, {"detail": "expired"}), Reply(403, {}), None])
@pytest.mark.parametrize(
    ("first", "told"), [(Reply(500, {"error": "E"}), ServerError), (IN_PROGRESS, Conflict), (UNKNOWN, OutcomeUnknown)]
)
def test_an_answer_that_leaves_it_open_is_not_forgotten_over_a_shut_door(
    fake: FakeSolitude, connect: Connect, time: Time, first: Reply, told: type[SolitudeError], silence: Reply | None
) -> None:
    """That nothing was sent the second time is no word about the first one."""
    fake.answers(replace(first, headers=first.headers | {"Connection": "close"}), *([silence] if silence else []))

    def passes(seconds: float) -> None:
        time.sleep(seconds)
        if silence is None:
            fake.stop()

    clock = type(time.clock)(monotonic=lambda: time.now, sleep=passes, chance=lambda: 1.0)
    with pytest.raises(told) as open_still:
        pay(connect(retries=Retries(tries=2, total_s=5, unknown=1), clock=clock))
    assert open_still.value.idempotency_key == fake.received[0].idempotency_key


def test_no_answer_outweighs_that_the_call_was_still_running(fake: FakeSolitude, solitude: Solitude) -> None:
    fake.answers(IN_PROGRESS, DROPS)
    with pytest.raises(NoAnswer) as nothing:
        pay(solitude)
    assert nothing.value.sent


@pytest.mark.parametrize("trouble", [DROPS, BUSY])
def test_a_get_is_repeated(fake: FakeSolitude, solitude: Solitude, trouble: Reply) -> None:
    fake.answers(trouble, Reply(200, bodies.BUYER))
    assert solitude.get_buyer(31).uuid == "shop:77"
    assert fake.received[0].idempotency_key is None


@pytest.mark.parametrize("method", ["PUT", "DELETE"])
def test_a_put_and_a_delete_are_repeated(fake: FakeSolitude, solitude: Solitude, method: str) -> None:
    fake.answers(DROPS, Reply(204))
    assert solitude.call(method, "/paypal/preapproval/3e1c/") == {}
    assert len(fake.received) == 2


@pytest.mark.parametrize("trouble", [DROPS, BUSY, UNKNOWN])
@pytest.mark.parametrize("method", ["POST", "PATCH"])
def test_a_call_without_a_key_is_not_repeated_once_it_was_sent(
    fake: FakeSolitude, connect: Connect, method: str, trouble: Reply
) -> None:
    fake.answers(trouble)
    with pytest.raises(SolitudeError):
        connect(retries=Retries(unknown=3, unsent=True)).call(method, "/generic/verify_pin/", {"pin": "0420"})
    assert len(fake.received) == 1


@pytest.mark.parametrize(
    "bad",
    [
        {"tries": 0},
        {"unknown": -1},
        {"total_s": 0},
        {"first_pause_s": -1},
        {"first_pause_s": 9, "longest_pause_s": 8},
    ],
)
def test_retries_that_mean_nothing_are_refused(bad: dict[str, Any]) -> None:
    with pytest.raises(ValueError):
        Retries(**bad)
