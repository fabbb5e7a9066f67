"""Whatever PayPal answers, it is understood or it is UNKNOWN: nothing raises, and nothing is guessed."""

import json
from decimal import Decimal
from functools import cache
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from solitude.money.money import Money
from solitude.payments.contract import Call, Intent, Operation, Outcome, Result, Seen
from solitude.providers.paypal.provider import PayPal
from solitude.providers.paypal.rest.wire import Ask, Failed, Reply
from solitude.telemetry.redaction import Secret

KEY = "0e0c8a6e-6d4f-4f0e-9a53-000000004711"
AMOUNT = Money(Decimal("2.49"), "EUR")
WEB = "https://www.sandbox.paypal.com"
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)


def call(operation: Operation = Operation.PAY) -> Call:
    intent = Intent(amount=AMOUNT, payee="sam@dev.example", credential=Secret("a-key"))
    return Call(
        operation,
        KEY,
        intent,
        {"payment": "5O190127TN364715T", "capture": "2GG279541U471931P", "refund": "1JU08902781691411"},
    )


def answered(monkeypatch: pytest.MonkeyPatch, status: int, body: Any, operation: Operation = Operation.PAY) -> Result:
    """What the provider makes of PayPal answering everything like this."""
    return answered_in_turn(monkeypatch, [(status, body)], operation)


def answered_in_turn(monkeypatch: pytest.MonkeyPatch, replies: list[tuple[int, Any]], operation: Operation) -> Result:
    turn = iter(replies)
    last: list[tuple[int, Any]] = []

    def ask(asked: Ask) -> Reply | Failed:
        status, body = last[-1] if (following := next(turn, None)) is None else following
        last.append((status, body))
        understood = isinstance(body, dict)
        return Reply(status, body if understood else {}, understood, "debug-1", None, ())

    monkeypatch.setattr(paypal_of_the_tests().rest.wire, "ask", ask)
    return paypal_of_the_tests().perform(call(operation))


@cache
def paypal_of_the_tests() -> PayPal:
    """One for all: each has certificates of authorities to read."""
    return PayPal()


def order(status: str = "COMPLETED", captured: str = "COMPLETED") -> dict[str, Any]:
    """An order about our payment, with its capture."""
    amount = {"currency_code": "EUR", "value": "2.49"}
    taken = {"id": "2GG279541U471931P", "status": captured, "amount": amount}
    unit: dict[str, Any] = {"custom_id": KEY, "amount": amount}
    if status == "COMPLETED":
        unit["payments"] = {"captures": [taken]}
    return {"id": "5O190127TN364715T", "status": status, "purchase_units": [unit]}


def changed(body: dict[str, Any], path: str, value: Any) -> dict[str, Any]:
    """A copy with the value at a path such as `purchase_units/0/custom_id` replaced."""
    copy: Any = json.loads(json.dumps(body))
    *way, name = path.split("/")
    place = copy
    for step in way:
        place = place[int(step)] if step.isdigit() else place[step]
    place[int(name) if name.isdigit() else name] = value
    return dict(copy)


def places(body: Any, before: str = "") -> list[str]:
    """The path of everything in a body."""
    found: list[str] = []
    inner = body.items() if isinstance(body, dict) else enumerate(body) if isinstance(body, list) else ()
    for name, value in inner:
        found += [f"{before}{name}", *places(value, f"{before}{name}/")]
    return found


