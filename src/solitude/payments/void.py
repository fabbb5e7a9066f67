"""A payment that was taken and is not settled yet is given up whole: nothing will have been taken."""

from solitude.payments import calls
from solitude.payments.contract import Intent, Operation
from solitude.payments.models import LIVE, ProviderCall
from solitude.transactions.keeping import is_of_engine
from solitude.transactions.locks import lock
from solitude.transactions.models import Status, Transaction, Type
from solitude.web.idempotency import Claim


class NotVoidable(Exception):
    """There is nothing of this payment to give up, or no more."""


def begin(payment: Transaction, provider: str, ids: dict[str, str], claim: Claim | None) -> ProviderCall:
    """Writes the call, in the caller's transaction; or the one by which somebody gives it up already. Raises NotVoidable.

    After its commit `calls.carry_out` what is new (`is_begun_here`), else `calls.find_out`.
    """
    locked = lock(payment.pk)
    under_way = locked.calls.filter(operation=Operation.VOID, outcome__in=LIVE).order_by("-pk").first()
    if under_way is not None:
        return under_way
    # What a client keeps itself nobody here has taken.
    if (
        not is_of_engine(locked)
        or locked.type != Type.PAYMENT
        or locked.status != Status.CHECKED
        or locked.refund_claimed_amount
    ):
        raise NotVoidable
    return calls.begin(provider, Operation.VOID, Intent(), row=locked, ids=ids, claim=claim)
