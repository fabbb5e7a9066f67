"""Whatever is sold, refunded and disputed, in any order: no cent is made, lost or counted twice."""

import json
from collections import defaultdict
from decimal import Decimal
from typing import Any

import hypothesis.strategies as st
from hypothesis import assume, given, settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, multiple, rule
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

    @invariant()
    def books_agree(self) -> None:
        state = json.loads(self.http.get("/paypal/sandbox/state").text)
        balances = {
            (balance["currency_code"], account["email_address"]): Decimal(balance["value"])
            for account in state["accounts"]
            for balance in account["balances"]
        }
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


TestTrade = Trade.TestCase
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