# --- what is understood --------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("body", "outcome", "seen"),
    [
        (order("CREATED"), Outcome.PENDING, Seen.NOT_APPROVED),
        (order("PAYER_ACTION_REQUIRED"), Outcome.PENDING, Seen.NOT_APPROVED),
        (order("APPROVED"), Outcome.PENDING, Seen.APPROVED),
        (order("VOIDED"), Outcome.DECLINED, Seen.EXPIRED),
        (order(), Outcome.SUCCEEDED, Seen.PAID),
        (order(captured="REFUNDED"), Outcome.SUCCEEDED, Seen.PAID),
        (order(captured="PARTIALLY_REFUNDED"), Outcome.SUCCEEDED, Seen.PAID),
        (order(captured="PENDING"), Outcome.PENDING, Seen.UNDER_REVIEW),
        (order(captured="DECLINED"), Outcome.DECLINED, Seen.DECLINED),
        (order(captured="FAILED"), Outcome.DECLINED, Seen.DECLINED),
    ],
    ids=lambda value: str(value) if not isinstance(value, dict) else "",
)
def test_an_order_is_read_by_its_capture(
    monkeypatch: pytest.MonkeyPatch, body: dict[str, Any], outcome: Outcome, seen: Seen
) -> None:
    found = answered(monkeypatch, 201, body)

    assert found.outcome == outcome
    assert found.evidence is not None
    assert found.evidence.state == seen


# --- what is not ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("path", "value"),
    [
        ("id", None),
        ("id", ""),
        ("id", "../../v1/oauth2"),
        ("status", "NEW_ONE"),
        ("status", None),
        ("purchase_units", []),
        ("purchase_units", [{}, {}]),
        ("purchase_units/0/custom_id", "another-operation"),
        ("purchase_units/0/payments", None),
        ("purchase_units/0/payments/captures", []),
        ("purchase_units/0/payments/captures", [None]),
        ("purchase_units/0/payments/captures/0/id", ""),
        ("purchase_units/0/payments/captures/0/status", "NEW_ONE"),
        ("purchase_units/0/payments/captures/0/status", ["COMPLETED"]),
        ("purchase_units/0/payments/captures/0/amount/value", "2.48"),
        ("purchase_units/0/payments/captures/0/amount/value", "2,49"),
        ("purchase_units/0/payments/captures/0/amount/value", None),
        ("purchase_units/0/payments/captures/0/amount/currency_code", "USD"),
        ("purchase_units/0/payments/captures/0/amount/currency_code", ["EUR"]),
        ("purchase_units/0/payments/refunds", "none"),
        ("purchase_units/0/payments/refunds", [None]),
        ("purchase_units/0/payments/refunds", [{"id": "1"}]),
    ],
)
def test_an_order_that_is_not_understood_is_unknown(monkeypatch: pytest.MonkeyPatch, path: str, value: Any) -> None:
    found = answered(monkeypatch, 201, changed(order(), path, value))

    assert (found.outcome, found.evidence, found.correlation_id) == (Outcome.UNKNOWN, None, "debug-1")


@pytest.mark.parametrize("operation", [Operation.PAY, Operation.CAPTURE, Operation.REFUND, Operation.STORE_CREDENTIAL])
@pytest.mark.parametrize(
    "status", [100, 202, 204, 301, 302, 304, 402, 408, 409, 418, 451, 500, 501, 502, 503, 504, 599]
)
def test_a_status_that_means_nothing_here_is_unknown(
    monkeypatch: pytest.MonkeyPatch, operation: Operation, status: int
) -> None:
    error = {"name": "SOMETHING", "details": [{"issue": "SOMETHING"}]}

    assert answered(monkeypatch, status, error, operation).outcome == Outcome.UNKNOWN


@pytest.mark.parametrize("operation", [Operation.PAY, Operation.CAPTURE, Operation.REFUND, Operation.STORE_CREDENTIAL])
@pytest.mark.parametrize("status", [200, 201, 400, 403, 404, 422])
@pytest.mark.parametrize("body", [None, [], "text", {}])
def test_an_answer_without_json_or_without_a_reason_is_unknown(
    monkeypatch: pytest.MonkeyPatch, operation: Operation, status: int, body: Any
) -> None:
    """A proxy's page is no refusal of PayPal's."""
    assert answered(monkeypatch, status, body, operation).outcome == Outcome.UNKNOWN


