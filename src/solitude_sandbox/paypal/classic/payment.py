"""A payment to one or more receivers: parallel to each, or chained, where the first is paid all and pays the others."""

from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import TYPE_CHECKING

from solitude_sandbox.paypal import money
from solitude_sandbox.paypal.accounts import Account, Accounts
from solitude_sandbox.paypal.classic.nvp import Tree
from solitude_sandbox.paypal.funding import Approval
from solitude_sandbox.paypal.money import Money, plain
from solitude_sandbox.paypal.times import stamp_ms

if TYPE_CHECKING:
    from solitude_sandbox.paypal.classic.refund import PartRefund

# Of the payment.
CREATED, COMPLETED, INCOMPLETE, PENDING, ERROR, EXPIRED = (
    "CREATED",
    "COMPLETED",
    "INCOMPLETE",
    "PENDING",
    "ERROR",
    "EXPIRED",
)
# Of a part only.
DENIED, FAILED, REVERSED, REFUNDED, PARTIALLY_REFUNDED = (
    "DENIED",
    "FAILED",
    "REVERSED",
    "REFUNDED",
    "PARTIALLY_REFUNDED",
)

PAY, CREATE, PAY_PRIMARY = "PAY", "CREATE", "PAY_PRIMARY"
SENDER, EACH, PRIMARY_ONLY, SECONDARY_ONLY = "SENDER", "EACHRECEIVER", "PRIMARYRECEIVER", "SECONDARYONLY"

PAY_KEY_LIFE = timedelta(hours=3)


@dataclass(eq=False)
class Part:
    """What one receiver gets. `outcome` is None until it was tried; refunds and reversals change `status` only."""

    receiver: Account
    amount: Money
    primary: bool
    invoice_id: str | None
    payment_type: str
    fee: Decimal = Decimal(0)
    transaction_id: str = ""
    sender_transaction_id: str = ""
    outcome: str | None = None
    refunds: list["PartRefund"] = field(default_factory=list)
    reversed: bool = False

    @property
    def refunded(self) -> Decimal:
        """What has been refunded so far, pending refunds too."""
        return sum((refund.amount for refund in self.refunds), Decimal(0))

    @property
    def left(self) -> Decimal:
        """What can still be refunded."""
        return self.amount.value - self.refunded

    def cleared(self, now: datetime) -> list["PartRefund"]:
        """The refunds that do not wait for an eCheck."""
        return [refund for refund in self.refunds if not refund.pending(now)]

    def status(self, now: datetime) -> str:
        """PayPal's transactionStatus; a refund counts once it has cleared."""
        if self.reversed:
            return REVERSED
        back = sum((refund.amount for refund in self.cleared(now)), Decimal(0))
        if self.outcome != COMPLETED or not back:
            return self.outcome or ""
        return REFUNDED if back == self.amount.value else PARTIALLY_REFUNDED


