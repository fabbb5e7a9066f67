"""AdaptivePayments/Refund: the receivers give back all of a payment, or named receivers a part of theirs.

In a chain the others give back to the first, which gives all of it to the sender: that goes only in full.
"""

from dataclasses import dataclass
from decimal import Decimal

from solitude_sandbox.paypal import money
from solitude_sandbox.paypal.books import Books
from solitude_sandbox.paypal.call import Call
from solitude_sandbox.paypal.classic import errors
from solitude_sandbox.paypal.classic.call import ClassicCall
from solitude_sandbox.paypal.classic.errors import ClassicError
from solitude_sandbox.paypal.classic.fields import Fields
from solitude_sandbox.paypal.classic.finding import find_payment
from solitude_sandbox.paypal.classic.ipn import tell_refund
from solitude_sandbox.paypal.classic.nvp import Tree
from solitude_sandbox.paypal.classic.payment import COMPLETED, PENDING, Part, Payment, word
from solitude_sandbox.paypal.classic.refund import PartRefund
from solitude_sandbox.paypal.money import plain
from solitude_sandbox.paypal.times import ECHECK_CLEARS_AFTER, REFUND_PERIOD

REFUND_SCOPE = "REFUND"
NOT_PROCESSED = "NOT_PROCESSED"
ALREADY = "ALREADY_REVERSED_OR_REFUNDED"
# What the traits of accounts mean here.
STATUSES = {
    "PERMISSION_DENIED": "NO_API_ACCESS_TO_RECEIVER",
    "REFUND_FAILED_INSUFFICIENT_FUNDS": "INSUFFICIENT_BALANCE",
}


@dataclass(frozen=True)
class _Wish:
    """One receiver is to give back so much, or with None whatever is left."""

    part: Part
    amount: Decimal | None

    @property
    def due(self) -> Decimal:
        return self.part.left if self.amount is None else self.amount


def refund(books: Books, call: ClassicCall) -> Tree:
    """AdaptivePayments/Refund. What each receiver comes to is told in the answer, by `refundStatus`."""
    payment = find_payment(books, call.fields)
    wishes = _read(call.fields, payment)
    if call.look.now > payment.created + REFUND_PERIOD:
        raise ClassicError(errors.TOO_LATE_TO_REFUND)
    refusals = [_refusal(books, payment, wish.part, call.look) for wish in wishes]
    if payment.primary is not None and any(refusals):
        refusals = [refusal or NOT_PROCESSED for refusal in refusals]
    made = {
        wish.part: _give_back(books, payment, wish.part, wish.due, call.look)
        for wish, refusal in zip(wishes, refusals, strict=True)
        if refusal is None
    }
    _tell(books, payment, list(made.values()), call.look)
    shown = [
        _refused(wish.part, refusal) if refusal is not None else _show(wish.part, made[wish.part], call.look)
        for wish, refusal in zip(wishes, refusals, strict=True)
    ]
    return {"currencyCode": payment.currency, "refundInfoList": {"refundInfo": shown}}


def refund_by_hand(books: Books, payment: Payment, amount: Decimal | None, call: Call) -> None:
    """The receiver refunds on PayPal's own pages, for which it needs no permission: all that is left, or so much of it.

    ValueError with a sentence if it cannot. In a chain all give back all.
    """
    parts = [part for part in payment.parts if part.outcome == COMPLETED and part.left and not part.reversed]
    if not parts:
        raise ValueError("Nothing is left of this payment that could be refunded.")
    if amount is not None and (len(payment.parts) > 1 or amount > parts[0].left):
        raise ValueError("amount must be at most what is left, of a payment to one receiver.")
    made = [_give_back(books, payment, part, part.left if amount is None else amount, call) for part in parts]
    _tell(books, payment, made, call)


def _give_back(books: Books, payment: Payment, part: Part, amount: Decimal, call: Call) -> PartRefund:
    """The receiver gives back so much of what is left, PayPal its part of the fee."""
    receiver = part.receiver
    given = sum((each.fee for each in part.refunds), Decimal(0))
    # Rounded on the running total, so that the last refund brings exactly the rest.
    due = money.share(part.fee, part.refunded + amount, part.amount.value, payment.currency)
    made = PartRefund(
        id=books.ids.resource_id(),
        amount=amount,
        fee=min(due - given, amount),
        created=call.now,
        by_echeck=receiver.trait.refund_pending,
    )
    payment.book(books.accounts, part, -made.amount, -made.fee)
    part.refunds.append(made)
    return made


