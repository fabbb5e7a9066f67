"""Transactions: sales, and the credits that refund them. A status is moved by `Transaction.move`, which writes its history."""

from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from solitude_sandbox.braintree import nonces
from solitude_sandbox.braintree.accounts import MERCHANT_ACCOUNTS
from solitude_sandbox.braintree.books import Books
from solitude_sandbox.braintree.cards import Card, Instrument
from solitude_sandbox.braintree.errors import missing
from solitude_sandbox.braintree.global_ids import global_id
from solitude_sandbox.braintree.processor import (
    AUTHORIZATION_EXPIRED,
    AUTHORIZED,
    FAILED,
    GATEWAY_REJECTED,
    PROCESSOR_DECLINED,
    Verdict,
    text_of,
)
from solitude_sandbox.braintree.xml import Items
from solitude_sandbox.clock import stamp
from solitude_sandbox.control import Json

if TYPE_CHECKING:
    from solitude_sandbox.braintree.dispute import Dispute

SALE, CREDIT = "sale", "credit"
SUBMITTED, SETTLING, SETTLED = "submitted_for_settlement", "settling", "settled"
SETTLEMENT_PENDING, SETTLEMENT_CONFIRMED = "settlement_pending", "settlement_confirmed"
SETTLEMENT_DECLINED, VOIDED = "settlement_declined", "voided"
# Those in which no money moves, nor will.
NOTHING = frozenset({PROCESSOR_DECLINED, GATEWAY_REJECTED, FAILED, AUTHORIZATION_EXPIRED, SETTLEMENT_DECLINED, VOIDED})
CENT = Decimal("0.01")


@dataclass(frozen=True)
class Payer:
    """Who pays with what; `token` and `customer_id` are those of the vault, if it comes from there."""

    instrument: Instrument
    token: str | None = None
    customer_id: str | None = None


@dataclass(frozen=True)
class Period:
    """What a transaction says of the subscription that it is a charge of."""

    subscription_id: str
    plan_id: str
    first_day: date
    last_day: date


@dataclass(frozen=True)
class StatusEvent:
    """A line of the history."""

    at: datetime
    status: str
    amount: Decimal

    def show(self) -> Json:
        """As the API shows it."""
        return {
            "timestamp": self.at,
            "status": self.status,
            "amount": self.amount,
            "user": "sandbox",
            "transaction_source": "api",
        }