@pytest.mark.parametrize("operation", [Operation.PAY, Operation.CAPTURE, Operation.REFUND])
@pytest.mark.parametrize("issue", ["DUPLICATE_REQUEST_ID", "PREVIOUS_REQUEST_IN_PROGRESS"])
def test_a_refusal_about_an_earlier_try_is_unknown(
    monkeypatch: pytest.MonkeyPatch, operation: Operation, issue: str
) -> None:
    error = {"name": "UNPROCESSABLE_ENTITY", "details": [{"issue": issue}]}

    assert answered(monkeypatch, 422, error, operation).outcome == Outcome.UNKNOWN


def test_a_setup_token_is_not_approved_only_if_it_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    refusal = 422, {"name": "UNPROCESSABLE_ENTITY", "details": [{"issue": "PAYER_ACTION_REQUIRED"}]}

    waiting = answered_in_turn(monkeypatch, [refusal, (200, {"status": "CREATED"})], Operation.STORE_CREDENTIAL)
    approved = answered_in_turn(monkeypatch, [refusal, (200, {"status": "APPROVED"})], Operation.STORE_CREDENTIAL)

    assert waiting.reason is not None
    assert approved.reason is not None
    assert (waiting.reason.code, approved.reason.code) == ("not_approved", "PAYER_ACTION_REQUIRED")


# It is declared that PayPal has none of these: nobody asks for them.
NOT_PAYPALS = {
    Operation.VOID, Operation.SUBSCRIBE, Operation.CHANGE_SUBSCRIPTION, Operation.CANCEL_SUBSCRIPTION,
}  # fmt: skip


@settings(max_examples=150, deadline=None)
@given(
    status=st.integers(200, 599),
    body=JSON | st.dictionaries(st.sampled_from(["id", "status", "details", "links", "name"]), JSON),
)
def test_no_answer_makes_the_provider_raise(status: int, body: Any) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        for operation in set(Operation) - NOT_PAYPALS:
            found = answered(monkeypatch, status, body, operation)
            if operation in (Operation.PAY, Operation.CAPTURE, Operation.REFUND):
                assert found.outcome not in (Outcome.SUCCEEDED, Outcome.PENDING)


@settings(max_examples=300, deadline=None)
@given(path=st.sampled_from(places(order())), value=JSON)
def test_no_broken_order_makes_the_provider_raise_or_believe_another_amount(path: str, value: Any) -> None:
    with pytest.MonkeyPatch.context() as monkeypatch:
        found = answered(monkeypatch, 201, changed(order(), path, value))

    if found.evidence and found.evidence.state == Seen.PAID:
        assert found.evidence.captured == AMOUNT


# --- where the buyer is sent ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "href",
    [
        "https://evil.example/checkoutnow?token=1",
        "javascript:alert(1)",
        "",
        f"{WEB}.evil.example/",
        f"{WEB}@evil.example/",
    ],
)
def test_the_buyer_is_sent_to_paypal_only(monkeypatch: pytest.MonkeyPatch, href: str, settings: Any) -> None:
    settings.SOLITUDE_PAYPAL_WEB_URL = WEB
    body = order("PAYER_ACTION_REQUIRED") | {"links": [{"rel": "payer-action", "href": href}]}

    found = answered(monkeypatch, 200, body)

    assert found.evidence is not None
    assert found.evidence.pay_url == f"{WEB}/checkoutnow?token=5O190127TN364715T"


def test_paypals_own_link_is_taken_as_it_is(monkeypatch: pytest.MonkeyPatch, settings: Any) -> None:
    settings.SOLITUDE_PAYPAL_WEB_URL = WEB
    href = f"{WEB}/checkoutnow?token=5O190127TN364715T&new=1"

    found = answered(
        monkeypatch, 200, order("PAYER_ACTION_REQUIRED") | {"links": [None, {"rel": "payer-action", "href": href}]}
    )

    assert found.evidence is not None
    assert found.evidence.pay_url == href