def _tell(books: Books, payment: Payment, made: list[PartRefund], call: Call) -> None:
    """PayPal tells of money that has gone back, and of an eCheck when it clears."""
    if any(not each.by_echeck for each in made):
        tell_refund(books, payment, call)
    if any(each.by_echeck for each in made):
        books.agenda.add(call.now + ECHECK_CLEARS_AFTER, lambda later: tell_refund(books, payment, later))


def _read(fields: Fields, payment: Payment) -> list[_Wish]:
    """What is asked; `ClassicError` if it makes no sense for this payment."""
    named = fields.items("receiverList.receiver")
    paid = [part for part in payment.parts if part.outcome is not None] or payment.parts
    if not named:
        if any(part.refunds and part.left for part in paid):
            raise ClassicError(errors.FULL_AFTER_PARTIAL_REFUND)
        return [_Wish(part, None) for part in paid]
    if fields.text("currencyCode") != payment.currency:
        raise ClassicError(errors.REFUND_CURRENCY)
    wishes = [_wish(item, payment) for item in named]
    if len({wish.part for wish in wishes}) < len(wishes):
        raise fields.wrong("receiverList.receiver(1).email")
    if payment.primary is not None and {(wish.part, wish.amount) for wish in wishes} != {
        (part, part.amount.value) for part in paid
    }:
        raise ClassicError(errors.CHAIN_REFUNDS_ALL)
    return wishes


def _wish(item: Fields, payment: Payment) -> _Wish:
    email, amount = item.email("email"), item.amount("amount", payment.currency)
    part = next((part for part in payment.parts if part.receiver.email == email), None)
    if part is None:
        raise ClassicError(errors.REFUND_RECEIVER, email or "")
    if amount is None:
        raise ClassicError(errors.REFUND_AMOUNT)
    if amount.value > part.amount.value:
        raise ClassicError(errors.MORE_THAN_THE_PAYMENT)
    if part.left == 0 and not part.reversed:
        raise ClassicError(errors.FULLY_REFUNDED)
    if amount.value > part.left and payment.primary is None:
        raise ClassicError(errors.MORE_THAN_IS_LEFT)
    return _Wish(part, amount.value)


def _refusal(books: Books, payment: Payment, part: Part, call: Call) -> str | None:
    """Why this receiver does not give anything back; None: it does."""
    if part.outcome == PENDING:
        return "REFUND_NOT_ALLOWED"
    if part.outcome != COMPLETED or payment.approval is None:
        return "NOT_PAID"
    if any(each.pending(call.now) for each in part.refunds):
        return "PREVIOUS_REFUND_PENDING"
    if part.reversed or part.left == 0:
        return ALREADY
    issue = part.receiver.refund_issue
    if issue == "PERMISSION_DENIED" and _granted(books, part):
        return None
    return STATUSES.get(issue) if issue is not None else None


def _granted(books: Books, part: Part) -> bool:
    """Whether the receiver has granted REFUND to the caller with the Permissions service."""
    return any(each.account is part.receiver and each.allows(REFUND_SCOPE) for each in books.permissions)


def _refused(part: Part, status: str) -> Tree:
    return {"receiver": {"amount": plain(part.amount), "email": part.receiver.email}, "refundStatus": status}


def _show(part: Part, made: PartRefund, call: Call) -> Tree:
    def amount(value: Decimal) -> str:
        return plain(part.amount.with_value(value))

    cleared = sum((each.amount for each in part.cleared(call.now)), Decimal(0))
    pending = made.pending(call.now)
    return {
        "receiver": {"amount": plain(part.amount), "email": part.receiver.email},
        "refundStatus": "REFUNDED_PENDING" if pending else "REFUNDED",
        "refundNetAmount": amount(made.amount - made.fee),
        "refundFeeAmount": amount(made.fee),
        "refundGrossAmount": amount(made.amount),
        "totalOfAllRefunds": amount(cleared),
        "refundHasBecomeFull": word(part.left == 0),
        "encryptedRefundTransactionId": made.id,
        "refundTransactionStatus": "PENDING" if pending else "COMPLETED",
    }
