"""What gets into a log with a repr or a traceback holds no secret, no token and nothing of a person."""

import logging
import traceback
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import pytest

from solitude.client import NoAnswer, Retries, Solitude, SolitudeError
from tests.client import bodies
from tests.client.server import DROPS, SECRET, FakeSolitude, Reply

# A traceback quotes the lines of this file, so they name it and do not hold it.
EMAIL = "ada@example.net"


def test_a_client_shows_its_address_and_key_but_not_its_secret(fake: FakeSolitude, solitude: Solitude) -> None:
    shown = f"{solitude!r} {solitude} {solitude._transport!r}"
    assert fake.url in shown
    assert "marketplace" in shown
    assert SECRET not in shown


@pytest.mark.parametrize(
    ("call", "body", "hidden"),
    [
        (lambda s: s.get_buyer(31), bodies.BUYER, ["ada@example.net"]),
        (lambda s: s.verify_pin("shop:77", "0420"), bodies.PIN_CHECK, ["the-token-of-a-pin", "0420"]),
        (lambda s: s.get_seller(4), bodies.SELLER | {"paypal": bodies.PAYPAL_SELLER}, ["dev@example.net", "Ada"]),
        (lambda s: s.get_paypal_seller(5), bodies.PAYPAL_SELLER, ["dev@example.net", "Ada", "0123456"]),
        (lambda s: s.get_product(9), bodies.PRODUCT, ["product-secret"]),
        (lambda s: s.refund(pay_key="5O19"), bodies.REFUND, ["dev@example.net"]),
        (lambda s: s.check(pay_key="5O19"), bodies.CHECK, ["5O190127TN364715T"]),
        (
            lambda s: s.start_preapproval(buyer_uuid="b", return_url="https://a", cancel_url="https://a"),
            bodies.PREAPPROVAL,
            ["temporary-key"],
        ),
        (
            lambda s: s.pay(user_id=1, app_id="1", amount=Decimal(1), currency="EUR"),
            bodies.PAYMENT,
            ["5O190127TN364715T", "checkoutnow"],
        ),
    ],
)
def test_an_answer_does_not_show_what_a_log_must_not_hold(
    fake: FakeSolitude, solitude: Solitude, call: Callable[[Solitude], Any], body: Any, hidden: list[str]
) -> None:
    fake.answers(Reply(200, body))
    shown = repr(call(solitude))
    assert [one for one in hidden if one in shown] == []


@pytest.mark.parametrize("reply", [DROPS, Reply(401, {"detail": "The signature does not fit."}), Reply(500, {})])
def test_a_traceback_shows_neither_secret_nor_token_nor_query(
    fake: FakeSolitude, connect: Callable[..., Solitude], reply: Reply, caplog: pytest.LogCaptureFixture
) -> None:
    fake.answers(reply)
    with caplog.at_level(logging.INFO), pytest.raises(SolitudeError) as error:
        connect(retries=Retries(tries=1)).find_buyer(EMAIL)
    shown = "".join(traceback.format_exception(error.value)) + caplog.text
    token = fake.received[0].headers["Authorization"].removeprefix("Bearer ")
    assert [one for one in (SECRET, token, "ada@", "ada%40") if one in shown] == []


def test_a_refused_connection_does_not_show_the_query(fake: FakeSolitude, connect: Callable[..., Solitude]) -> None:
    fake.stop()
    with pytest.raises(NoAnswer) as error:
        connect(retries=Retries(tries=1)).find_buyer(EMAIL)
    shown = "".join(traceback.format_exception(error.value))
    assert "ada" not in shown
    assert str(error.value) == "GET /generic/buyer/: NewConnectionError"
