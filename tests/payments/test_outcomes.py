"""What a call of a JSON API came to, where that does not depend on what was asked."""

import pytest

from solitude.money.money import Money
from solitude.outbound.json_api import Failed, NotSaid, Reply
from solitude.payments import outcomes
from solitude.payments.contract import Call, Intent, NotUnderstood, Operation, Outcome, Reason, Result

CALL = Call(Operation.PAY, "key", Intent(), {})


def reply(status: int, body: object = None, *, understood: bool = True, retry_after_s: int | None = None) -> Reply:
    return Reply(status, body, understood, retry_after_s)


def read(_call: Call, found: Reply) -> Result:
    """A provider's reader that understands a price in euros."""
    if not found.is_success:
        return Result(Outcome.DECLINED, reason=Reason(found.text("error")))
    if Money.parse(found.text("amount"), "EUR") != Money.parse("1.00", "EUR"):
        raise NotUnderstood("amount")
    return Result(Outcome.SUCCEEDED)


@pytest.mark.parametrize(
    ("found", "outcome", "code"),
    [
        (Failed(sent=True, reason="read_timeout"), Outcome.UNKNOWN, "read_timeout"),
        (Failed(sent=False, reason="connection_refused"), Outcome.NOT_SENT, "provider_unreachable"),
        (Failed(sent=False, reason="busy"), Outcome.NOT_SENT, "provider_busy"),
        (reply(401), Outcome.NOT_SENT, "provider_configuration"),
        (reply(403), Outcome.NOT_SENT, "provider_configuration"),
        (reply(429), Outcome.NOT_SENT, "provider_busy"),
        (reply(408), Outcome.UNKNOWN, "HTTP_408"),
        (reply(500, {"error": "no"}), Outcome.UNKNOWN, "HTTP_500"),
        (reply(302, understood=False), Outcome.UNKNOWN, "HTTP_302"),
        (reply(200, understood=False), Outcome.UNKNOWN, "HTTP_200"),
        (reply(200, {"amount": "1.01"}), Outcome.UNKNOWN, "NOT_UNDERSTOOD"),
        (reply(200, {"amount": "1.001"}), Outcome.UNKNOWN, "NOT_UNDERSTOOD"),
        (reply(200, {"amount": 1}), Outcome.UNKNOWN, "NOT_UNDERSTOOD"),
        (reply(200, []), Outcome.UNKNOWN, "NOT_UNDERSTOOD"),
        (reply(422, {"message": "no"}), Outcome.UNKNOWN, "NOT_UNDERSTOOD"),
        (reply(422, {"error": "payee_closed"}), Outcome.DECLINED, "payee_closed"),
    ],
)
def test_only_what_was_certainly_not_done_is_not_sent_or_declined(
    found: Reply | Failed, outcome: Outcome, code: str
) -> None:
    result = outcomes.of("acme", CALL, found, read)
    assert result.reason
    assert (result.outcome, result.reason.code) == (outcome, code)


def test_what_was_asked_for_succeeds() -> None:
    assert outcomes.of("acme", CALL, reply(201, {"amount": "1.00"}), read).outcome == Outcome.SUCCEEDED


def test_when_to_come_back_is_handed_on() -> None:
    assert outcomes.of("acme", CALL, reply(429, retry_after_s=7), read).facts == {"retry_after_s": "7"}


def test_where_403_is_a_refusal_like_any_other_the_reader_reads_it() -> None:
    found = reply(403, {"error": "not_yours"})
    assert outcomes.decided("acme", "pay", found, (401,)) is found


def test_a_fault_of_the_reader_is_no_answer_of_the_provider() -> None:
    def broken(_call: Call, _found: Reply) -> Result:
        raise KeyError("a mistake of ours")

    with pytest.raises(KeyError):
        outcomes.of("acme", CALL, reply(200, {}), broken)


def test_nothing_of_the_answer_is_in_what_is_logged(capsys: pytest.CaptureFixture[str]) -> None:
    def says_nothing(_call: Call, _found: Reply) -> Result:
        raise NotSaid("status")

    outcomes.of("acme", CALL, reply(200, {"amount": "canary"}), read)
    outcomes.of("acme", CALL, reply(200, {"name": "canary"}), says_nothing)
    said = capsys.readouterr()
    assert "canary" not in said.out + said.err
