"""A pre-approval: the sender's consent to later payments, within dates, amounts and numbers."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from solitude_sandbox.paypal.classic import errors
from solitude_sandbox.paypal.classic.errors import ClassicError
from solitude_sandbox.paypal.classic.nvp import Tree
from solitude_sandbox.paypal.classic.payment import word
from solitude_sandbox.paypal.funding import Approval
from solitude_sandbox.paypal.money import Money, plain

ACTIVE, CANCELED, DEACTIVATED = "ACTIVE", "CANCELED", "DEACTIVED"  # the last is spelt so by PayPal

NO_PERIOD = "NO_PERIOD_SPECIFIED"
# Days of a period; it begins with the pre-approval, in UTC.
PERIODS = {"DAILY": 1, "WEEKLY": 7, "BIWEEKLY": 14, "SEMIMONTHLY": 15, "MONTHLY": 30, "ANNUALLY": 365}


@dataclass(frozen=True)
class Terms:
    """What the sender is asked to agree to."""

    starts: date
    ends: date
    total: Money
    per_payment: Money | None
    payments: int | None
    payments_per_period: int | None
    period: str
    sender_email: str | None
    memo: str | None
    return_url: str
    cancel_url: str
    ipn_url: str | None


@dataclass(eq=False)
class Preapproval:
    """`approval` is None until the sender agrees. `status` says whether it was taken back (CANCELED) or suspended."""

    key: str
    terms: Terms
    created: datetime
    status: str = ACTIVE
    approval: Approval | None = None
    payments: int = 0
    paid: Decimal = Decimal(0)
    period: int = 0
    payments_in_period: int = 0

    def check(self, amount: Money, now: datetime) -> Approval:
        """The consent to a payment of this amount; `ClassicError` if there is none."""
        terms = self.terms
        if self.status == CANCELED:
            raise ClassicError(errors.PREAPPROVAL_CANCELED)
        if self.status == DEACTIVATED:
            raise ClassicError(errors.PREAPPROVAL_SUSPENDED)
        if self.approval is None:
            raise ClassicError(errors.NOT_AUTHORIZED_YET)
        if not terms.starts <= now.date() <= terms.ends:
            raise ClassicError(errors.OUT_OF_DATE)
        if amount.currency != terms.total.currency:
            raise ClassicError(errors.OTHER_CURRENCY)
        if terms.per_payment is not None and amount.value > terms.per_payment.value:
            raise ClassicError(errors.OVER_PAYMENT_LIMIT)
        if self._reached(terms.payments, self.payments) or self._reached(
            terms.payments_per_period, self._in_period(now)
        ):
            raise ClassicError(errors.OVER_NUMBER_LIMIT)
        if self.paid + amount.value > terms.total.value:
            raise ClassicError(errors.OVER_TOTAL_LIMIT)
        return self.approval

    def count(self, amount: Money, now: datetime) -> None:
        """A payment was made by it."""
        self.payments_in_period = self._in_period(now) + 1
        self.period = self._period(now)
        self.payments += 1
        self.paid += amount.value

    def show(self, now: datetime) -> Tree:
        """PayPal's PreapprovalDetails."""
        terms = self.terms
        optional = {
            "maxAmountPerPayment": plain(terms.per_payment) if terms.per_payment is not None else None,
            "maxNumberOfPayments": _number(terms.payments),
            "maxNumberOfPaymentsPerPeriod": _number(terms.payments_per_period),
            "senderEmail": self.approval.buyer.email if self.approval is not None else terms.sender_email,
            "ipnNotificationUrl": terms.ipn_url,
            "memo": terms.memo,
        }
        return {
            "approved": word(self.approval is not None),
            "cancelUrl": terms.cancel_url,
            "curPayments": str(self.payments),
            "curPaymentsAmount": plain(terms.total.with_value(self.paid)),
            "curPeriodAttempts": str(self._in_period(now)),
            "curPeriodEndingDate": f"{self._period_ends(now)}T23:59:59.000Z",
            "currencyCode": terms.total.currency,
            "dateOfMonth": "0",
            "dayOfWeek": "NO_DAY_SPECIFIED",
            "startingDate": f"{terms.starts}T00:00:00.000Z",
            "endingDate": f"{terms.ends}T23:59:59.000Z",
            "maxTotalAmountOfAllPayments": plain(terms.total),
            "paymentPeriod": terms.period,
            "pinType": "NOT_REQUIRED",
            "returnUrl": terms.return_url,
            "status": self.status,
            **{name: value for name, value in optional.items() if value is not None},
        }

    def _in_period(self, now: datetime) -> int:
        return self.payments_in_period if self._period(now) == self.period else 0

    def _period(self, now: datetime) -> int:
        """The number of the period, 0 for the first."""
        days = PERIODS.get(self.terms.period)
        return (now.date() - self.terms.starts).days // days if days is not None else 0

    def _period_ends(self, now: datetime) -> date:
        days = PERIODS.get(self.terms.period)
        if days is None:
            return self.terms.ends
        last = self.terms.starts + timedelta(days=days * (self._period(now) + 1) - 1)
        return min(last, self.terms.ends)

    @staticmethod
    def _reached(limit: int | None, number: int) -> bool:
        return limit is not None and number >= limit


def _number(value: int | None) -> str | None:
    return str(value) if value is not None else None