@dataclass
class Transaction:
    """`amount` is what was asked for, or if less was submitted that. `left` is what can still be refunded. `submit`: the money is to be
    taken as soon as the bank gives it."""

    id: str
    type: str
    amount: Decimal
    account: str
    payer: Payer
    created: datetime
    updated: datetime
    order_id: str | None = None
    descriptor: Json = field(default_factory=dict)
    recurring: bool = False
    period: Period | None = None
    submit: bool = True
    status: str = ""
    history: list[StatusEvent] = field(default_factory=list)
    verdict: Verdict = field(default_factory=lambda: Verdict(AUTHORIZED, "1000"))
    authorization_code: str | None = None
    settlement_code: str = ""
    refunded_id: str | None = None
    refunds: list["Transaction"] = field(default_factory=list)
    disputes: list["Dispute"] = field(default_factory=list)

    @property
    def currency(self) -> str:
        """That of the merchant account."""
        return MERCHANT_ACCOUNTS[self.account]

    @property
    def left(self) -> Decimal:
        """What is not refunded, nor about to be."""
        return self.amount - sum((each.amount for each in self.refunds if each.status not in NOTHING), Decimal(0))

    @property
    def came_to_nothing(self) -> bool:
        """Whether the bank, the gateway or the processor refused it."""
        return self.status in (PROCESSOR_DECLINED, GATEWAY_REJECTED, FAILED)

    def move(self, status: str, now: datetime) -> None:
        """Another status, and a line in the history."""
        self.status, self.updated = status, now
        self.history.append(StatusEvent(now, status, self.amount))

    def show(self, books: Books) -> Json:
        """The resource."""
        customer = books.customers.get(self.payer.customer_id) if self.payer.customer_id is not None else None
        return {
            "id": self.id,
            "global_id": global_id("transaction", self.id),
            "type": self.type,
            "status": self.status,
            "amount": self.amount,
            "currency_iso_code": self.currency,
            "merchant_account_id": self.account,
            "order_id": self.order_id,
            "created_at": self.created,
            "updated_at": self.updated,
            "customer": customer.brief() if customer is not None else {"id": self.payer.customer_id},
            "descriptor": {name: self.descriptor.get(name) for name in ("name", "phone", "url")},
            "recurring": self.recurring,
            "refund_id": self.refunds[-1].id if self.refunds else None,
            "refund_ids": Items("item", [each.id for each in self.refunds]),
            "refunded_transaction_id": self.refunded_id,
            "status_history": Items("status_event", [each.show() for each in self.history]),
            "add_ons": Items("add_on", ()),
            "discounts": Items("discount", ()),
            "disputes": Items("dispute", [each.show() for each in self.disputes]),
            "settlement_batch_id": self._batch(),
            **self._processor(),
            **self._instrument(),
            **self._subscription(),
        }

    def _processor(self) -> Json:
        """What bank and gateway have said."""
        by_card = isinstance(self.payer.instrument, Card)
        return {
            "avs_error_response_code": None,
            "avs_postal_code_response_code": "I" if by_card else None,
            "avs_street_address_response_code": "I" if by_card else None,
            "cvv_response_code": self.verdict.cvv if by_card else None,
            "gateway_rejection_reason": self.verdict.reason,
            "processor_authorization_code": self.authorization_code,
            "processor_response_code": self.verdict.code,
            "processor_response_text": self.verdict.text,
            "processor_response_type": self.verdict.type,
            "additional_processor_response": None,
            "processor_settlement_response_code": self.settlement_code,
            "processor_settlement_response_text": text_of(self.settlement_code),
        }

    def _instrument(self) -> Json:
        """What it was paid with."""
        shown = self.payer.instrument.show() | {"token": self.payer.token}
        by_card = isinstance(self.payer.instrument, Card)
        return {
            "payment_instrument_type": self.payer.instrument.instrument_type,
            "credit_card" if by_card else "paypal": shown,
        }

    def _subscription(self) -> Json:
        """What it was a charge of."""
        period = self.period
        return {
            "plan_id": period.plan_id if period is not None else None,
            "subscription_id": period.subscription_id if period is not None else None,
            "subscription": {
                "billing_period_start_date": period.first_day if period is not None else None,
                "billing_period_end_date": period.last_day if period is not None else None,
            },
        }

    def _batch(self) -> str | None:
        """The day's settlement that it went with."""
        settled = next((each.at for each in self.history if each.status == SETTLED), None)
        return f"{settled:%Y-%m-%d}_{self.account}" if settled is not None else None

    def as_json(self) -> Json:
        """For the state page and the console."""
        return {
            "id": self.id,
            "type": self.type,
            "status": self.status,
            "amount": str(self.amount),
            "currency": self.currency,
            "left": str(self.left),
            "merchant_account_id": self.account,
            "order_id": self.order_id,
            "customer_id": self.payer.customer_id,
            "token": self.payer.token,
            "paid_with": nonces.described(self.payer.instrument),
            "response": self.verdict.code or self.verdict.reason,
            "refunded_transaction_id": self.refunded_id,
            "refund_ids": [each.id for each in self.refunds],
            "subscription_id": self.period.subscription_id if self.period is not None else None,
            "created": stamp(self.created),
            "history": [{"at": stamp(each.at), "status": each.status} for each in self.history],
        }


def found(books: Books, identifier: str) -> Transaction:
    """The transaction with this id; 404 if there is none."""
    transaction = books.transactions.get(identifier)
    if transaction is None:
        raise missing()
    return transaction
