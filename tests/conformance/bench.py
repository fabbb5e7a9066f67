"""The bench on which a provider is tried: a marketplace, the provider, and what each has in its books."""

import time
from dataclasses import dataclass
from decimal import Decimal
from functools import cached_property
from typing import Any, cast

from django.db.models import F
from tests.conformance.adapter import Adapter, Consent, Funding, Loss, Message, Seller, Simulated, Sums
from tests.conformance.said import Said
from tests.payments.passing import make_due
from tests.support.marketplace import Answer, Marketplace

from solitude import worker
from solitude.payments.contract import Capability, Operation
from solitude.payments.models import WAITING, Notification
from solitude.transactions.models import PAID, Status, Type

AMOUNT = "12.34"
PATIENCE_S = 20
# What a notification may come to that is the provider's own.
TAKEN_IN = {Said.DONE, Said.KNOWN, Said.KEPT, Said.NO_CONCERN, Said.NOT_THERE_YET}


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


def name_of(row: dict[str, Any]) -> str:
    """Where a payment and what was taken by it are one to a provider, its people know it by the same name."""
    return str(row["uid_pay"] or row["uid_support"])


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
        assert self.said(payment) == Said.DONE, payment
        self.at.approve(self.url(payment), funding)
        return payment

    def at_several_prices(self) -> Answer:
        """A payment whose buyer may choose: the amount in the provider's currency, or 14.00 in USD."""
        payment = self.there.offer(self.shop, self.product, {self.at.currency: AMOUNT, "USD": "14.00"})
        assert self.said(payment) == Said.DONE, payment
        return payment

    def paid(self, amount: str = AMOUNT, **more: Any) -> Answer:
        """A payment that was taken: by a pre-approval where there is one already, so that nobody has to be asked."""
        payment = self.pay(amount, buyer=self.at.stored_buyer(self.shop), **more)
        self.finish(payment)
        assert self.state(payment).is_paid, payment
        return payment

    def takes_nothing_of(self, buyer: str) -> bool:
        """Whether a payment by what is stored of a buyer comes to nothing: it waits for its buyer, or is refused."""
        payment = self.pay(buyer=buyer)
        if "transaction" not in payment.json:
            return self.said(payment) == Said.REFUSED
        return not self.state(payment).is_paid

    def finish(self, payment: Answer) -> None:
        """Its buyer approves a payment and comes back, unless it is paid already."""
        if not self.state(payment).is_paid:
            self.at.approve(self.url(payment))
            self.check(payment)

    def untaken(self) -> Answer:
        """A payment that was begun, and for which nothing was taken: its buyer has not approved it, or cannot pay."""
        return self.pay(buyer="" if self.can(Capability.APPROVAL) else self.buyer(Funding.DECLINED))

    def unheard(self) -> Answer:
        """A payment that was taken, and nobody but the provider knows."""
        if self.can(Capability.STORED_CREDENTIAL):
            buyer = self.buyer()
            self.there.lose(Operation.PAY, Loss.TORN)
            payment = self.pay(buyer=buyer)
            assert self.said(payment) == Said.UNKNOWN
            return payment
        payment = self.approved()
        if self.can(Capability.CAPTURE):
            self.there.lose(Operation.CAPTURE, Loss.TORN)
            assert self.said(self.check(payment)) == Said.UNKNOWN
        return payment

    def check(self, payment: Answer) -> Answer:
        return self.at.check(self.shop, payment["uuid"])

    def brought(self, payment: Answer) -> Message:
        return self.there.brought(self.shop, payment["uuid"])

    def check_refund(self, refund: Answer) -> Answer:
        return self.at.check_refund(self.shop, refund["uuid"])

    def cancel(self, payment: Answer) -> Answer:
        return self.at.cancel(self.shop, payment["uuid"])

    def void(self, payment: Answer) -> Answer:
        return self.at.void(self.shop, payment["uuid"])

    def refund(self, payment: Answer, amount: str = "", **more: Any) -> Answer:
        return self.at.refund(self.shop, payment["uuid"], amount, **more)

    def refund_in_turn(self, payment: Answer, amount: str) -> Answer:
        """As a marketplace does that is told to come back: some providers take one refund of a payment after the other."""
        until = time.monotonic() + PATIENCE_S
        while self.said(answer := self.refund(payment, amount)) == Said.UNDER_WAY:
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
        assert self.said(self.at.store_credential(self.shop, consent)) == Said.DONE
        return uuid

    def known_buyer(self) -> str:
        """One who need not be asked again, where there can be such; else empty."""
        return self.buyer() if self.can(Capability.STORED_CREDENTIAL) else ""

    # --- what is known ---

    def can(self, capability: Capability) -> bool:
        return capability in self.at.capabilities

    def said(self, answer: Answer) -> Said:
        return self.at.said(answer)

    def row(self, answer: Answer) -> dict[str, Any]:
        return self.shop.transaction(answer["transaction"])

    def url(self, payment: Answer) -> str:
        """Where the buyer approves."""
        return str(self.row(payment)["pay_url"])

    def name(self, payment: Answer) -> str:
        """The provider's own name of a payment."""
        return name_of(self.row(payment))

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

    def forward_all(self) -> list[Said]:
        """The marketplace hands on whatever the provider has told it."""
        return [self.forward(message) for message in self.there.told()]

    def forward(self, message: Message) -> Said:
        """Of one that is the provider's own, whatever has come before it."""
        said = self.said(self.there.forward(self.shop, message))
        assert said in TAKEN_IN, said
        return said

    def forge(self, message: Message) -> None:
        """One that is not the provider's: nobody believes it, and nothing moves."""
        before, told = self._all(), self.events()
        answer = self.there.forward(self.shop, message)
        assert self.said(answer) in (Said.FORGED, Said.CONTRADICTS), (answer, message)
        assert (self._all(), self.events()) == (before, told)

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
        return {
            name_of(row): Sums(Decimal(row["captured_amount"]), Decimal(row["refunded_amount"]), row["currency"])
            for row in self._all()
            if row["type"] == Type.PAYMENT and row["captured_amount"] is not None
        }

    def _all(self) -> list[dict[str, Any]]:
        return list(self.shop.get("/generic/transaction/?limit=100")["objects"])
