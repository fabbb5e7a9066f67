"""A payment, from the intent to the first answer."""

from solitude.payments import calls
from solitude.payments.contract import Intent, Operation
from solitude.payments.models import ProviderCall
from solitude.transactions import states
from solitude.transactions.models import Transaction
from solitude.web.idempotency import Claim


def begin(row: Transaction, provider: str, intent: Intent, claim: Claim | None) -> ProviderCall:
    """Writes a payment and its call, in the caller's transaction. After its commit: `calls.carry_out`."""
    states.begin(row, "payment_begun")
    return calls.begin(provider, Operation.PAY, intent, row=row, claim=claim)
