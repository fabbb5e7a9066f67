"""A subscription: a card that pays a plan's price, period by period."""

from collections import deque
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Final

from solitude_sandbox.braintree.books import Books
from solitude_sandbox.braintree.global_ids import global_id
from solitude_sandbox.braintree.months import months_later
from solitude_sandbox.braintree.plan import Plan
from solitude_sandbox.braintree.transactions import Payer, Period, Transaction
from solitude_sandbox.braintree.xml import Items
from solitude_sandbox.clock import stamp
from solitude_sandbox.control import Json

ACTIVE, PAST_DUE, CANCELED, EXPIRED = "Active", "Past Due", "Canceled", "Expired"
ENDED = (CANCELED, EXPIRED)
# Who changed a status.
API, RECURRING = "api", "recurring"
# So many of its transactions a subscription shows, and so many changes of its status.
SHOWN_LIMIT = 20
NOTHING: Final = Decimal("0.00")


@dataclass
class Subscription:
    """`balance` is what is owed, since the day `past_due_since`. `next` is the day on which the next period begins."""

    id: str
    plan: Plan
    price: Decimal
    account: str
    payer: Payer
    descriptor: Json
    created: datetime
    billing_day_of_month: int
    number_of_billing_cycles: int | None
    first: date
    start: date
    next: date
    updated: datetime
    balance: Decimal
    status: str = ""
    cycle: int = 1
    failures: int = 0
    past_due_since: date | None = None
    paid_through: date | None = None
    transactions: deque[Transaction] = field(default_factory=lambda: deque(maxlen=SHOWN_LIMIT))
    history: deque[Json] = field(default_factory=lambda: deque(maxlen=SHOWN_LIMIT))

    @property
    def ended(self) -> bool:
        """Whether nothing will be charged any more."""
        return self.status in ENDED

    @property
    def last_cycle(self) -> bool:
        """Whether no other period follows."""
        return self.number_of_billing_cycles is not None and self.cycle >= self.number_of_billing_cycles

    def become(self, status: str, now: datetime, source: str) -> None:
        """Change its status, and remember that it did."""
        self.status, self.updated = status, now
        self.history.appendleft(
            {
                "timestamp": now,
                "status": status,
                "user": None,
                "subscription_source": source,
                "price": self.price,
                "balance": self.balance,
                "plan_id": self.plan.id,
                "currency_iso_code": self.plan.currency_iso_code,
            }
        )

    @property
    def end(self) -> date:
        """The last day of the period."""
        return self.next - timedelta(days=1)

    @property
    def period(self) -> Period:
        """What a charge says that it is for."""
        return Period(self.id, self.plan.id, self.start, self.end)

    def turn_over(self) -> None:
        """The next period begins."""
        self.start = self.next
        self.next = months_later(self.start, self.plan.billing_frequency, self.billing_day_of_month)
        self.cycle += 1

    def show(self, books: Books, now: datetime) -> Json:
        """The resource."""
        return {
            "id": self.id,
            "global_id": global_id("subscription", self.id),
            "add_ons": Items("add_on", ()),
            "discounts": Items("discount", ()),
            "balance": self.balance,
            "billing_day_of_month": self.billing_day_of_month,
            "billing_period_start_date": self.start,
            "billing_period_end_date": self.end,
            "created_at": self.created,
            "updated_at": self.updated,
            "current_billing_cycle": self.cycle,
            "days_past_due": (now.date() - self.past_due_since).days if self.past_due_since is not None else None,
            "description": None,
            "descriptor": {name: self.descriptor.get(name) for name in ("name", "phone", "url")},
            "failure_count": self.failures,
            "first_billing_date": self.first,
            "merchant_account_id": self.account,
            "never_expires": self.number_of_billing_cycles is None,
            "next_bill_amount": self.price + self.balance,
            "next_billing_period_amount": self.price,
            "next_billing_date": self.next,
            "number_of_billing_cycles": self.number_of_billing_cycles,
            "paid_through_date": self.paid_through,
            "payment_method_token": self.payer.token,
            "plan_id": self.plan.id,
            "price": self.price,
            "status": self.status,
            "status_history": Items("status_event", self.history),
            "transactions": Items("transaction", [each.show(books) for each in self.transactions]),
            "trial_duration": None,
            "trial_duration_unit": None,
            "trial_period": False,
        }

    def as_json(self) -> Json:
        """For the state page."""
        return {
            "id": self.id,
            "status": self.status,
            "plan_id": self.plan.id,
            "price": str(self.price),
            "currency": self.plan.currency_iso_code,
            "balance": str(self.balance),
            "token": self.payer.token,
            "cycle": self.cycle,
            "failures": self.failures,
            "next_billing_date": self.next.isoformat(),
            "created": stamp(self.created),
            "transactions": [each.id for each in self.transactions],
        }
