"""What a provider is told of a payment that goes back to its buyer."""

from solitude.money.money import Money
from solitude.payments import apply, calls, registry
from solitude.payments.contract import Intent
from solitude.payments.registry import Telling
from solitude.transactions.models import Transaction


def telling(name: str, payment: Transaction, note: str) -> Telling:
    """The provider's own way to be told, as that of each who divides payments; else it is told of a refund as it was of the payment.
    Raises Refused."""
    own = registry.refunding(name)
    return own(payment, note) if own else _as_paid(note)


def ids_of(payment: Transaction) -> dict[str, str]:
    """How the provider calls the payment."""
    return {apply.UID_PAY: payment.uid_pay or "", apply.TAKEN: payment.taken_id or ""}


def _as_paid(note: str) -> Telling:
    def tell(payment: Transaction, amount: Money) -> tuple[Intent, dict[str, str]]:
        paying = calls.paying(payment)
        if paying is None:
            # The provider took it by itself: its own ids say which one it is.
            return Intent(amount=amount, note=note), ids_of(payment)
        paid = paying.intended
        intent = Intent(amount=amount, payee=paid.payee, note=note, interface=paid.interface, terms=paid.terms)
        return intent, ids_of(payment)

    return tell
