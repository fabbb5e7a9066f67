"""What PayPal is told of a refund: how it calls the payment, and whose part of it goes back."""

from decimal import Decimal

from solitude.money.errors import MoneyError
from solitude.money.money import Money
from solitude.payments import calls, refund
from solitude.payments.contract import Intent, Operation
from solitude.payments.models import ProviderCall
from solitude.payments.refund import NotRefundable
from solitude.payments.registry import Telling
from solitude.providers.paypal import currencies
from solitude.providers.paypal.classic import refunding
from solitude.providers.paypal.rest.requests import NOTE_MAX_CHARS
from solitude.transactions.models import Status, Transaction
from solitude.web.refusals import BadFields


def telling(payment: Transaction, note: str) -> Telling:
    """In the classic interface PayPal is asked first how much has gone back so far. Raises Refused where it does not say."""
    seen = refunding.look(payment)

    def tell(payment: Transaction, amount: Money) -> tuple[Intent, dict[str, str]]:
        seen.check(payment)
        paying, left = calls.paying(payment), refund.refundable(payment)
        if paying is None or not (payment.taken_id or seen.ids):
            raise NotRefundable(refund.NOT_CAPTURED, left)
        if seen.ids and refunding.under_way(payment):
            raise NotRefundable(refund.UNDER_WAY, left)
        _check_digits(amount)
        paid = paying.intended
        intent = Intent(
            amount=amount,
            payee=paid.payee,
            fee=_fee_back(paid.fee, payment, amount),
            note=note[:NOTE_MAX_CHARS],
            interface=paid.interface,
            shares=paid.shares,
        )
        return intent, {"payment": payment.uid_pay or "", "capture": payment.taken_id or ""} | seen.ids

    return tell


def _check_digits(amount: Money) -> None:
    """Raises BadFields for an amount that PayPal cannot be told: of some currencies it takes no digits."""
    try:
        Money.parse(amount.amount, amount.currency, digits=currencies.digits(amount.currency))
    except MoneyError as error:
        raise BadFields(amount=str(error)) from None


def _fee_back(fee: Money | None, payment: Transaction, amount: Money) -> Money | None:
    """The part of the marketplace's share that goes back: in proportion to all that we give back with this, less what goes with the others.

    So roundings never add up, the last part brings exactly the rest, and a part that failed holds none of it, whenever it was asked for.
    """
    captured = payment.captured_amount
    if fee is None or not captured:
        return None
    others = _going_back(payment)
    back = amount.amount + sum((intent.amount.amount for intent in others if intent.amount), Decimal(0))
    given = sum((intent.fee.amount for intent in others if intent.fee), Decimal(0))
    due = (fee.amount * back / captured).quantize(Decimal(1).scaleb(-currencies.digits(fee.currency)))
    # After failures others may hold less than there should go with them, or more: PayPal takes all of a part at most.
    return Money(max(min(due - given, amount.amount), Decimal(0)), fee.currency)


def _going_back(payment: Transaction) -> list[Intent]:
    """The refunds of ours that are done, or may be yet."""
    refunds = ProviderCall.objects.filter(operation=Operation.REFUND, transaction__related=payment)
    live = refunds.filter(transaction__status__in=(Status.PENDING, Status.COMPLETED))
    return [call.intended for call in live.only("intent", "essentials")]
