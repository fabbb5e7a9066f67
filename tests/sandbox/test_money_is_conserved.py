"""Whatever is sold, refunded and disputed, in any order: no cent is made, lost or counted twice."""

import json
from collections import defaultdict
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode

import hypothesis.strategies as st
import pytest
from hypothesis import assume, given, settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule
from tests.sandbox.classic.client import KEYS, receiver
from tests.sandbox.client import assertion, money, new_request_id, order, unit, with_fee
from werkzeug.test import Client

from solitude_sandbox import create_app
from solitude_sandbox.paypal import money as rules_of_money
from solitude_sandbox.paypal.accounts import CLIENT_ID, CLIENT_SECRET, PARTNER_EMAIL
from solitude_sandbox.paypal.disputes import OUTCOMES
from solitude_sandbox.paypal.money import Money

SELLERS = ("one@shop.example", "two@shop.example")
BUYERS = ("anna@home.example", "ben@home.example")
SMALLEST = {"USD": Decimal("0.01"), "JPY": Decimal(1)}


class Trade(RuleBasedStateMachine):
    """Sells, refunds and disputes at random and keeps its own books from PayPal's answers; they must agree with PayPal's."""

    captures = Bundle("captures")
    reviewed = Bundle("reviewed")
    payments = Bundle("payments")

    def __init__(self) -> None:
        super().__init__()
        self.http = Client(create_app())
        answer = self.http.post(
            "/paypal/v1/oauth2/token", data={"grant_type": "client_credentials"}, auth=(CLIENT_ID, CLIENT_SECRET)
        )
        self.bearer = f"Bearer {json.loads(answer.text)['access_token']}"
        self.expected: dict[tuple[str, str], Decimal] = defaultdict(Decimal)

    def post(self, path: str, body: Any = None, **headers: str) -> Any:
        common = {
            "Authorization": self.bearer,
            "PayPal-Request-Id": new_request_id(),
            "Prefer": "return=representation",
        }
        sent = json.dumps(body if body is not None else {})
        return self.http.post(
            f"/paypal{path}", data=sent, content_type="application/json", headers={**common, **headers}
        )

    def expect(self, currency: str, email: str, amount: str | Decimal) -> None:
        self.expected[currency, email] += Decimal(amount)

    def sell(self, currency: str, units: int, fee_units: int, parties: tuple[str, str], funding: str) -> Any:
        amount, fee = str(units * SMALLEST[currency]), str(fee_units * SMALLEST[currency])
        more = with_fee(fee, currency) if fee_units else {}
        created = self.post("/v2/checkout/orders", order(unit(amount, currency, seller=parties[0], **more))).json
        self.post("/sandbox/approve", {"token": created["id"], "buyer": parties[1], "funding": funding})
        captured = self.post(f"/v2/checkout/orders/{created['id']}/capture")
        assert captured.status_code == 201, captured.text
        return captured.json["purchase_units"][0]["payments"]["captures"][0]

    def count_sale(self, capture: Any, buyer: str) -> None:
        breakdown, currency = capture["seller_receivable_breakdown"], capture["amount"]["currency_code"]
        fees = [fee["amount"]["value"] for fee in breakdown.get("platform_fees", [])]
        self.expect(currency, buyer, -Decimal(breakdown["gross_amount"]["value"]))
        self.expect(currency, capture["payee"]["email_address"], breakdown["net_amount"]["value"])
        self.expect(currency, "fees@paypal.example", breakdown["paypal_fee"]["value"])
        self.expect(currency, PARTNER_EMAIL, sum(map(Decimal, fees), Decimal(0)))

    @rule(
        target=captures,
        currency=st.sampled_from(sorted(SMALLEST)),
        units=st.integers(1, 500_000),
        share=st.integers(0, 100),
        parties=st.tuples(st.sampled_from(SELLERS), st.sampled_from(BUYERS)),
    )
    def sale(self, currency: str, units: int, share: int, parties: tuple[str, str]) -> Any:
        capture = self.sell(currency, units, units * share // 100, parties, "ok")
        self.count_sale(capture, parties[1])
        return capture["id"], parties, currency

    @rule(
        target=reviewed,
        units=st.integers(1, 500_000),
        parties=st.tuples(st.sampled_from(SELLERS), st.sampled_from(BUYERS)),
    )
    def sale_under_review(self, units: int, parties: tuple[str, str]) -> Any:
        capture = self.sell("USD", units, units // 3, parties, "review")
        return capture["id"], parties, "USD"

    @rule(target=captures, sale=consumes(reviewed), decision=st.sampled_from(["accept", "deny"]))
    def decide(self, sale: Any, decision: str) -> Any:
        self.post("/sandbox/review", {"capture": sale[0], "decision": decision})
        if decision == "deny":
            return multiple()
        shown = self.http.get(f"/paypal/v2/payments/captures/{sale[0]}", headers={"Authorization": self.bearer})
        self.count_sale(shown.json, sale[1][1])
        return sale

    @rule(sale=captures, units=st.one_of(st.none(), st.integers(1, 500_000)), fee_units=st.integers(0, 5_000))
    def refund(self, sale: Any, units: int | None, fee_units: int) -> None:
        capture_id, (seller, buyer), currency = sale
        body: dict[str, Any] = {}
        if units is not None:
            body["amount"] = money(str(units * SMALLEST[currency]), currency)
        if fee_units:
            body |= with_fee(str(fee_units * SMALLEST[currency]), currency)
        path = f"/v2/payments/captures/{capture_id}/refund"
        answer = self.post(path, body, **{"PayPal-Auth-Assertion": assertion(seller)})
        if answer.status_code != 201:
            allowed = {
                "CAPTURE_FULLY_REFUNDED",
                "REFUND_AMOUNT_EXCEEDED",
                "PLATFORM_FEE_EXCEEDED",
                "TRANSACTION_DISPUTED",
                "REFUND_NOT_PERMITTED_DUE_TO_CHARGEBACK",
            }
            assert {detail["issue"] for detail in answer.json["details"]} <= allowed
            return
        self.count_refund(answer.json, (seller, buyer))

    def count_refund(self, refund: Any, parties: tuple[str, str]) -> None:
        breakdown, currency = refund["seller_payable_breakdown"], refund["amount"]["currency_code"]
        fees = [fee["amount"]["value"] for fee in breakdown.get("platform_fees", [])]
        assert all(Decimal(breakdown[key]["value"]) >= 0 for key in ("net_amount", "paypal_fee"))
        self.expect(currency, parties[1], breakdown["gross_amount"]["value"])
        self.expect(currency, parties[0], -Decimal(breakdown["net_amount"]["value"]))
        self.expect(currency, "fees@paypal.example", -Decimal(breakdown["paypal_fee"]["value"]))
        self.expect(currency, PARTNER_EMAIL, -sum(map(Decimal, fees), Decimal(0)))

    @rule(sale=captures, units=st.one_of(st.none(), st.integers(1, 500_000)), outcome=st.sampled_from(OUTCOMES))
    def dispute(self, sale: Any, units: int | None, outcome: str) -> None:
        capture_id, parties, currency = sale
        amount = {} if units is None else {"amount": str(units * SMALLEST[currency])}
        opened = self.post("/sandbox/dispute", {"capture": capture_id, **amount})
        if opened.status_code != 201:
            assert amount  # more than the capture
            return
        ended = self.post("/sandbox/dispute/resolve", {"dispute": opened.json["dispute_id"], "outcome": outcome})
        if ended.status_code != 200:
            assert outcome == "ACCEPTED"  # and nothing is left to refund
            self.post("/sandbox/dispute/resolve", {"dispute": opened.json["dispute_id"], "outcome": "NONE"})
            return
        given = ended.json["dispute_outcome"].get("amount_refunded")
        if outcome == "ACCEPTED":
            refund = json.loads(self.http.get("/paypal/sandbox/state").text)["refunds"][-1]
            assert refund["amount"] == given
            self.count_refund(refund, parties)
        elif outcome in ("RESOLVED_BUYER_FAVOUR", "RESOLVED_WITH_PAYOUT"):
            payer = parties[0] if outcome == "RESOLVED_BUYER_FAVOUR" else "fees@paypal.example"
            self.expect(currency, parties[1], given["value"])
            self.expect(currency, payer, -Decimal(given["value"]))
        else:
            assert given is None

    def classic(self, operation: str, fields: dict[str, str]) -> dict[str, str]:
        """A call of the classic interface; the pairs of its answer."""
        headers = {name.replace("_", "-"): value for name, value in KEYS.items()}
        sent = urlencode({"requestEnvelope.errorLanguage": "en_US", **fields})
        answer = self.http.post(f"/paypal/AdaptivePayments/{operation}", data=sent, headers=headers)
        return dict(parse_qsl(answer.text))

    @rule(
        target=payments,
        currency=st.sampled_from(sorted(SMALLEST)),
        units=st.integers(1, 500_000),
        share=st.integers(0, 100),
        shape=st.sampled_from(["simple", "parallel", "chain"]),
        fees_payer=st.sampled_from(["EACHRECEIVER", "SENDER", "PRIMARYRECEIVER", "SECONDARYONLY"]),
        delayed=st.booleans(),
    )
    def classic_sale(self, currency: str, units: int, share: int, shape: str, fees_payer: str, delayed: bool) -> Any:
        amounts = [units, units * share // 100][: 1 if shape == "simple" else 2]
        receivers: dict[str, str] = {}
        for index, amount in enumerate(amounts):
            primary = {"primary": "true"} if shape == "chain" and index == 0 else {}
            receivers |= receiver(index, SELLERS[index], str(amount * SMALLEST[currency]), **primary)
        action = "PAY_PRIMARY" if delayed and shape == "chain" else "PAY"
        urls = {"returnUrl": "https://market.example", "cancelUrl": "https://market.example"}
        made = self.classic(
            "Pay", {"actionType": action, "currencyCode": currency, "feesPayer": fees_payer, **urls, **receivers}
        )
        if made["responseEnvelope.ack"] != "Success":
            # A share of nothing, or a rule of who pays that does not fit the shape.
            assert made["error(0).errorId"] == "580022"
            return multiple()
        self.post("/sandbox/approve", {"token": made["payKey"], "buyer": BUYERS[0]})
        if action == "PAY_PRIMARY":
            self.classic("ExecutePayment", {"payKey": made["payKey"]})
        payment = {"key": made["payKey"], "currency": currency, "shape": shape, "fees_payer": fees_payer}
        shown = self.shown(payment)
        assert shown["status"] == "COMPLETED"
        amounts_by_part = [Decimal(part["receiver"]["amount"]) for part in shown["paymentInfoList"]["paymentInfo"]]
        for index, (paid, fee) in enumerate(zip(amounts_by_part, map(Decimal, shown["fees"]), strict=True)):
            assert 0 <= fee <= paid
            self.count_part(payment, index, paid, fee)
        return payment

    def count_part(self, payment: Any, index: int, amount: Decimal, fee: Decimal) -> None:
        """What one receiver was paid, or with negative amounts gave back."""
        payer = SELLERS[0] if payment["shape"] == "chain" and index else BUYERS[0]
        by_sender = fee if payment["fees_payer"] == "SENDER" else Decimal(0)
        self.expect(payment["currency"], payer, -amount - by_sender)
        self.expect(payment["currency"], SELLERS[index], amount - fee + by_sender)
        self.expect(payment["currency"], "fees@paypal.example", fee)

    @rule(payment=payments, units=st.one_of(st.none(), st.integers(1, 500_000)), index=st.integers(0, 1))
    def classic_refund(self, payment: Any, units: int | None, index: int) -> None:
        fields = {"payKey": payment["key"]}
        if units is not None:
            amount = str(units * SMALLEST[payment["currency"]])
            fields |= {"currencyCode": payment["currency"], **receiver(0, SELLERS[index], amount)}
        answer = self.classic("Refund", fields)
        if answer["responseEnvelope.ack"] != "Success":
            assert answer["error(0).errorId"] in {"570012", "570013", "570014", "570015", "589037", "589041"}
            return
        at = "refundInfoList.refundInfo({}).{}"
        number = 0
        while (status := answer.get(at.format(number, "refundStatus"))) is not None:
            if status == "REFUNDED":
                gross, fee = (Decimal(answer[at.format(number, f"refund{name}Amount")]) for name in ("Gross", "Fee"))
                assert 0 <= fee <= gross
                who = SELLERS.index(answer[at.format(number, "receiver.email")])
                self.count_part(payment, who, -gross, -fee)
            else:
                assert status in ("ALREADY_REVERSED_OR_REFUNDED", "NOT_PROCESSED")
            number += 1

    @rule(payment=payments, action=st.sampled_from(["reverse", "cancel"]))
    def classic_reversal(self, payment: Any, action: str) -> None:
        before = self.shown(payment)
        answer = self.post("/sandbox/reversal", {"payment": payment["key"], "action": action})
        # In a chain only the first is asked: it was paid by the sender.
        asked = before["paymentInfoList"]["paymentInfo"][: 1 if payment["shape"] == "chain" else None]
        fit = [part for part in asked if (part["transactionStatus"] == "REVERSED") == (action == "cancel")]
        left = [Decimal(part["receiver"]["amount"]) - Decimal(part["refundedAmount"]) for part in fit]
        assert (answer.status_code == 200) == ((action == "cancel" and bool(fit)) or any(left))
        if answer.status_code == 200:
            for part, amount in zip(fit, left, strict=True):
                back = amount if action == "reverse" else -amount
                self.expect(payment["currency"], BUYERS[0], back)
                self.expect(payment["currency"], part["receiver"]["email"], -back)

    def shown(self, payment: Any) -> Any:
        """The payment as the state page shows it."""
        state = json.loads(self.http.get("/paypal/sandbox/state").text)
        return next(each for each in state["payments"] if each["payKey"] == payment["key"])

    def balances(self) -> dict[tuple[str, str], Decimal]:
        state = json.loads(self.http.get("/paypal/sandbox/state").text)
        return {
            (balance["currency_code"], account["email_address"]): Decimal(balance["value"])
            for account in state["accounts"]
            for balance in account["balances"]
        }

    @invariant()
    def books_agree(self) -> None:
        state = json.loads(self.http.get("/paypal/sandbox/state").text)
        balances = self.balances()
        for currency in SMALLEST:
            assert sum((amount for (of, _), amount in balances.items() if of == currency), Decimal(0)) == 0
        assert {who: amount for who, amount in balances.items() if amount} == {
            who: amount for who, amount in self.expected.items() if amount
        }
        for capture in state["captures"]:
            if capture["status"] in ("COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED"):
                self.adds_up(capture["seller_receivable_breakdown"])
        for refund in [*state["refunds"], *state["reversals"]]:
            self.adds_up(refund["seller_payable_breakdown"])

    @staticmethod
    def adds_up(breakdown: Any) -> None:
        fees = sum((Decimal(fee["amount"]["value"]) for fee in breakdown.get("platform_fees", [])), Decimal(0))
        parts = Decimal(breakdown["net_amount"]["value"]) + Decimal(breakdown["paypal_fee"]["value"]) + fees
        assert parts == Decimal(breakdown["gross_amount"]["value"])


TestTrade = pytest.mark.long(Trade.TestCase)
TestTrade.settings = settings(max_examples=25, stateful_step_count=20, deadline=None)


@given(st.decimals(min_value="0.01", max_value=rules_of_money.MAX_VALUE, places=2), st.integers(0, 100))
def test_paypals_fee_fits_between_the_platforms_and_the_amount(gross: Decimal, percent: int) -> None:
    platform = rules_of_money.quantize(gross * percent / 100, "USD")
    assume(platform <= gross)
    fee = rules_of_money.paypal_fee(Money("USD", gross), platform)
    assert 0 <= fee <= gross - platform
    assert fee == rules_of_money.quantize(fee, "USD")


@given(
    st.decimals(min_value="0.01", max_value=rules_of_money.MAX_VALUE, places=2),
    st.decimals(min_value="0.00", max_value=rules_of_money.MAX_VALUE, places=2),
)
def test_the_share_of_the_whole_is_the_whole(total: Decimal, whole: Decimal) -> None:
    assert rules_of_money.share(whole, total, total, "USD") == whole
