"""The bench on which a provider is tried: a marketplace, the provider, and what each has in its books."""

import time
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, cast

from django.db.models import F
from tests.conformance.adapter import Adapter, Consent, Funding, Message, Seller, Simulated, Sums
from tests.payments.passing import make_due
from tests.support.marketplace import Answer, Marketplace

from solitude import worker
from solitude.payments.models import WAITING, Notification
from solitude.payments.refund import UNDER_WAY
from solitude.transactions.models import PAID, Status, Type

AMOUNT = "12.34"
PATIENCE_S = 20


@dataclass(frozen=True, slots=True)
class State:
    """A payment as the API shows it; `money` is what was taken and what has gone back, None before anything was taken."""

    status: Status
    outcome: str
    money: tuple[str | None, str | None]

    @property
    def is_paid(self) -> bool:
        return self.status in PAID


NOTHING_TAKEN = (None, None)


@dataclass
class Bench:
    shop: Marketplace
    at: Adapter

    @property
    def there(self) -> Simulated:
        """The provider where the kit can do something to it: a test that uses this says that it needs to."""
        return cast(Simulated, self.at)

    @cached_property
    def product(self) -> str:
        return self.at.product(self.shop, Seller.ORDINARY)

    # --- payments ---

    def pay(self, amount: str = AMOUNT, *, seller: Seller | None = None, **more: Any) -> Answer:
        product = self.at.product(self.shop, seller) if seller else self.product
        return self.at.pay(self.shop, product, amount, **more)

    def approved(self, amount: str = AMOUNT, funding: Funding = Funding.GOOD, **more: Any) -> Answer:
        """A payment that its buyer has just approved."""
        payment = self.pay(amount, **more)
        assert payment.status == 201, payment
        self.at.approve(self.url(payment), funding)
        return payment

    def paid(self, amount: str = AMOUNT, **more: Any) -> Answer:
        """A payment that was taken: by a pre-approval where there is one already, so that nobody has to be asked."""
        stored = self.at.stored_buyer(self.shop)
        if stored:
            payment = self.pay(amount, buyer=stored, **more)
        else:
            payment = self.approved(amount, **more)
            self.check(payment)
        assert self.state(payment).is_paid, payment
        return payment

    def check(self, payment: Answer) -> Answer:
        return self.at.check(self.shop, payment["uuid"])

    def cancel(self, payment: Answer) -> Answer:
        return self.at.cancel(self.shop, payment["uuid"])

    def refund(self, payment: Answer, amount: str = "", **more: Any) -> Answer:
        return self.at.refund(self.shop, payment["uuid"], amount, **more)

    def refund_in_turn(self, payment: Answer, amount: str) -> Answer:
        """As a marketplace does that is told to come back: some providers take one refund of a payment after the other."""
        until = time.monotonic() + PATIENCE_S
        while (answer := self.refund(payment, amount)).status == 409 and answer["code"] == UNDER_WAY:
            assert time.monotonic() < until, "the refund before this one does not end"
        return answer

    # --- pre-approvals ---

    def consent(self, buyer: str = "") -> tuple[str, Consent]:
        """A buyer and the question to this buyer."""
        uuid = buyer or str(self.shop.buyer()["uuid"])
        return uuid, self.at.ask_consent(self.shop, uuid)

    def buyer(self, funding: Funding = Funding.GOOD) -> str:
        """A buyer whose pre-approval is stored."""
        stored = self.at.stored_buyer(self.shop) if funding == Funding.GOOD else ""
        if stored:
            return stored
        uuid, consent = self.consent()
        self.at.approve(consent.url, funding)
        assert self.at.store_credential(self.shop, consent).status == 202
        return uuid

    # --- what is known ---

    def row(self, answer: Answer) -> dict[str, Any]:
        return self.shop.transaction(answer["transaction"])

    def url(self, payment: Answer) -> str:
        """Where the buyer approves."""
        return str(self.row(payment)["pay_url"])

    def name(self, payment: Answer) -> str:
        """The provider's own name of a payment."""
        return str(self.row(payment)["uid_pay"])

    def state(self, payment: Answer) -> State:
        row = self.row(payment)
        return State(Status(row["status"]), row["outcome"], (row["captured_amount"], row["refunded_amount"]))

    def returns(self, payment: Answer) -> list[tuple[Type, Status, str]]:
        """Refunds and reversals of a payment, the oldest first."""
        relations = reversed(self.row(payment)["relations"])
        return [(Type(each["type"]), Status(each["status"]), each["amount"]) for each in relations]

    def events(self, *types: str) -> list[str]:
        """The types of the feed's events, or those among these."""
        return [event for event in self.shop.event_types() if not types or event in types]

    def money_moved(self) -> int:
        """How often the provider took money."""
        return len(self.at.books(self._ours()))

    # --- what happens by itself ---

    def forward_all(self) -> list[Answer]:
        """The marketplace hands on whatever the provider has told it."""
        return [self.forward(message) for message in self.there.told()]

    def forward(self, message: Message) -> Answer:
        answer = self.there.forward(self.shop, message)
        assert answer.status in (200, 201), answer
        return answer

    def worker(self) -> None:
        """Whatever waits comes due and is done."""
        make_due()
        Notification.objects.filter(state__in=WAITING).update(next_try_at=F("received_at"))
        jobs = worker.all_jobs()
        while sum(job() for job in jobs):
            pass

    def expect_equal_books(self) -> None:
        """To the cent: what we think was taken and went back is what the provider has, and nothing else."""
        ours = self._ours()
        assert self.at.books(ours) == ours

    def _ours(self) -> dict[str, Sums]:
        rows = self.shop.get("/generic/transaction/?limit=100")["objects"]
        return {
            row["uid_pay"]: Sums(Decimal(row["captured_amount"]), Decimal(row["refunded_amount"]))
            for row in rows
            if row["type"] == Type.PAYMENT and row["captured_amount"] is not None
        }