@dataclass(eq=False)
class Payment:
    """States: CREATED -> COMPLETED, PENDING (until a review ends), ERROR, or EXPIRED if nobody approves it in time.

    A delayed chain (PAY_PRIMARY) is INCOMPLETE while only its primary receiver has been paid.
    """

    pay_key: str
    tracking_id: str | None
    action: str
    currency: str
    fees_payer: str
    parts: list[Part]
    return_url: str
    cancel_url: str
    ipn_url: str | None
    memo: str | None
    preapproval_key: str | None
    created: datetime
    state: str = CREATED
    approval: Approval | None = None

    @property
    def primary(self) -> Part | None:
        """The primary receiver's part in a chain, None if the receivers are paid in parallel."""
        return next((part for part in self.parts if part.primary), None)

    @property
    def gross(self) -> Money:
        """What the sender pays, without a fee."""
        if self.primary is not None:
            return self.primary.amount
        return Money(self.currency, sum((part.amount.value for part in self.parts), Decimal(0)))

    @property
    def expires(self) -> datetime:
        """When the pay key ends if nobody approves."""
        return self.created + PAY_KEY_LIFE

    def status(self, now: datetime) -> str:
        """PayPal's paymentExecStatus."""
        return EXPIRED if self.state == CREATED and now >= self.expires else self.state

    def share_fees(self) -> None:
        """Write down what each part costs, by the rule of `fees_payer`."""
        primary, whole = self.primary, money.paypal_fee(self.gross, Decimal(0))
        for part in self.parts:
            part.fee = money.paypal_fee(part.amount.with_value(self._kept(part)), Decimal(0))
            if self.fees_payer == PRIMARY_ONLY:
                part.fee = min(whole, self._kept(part)) if part is primary else Decimal(0)
            elif self.fees_payer == SECONDARY_ONLY:
                part.fee = Decimal(0) if part is primary else min(whole, part.amount.value)
                whole -= part.fee

    def settle(self, accounts: Accounts, part: Part) -> None:
        """The part's money moves. `share_fees` has been here before."""
        self.book(accounts, part, part.amount.value, part.fee)
        part.outcome = COMPLETED

    def book(self, accounts: Accounts, part: Part, amount: Decimal, fee: Decimal) -> None:
        """Move an amount and its fee to the part's receiver; negative ones come back."""
        by_sender = fee if self.fees_payer == SENDER else Decimal(0)
        entries = [
            (self.payer(part), -amount - by_sender),
            (part.receiver, amount - fee + by_sender),
            (accounts.paypal, fee),
        ]
        accounts.move(self.currency, entries)

    def payer(self, part: Part) -> Account:
        """Who pays this part: the sender, or in a chain the primary receiver for the others."""
        if self.approval is None:
            raise ValueError("Nobody has approved this payment.")
        primary = self.primary
        return self.approval.buyer if primary is None or part is primary else primary.receiver

    def show(self, now: datetime) -> Tree:
        """PayPal's PaymentDetails; a field without a value is left out."""
        sender: Tree = {}
        if self.approval is not None:
            buyer = self.approval.buyer
            sender = {"senderEmail": buyer.email, "sender": {"email": buyer.email, "accountId": buyer.merchant_id}}
        texts = {
            "ipnNotificationUrl": self.ipn_url,
            "memo": self.memo,
            "trackingId": self.tracking_id,
            "preapprovalKey": self.preapproval_key,
        }
        return {
            "cancelUrl": self.cancel_url,
            "currencyCode": self.currency,
            "paymentInfoList": self.show_parts(now),
            "returnUrl": self.return_url,
            **sender,
            "status": self.status(now),
            "payKey": self.pay_key,
            "actionType": self.action,
            "feesPayer": self.fees_payer,
            "reverseAllParallelPaymentsOnError": "false",
            **{key: value for key, value in texts.items() if value is not None},
            "payKeyExpirationDate": stamp_ms(self.expires),
        }

    def show_parts(self, now: datetime) -> Tree:
        """PayPal's paymentInfoList."""
        return {"paymentInfo": [_show(part, now) for part in self.parts]}

    def as_json(self, now: datetime) -> dict[str, object]:
        """For the state page: what PaymentDetails shows, and each part's fee."""
        return {**self.show(now), "fees": [plain(part.amount.with_value(part.fee)) for part in self.parts]}

    def _kept(self, part: Part) -> Decimal:
        """What the receiver does not have to pass on."""
        if not part.primary:
            return part.amount.value
        return part.amount.value - sum((each.amount.value for each in self.parts if each is not part), Decimal(0))


def _show(part: Part, now: datetime) -> Tree:
    amount = part.amount
    cleared = sum((refund.amount for refund in part.cleared(now)), Decimal(0))
    receiver = {
        "amount": plain(amount),
        "email": part.receiver.email,
        "primary": word(part.primary),
        "paymentType": part.payment_type,
        "accountId": part.receiver.merchant_id,
    }
    if part.invoice_id is not None:
        receiver["invoiceId"] = part.invoice_id
    shown: dict[str, str | Tree] = {}
    if part.outcome is not None:
        shown |= {"transactionId": part.transaction_id, "transactionStatus": part.status(now)}
    shown |= {
        "receiver": receiver,
        "refundedAmount": plain(amount.with_value(cleared)),
        "pendingRefund": word(any(refund.pending(now) for refund in part.refunds)),
    }
    if part.outcome is not None:
        shown |= {"senderTransactionId": part.sender_transaction_id, "senderTransactionStatus": part.status(now)}
    if part.outcome == PENDING:
        shown |= {"pendingReason": "RISK"}
    return shown


def word(value: bool) -> str:  # noqa: FBT001 - it is the value that is written
    """How PayPal writes a truth."""
    return "true" if value else "false"
