"""What the gateway's refusals are told as, and what its statuses mean for money."""

from types import SimpleNamespace
from typing import Any

import pytest

from solitude.payments.contract import NotUnderstood, RefundSeen, Seen
from solitude.providers.braintree import errors, reading, statuses


def refusal(
    *found: tuple[str, str, str], message: str = "No.", verification: Any = None, transaction: Any = None
) -> Any:
    """What the SDK has as an ErrorResult."""
    listed = [SimpleNamespace(attribute=field, code=code, message=text) for field, code, text in found]
    return SimpleNamespace(
        errors=SimpleNamespace(deep_errors=listed),
        message=message,
        credit_card_verification=verification,
        transaction=transaction,
    )


def judged(status: str, **more: Any) -> Any:
    return SimpleNamespace(status=status, **more)


REJECTED = judged("gateway_rejected", gateway_rejection_reason="cvv", cvv_response_code="N")
DECLINED = judged("processor_declined", processor_response_code="2000", processor_response_text="Do Not Honor")


@pytest.mark.parametrize(
    ("refused", "told"),
    [
        (refusal(), {"__all__": [{"code": "unknown", "message": "No."}]}),
        (
            refusal(("amount", "81503", "a"), ("amount", "81528", "b"), ("base", "1", "c")),
            {
                "amount": [{"code": "81503", "message": "a"}, {"code": "81528", "message": "b"}],
                "base": [{"code": "1", "message": "c"}],
            },
        ),
        (refusal(verification=REJECTED), {"cvv": [{"code": "cvv", "message": "No."}]}),
        (
            refusal(transaction=judged("gateway_rejected", gateway_rejection_reason="avs", cvv_response_code="M")),
            {"__all__": [{"code": "avs", "message": "No."}]},
        ),
        (
            refusal(transaction=judged("gateway_rejected", gateway_rejection_reason="cvv", cvv_response_code="U")),
            {"cvv": [{"code": "cvv", "message": "No."}]},
        ),
        (refusal(transaction=DECLINED), {"__all__": [{"code": "2000", "message": "Do Not Honor"}]}),
        # What a verification says counts before what a transaction says.
        (
            refusal(verification=DECLINED, transaction=REJECTED),
            {"__all__": [{"code": "2000", "message": "Do Not Honor"}]},
        ),
        (
            refusal(transaction=judged("failed", processor_response_code="3000", processor_response_text="Away")),
            {"__all__": [{"code": "3000", "message": "Away"}]},
        ),
        (
            refusal(("number", "81715", "Invalid."), verification=DECLINED),
            {
                "number": [{"code": "81715", "message": "Invalid."}],
                "__all__": [{"code": "2000", "message": "Do Not Honor"}],
            },
        ),
        (refusal(transaction=judged("settled")), {"__all__": [{"code": "unknown", "message": "No."}]}),
    ],
)
def test_each_refusal_is_told_by_field_code_and_text(refused: Any, told: dict[str, Any]) -> None:
    assert errors.told(refused) == told


def test_the_first_of_them_is_the_reason() -> None:
    reason = errors.reason(errors.told(refusal(("amount", "81503", "a"), ("base", "1", "c"))))

    assert (reason.field, reason.code, reason.message) == ("amount", "81503", "a")


def test_texts_are_cleaned_and_none_is_longer_than_may_be() -> None:
    told = errors.told(
        refusal(
            ("number", "1", "4111111111111111 of ann@buyer.example\n" + "x" * 999), *(("f" * 99, "c" * 999, ""),) * 30
        )
    )

    (number,) = told["number"]
    assert number["message"].startswith("[redacted] of [redacted]\\n")
    assert len(number["message"]) == errors.TEXT_MAX_CHARS
    assert sum(map(len, told.values())) == errors.ERRORS_MAX
    assert max(map(len, told)) == errors.NAME_MAX_CHARS


@pytest.mark.parametrize(
    ("status", "seen", "awaits"),
    [
        ("authorized", Seen.PAID, True),
        ("submitted_for_settlement", Seen.PAID, True),
        ("settling", Seen.PAID, True),
        ("settlement_pending", Seen.PAID, True),
        ("settlement_confirmed", Seen.PAID, True),
        ("settled", Seen.PAID, False),
        ("settlement_declined", Seen.UNSETTLED, False),
        ("settlement_failed", Seen.UNSETTLED, False),
        ("processor_declined", Seen.DECLINED, False),
        ("gateway_rejected", Seen.DECLINED, False),
        ("failed", Seen.DECLINED, False),
        ("authorization_expired", Seen.DECLINED, False),
        ("voided", Seen.VOIDED, False),
    ],
)
def test_each_status_is_one_state_of_the_engine(status: str, seen: Seen, awaits: bool) -> None:
    evidence = statuses.seen(status)

    assert evidence is not None
    assert (evidence.state, evidence.awaits_notice) == (seen, awaits)
    assert statuses.refund_seen(status) is not None


def test_what_its_bank_has_not_answered_is_neither_paid_nor_refused() -> None:
    assert statuses.seen("authorizing") is None
    assert statuses.refund_seen("authorizing") == RefundSeen.UNDER_WAY
    with pytest.raises(reading.Undecided):
        reading.sale(transaction(status="authorizing"), None, "our-key")


def test_a_status_that_nobody_knows_is_none() -> None:
    assert (statuses.seen("unrecognized"), statuses.refund_seen("unrecognized")) == (None, None)


@pytest.mark.parametrize(
    ("transaction", "why"),
    [
        (judged("processor_declined", processor_response_code="2000"), "processor_declined 2000"),
        (judged("settlement_declined", processor_settlement_response_code="4001"), "settlement_declined 4001"),
        (judged("gateway_rejected", gateway_rejection_reason="fraud"), "gateway_rejected fraud"),
        (judged("failed", processor_response_code="3000"), "failed"),
        (judged("settlement_declined", processor_settlement_response_code=None), "settlement_declined"),
        (judged("gateway_rejected"), "gateway_rejected"),
    ],
)
def test_why_it_came_to_nothing_is_the_status_and_the_gateways_code(transaction: Any, why: str) -> None:
    assert statuses.why(transaction) == why


def transaction(**more: Any) -> Any:
    known = {"id": "8qr2", "type": "sale", "status": "settled", "amount": "12.00", "currency_iso_code": "USD"}
    return SimpleNamespace(**known | {"order_id": "our-key"} | more)


@pytest.mark.parametrize(
    "change",
    [
        {"type": "credit"},
        {"order_id": "another-key"},
        {"status": "unrecognized"},
        {"currency_iso_code": "XTS"},
        {"amount": "12.001"},
        {"amount": None},
        {"id": "8q/r2"},
        {"id": None},
    ],
)
def test_what_does_not_say_what_it_should_is_no_evidence(change: dict[str, Any]) -> None:
    with pytest.raises(NotUnderstood):
        reading.sale(transaction(**change), None, "our-key")


def test_a_refund_is_known_by_its_order_id() -> None:
    seen = reading.refund(transaction(type="credit", status="submitted_for_settlement"))

    assert (seen.id, seen.state, seen.reference) == ("8qr2", RefundSeen.DONE, "our-key")


@pytest.mark.parametrize("change", [{"type": "sale"}, {"status": "unrecognized"}, {"order_id": "another-key"}])
def test_what_is_no_refund_of_ours_is_none(change: dict[str, Any]) -> None:
    with pytest.raises(NotUnderstood):
        reading.refund(transaction(**{"type": "credit"} | change), None, "our-key")
