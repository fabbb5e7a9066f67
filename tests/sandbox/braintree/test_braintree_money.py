"""Whatever is subscribed to, paid, refused and refunded, in any order: every month is paid once or owed, and no cent comes from nowhere."""

import json
from collections import Counter, defaultdict
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule
from tests.support.braintree import MERCHANT_ID, PRIVATE_KEY, PUBLIC_KEY
from werkzeug.test import Client

from solitude_sandbox import create_app
from solitude_sandbox.braintree.transactions import NOTHING

PRICES = st.decimals("0.01", "99.99", places=2).map(str)


class Months(RuleBasedStateMachine):
    """Lets months pass, cards fail and sellers refund at random; the gateway's own books must agree with each other."""

    cards = Bundle("cards")
    subscriptions = Bundle("subscriptions")

    def __init__(self) -> None:
        super().__init__()
        self.app = create_app(seed=1)
        self.http = Client(self.app)
        self.numbers = Counter[str]()

    def teardown(self) -> None:
        self.app.close()

    def ask(self, method: str, path: str, root: str = "", **fields: str) -> tuple[int, ElementTree.Element | None]:
        """A call of the gateway: the status, and the answer."""
        body = ElementTree.Element(root or "none")
        for name, value in fields.items():
            ElementTree.SubElement(body, name).text = value
        answer = self.http.open(
            f"/braintree/merchants/{MERCHANT_ID}{path}",
            method=method,
            data=ElementTree.tostring(body) if root else b"",
            headers={"X-ApiVersion": "6"},
            auth=(PUBLIC_KEY, PRIVATE_KEY),
        )
        return answer.status_code, ElementTree.fromstring(answer.text) if answer.text else None  # noqa: S314 - our own

    def control(self, name: str, **body: Any) -> int:
        return self.http.post(f"/braintree/sandbox/{name}", data=json.dumps(body)).status_code

    def state(self) -> Any:
        return json.loads(self.http.get("/braintree/sandbox/state").text)

    @rule(target=cards)
    def store(self) -> str:
        _, customer = self.ask("POST", "/customers", "customer")
        assert customer is not None
        number = str(customer.findtext("id"))
        fields = {"customer_id": number, "payment_method_nonce": "fake-valid-nonce"}
        status, card = self.ask("POST", "/payment_methods", "payment_method", **fields)
        assert (status, card is not None) == (201, True)
        return str(card.findtext("token") if card is not None else "")

    @rule(target=subscriptions, card=cards, price=PRICES)
    def subscribe(self, card: str, price: str) -> str:
        fields = {"payment_method_token": card, "plan_id": "mozilla-concrete-brick", "price": price}
        status, made = self.ask("POST", "/subscriptions", "subscription", **fields)
        assert status in (201, 422)
        self.numbers["subscriptions"] += status == 201
        return str(made.findtext("id")) if status == 201 and made is not None else ""

    @rule(card=cards, behaviour=st.sampled_from(["good", "declined"]))
    def behave(self, card: str, behaviour: str) -> None:
        assert self.control("method", token=card, behaviour=behaviour) in (200, 400)

    @rule(card=consumes(cards))
    def delete(self, card: str) -> None:
        assert self.ask("DELETE", f"/payment_methods/any/{card}")[0] == 200

    @rule(subscription=subscriptions, action=st.sampled_from(["renew", "retry", "cancel"]))
    def act(self, subscription: str, action: str) -> None:
        assert self.control("subscription", subscription=subscription, action=action) in (200, 400)

    @rule(days=st.integers(1, 70))
    def wait(self, days: int) -> None:
        assert self.control("clock", advance_s=days * 86_400) == 200

    @rule(number=st.integers(0, 5), amount=PRICES)
    def refund(self, number: int, amount: str) -> None:
        sales = [each for each in self.state()["transactions"] if each["type"] == "sale"]
        if number < len(sales):
            path = f"/transactions/{sales[number]['id']}/refund"
            status, _ = self.ask("POST", path, "transaction", amount=amount)
            left = Decimal(sales[number]["left"])
            assert (status == 201) == (sales[number]["status"] == "settled" and Decimal(amount) <= left)

    @invariant()
    def every_period_is_paid_once_or_owed(self) -> None:
        books = self.state()
        assert len(books["subscriptions"]) == self.numbers["subscriptions"]
        paid: defaultdict[str, Decimal] = defaultdict(Decimal)
        for each in books["transactions"]:
            if each["subscription_id"] and each["status"] not in NOTHING:
                paid[each["subscription_id"]] += Decimal(each["amount"])
        for each in books["subscriptions"]:
            assert paid[each["id"]] + Decimal(each["balance"]) == each["cycle"] * Decimal(each["price"])
            assert (each["status"] == "Past Due") <= (Decimal(each["balance"]) > 0)

    @invariant()
    def nothing_is_given_back_twice(self) -> None:
        transactions = {each["id"]: each for each in self.state()["transactions"]}
        for each in transactions.values():
            given = [Decimal(transactions[refund]["amount"]) for refund in each["refund_ids"]]
            assert Decimal(each["left"]) == Decimal(each["amount"]) - sum(given) >= 0


TestMonths = pytest.mark.long(Months.TestCase)
TestMonths.settings = settings(max_examples=15, stateful_step_count=25, deadline=None)
