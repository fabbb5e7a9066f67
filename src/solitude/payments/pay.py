"""A payment, from the intent to the first answer."""

from solitude.buyers import pin_tokens
from solitude.payments import calls
from solitude.payments.contract import Intent, Operation
from solitude.payments.models import ProviderCall
from solitude.transactions import states
from solitude.transactions.models import Transaction
from solitude.web.idempotency import Claim


def begin(
    row: Transaction, provider: str, intent: Intent, claim: Claim | None, *, client: str, pin_token: str | None
) -> ProviderCall:
    """Writes a payment and its call, in the caller's transaction. After its commit: `calls.carry_out`.

    `client`: the key of who asks for it. Raises Refused (403) where the buyer's PIN should have been verified and was not.
    """
    # What stands under one key the buyer has agreed to once.
    if row.buyer is not None and not calls.has_begun_under(claim):
        pin_tokens.use(row.buyer, client, pin_token)
    states.begin(row, "payment_begun")
    return calls.begin(provider, Operation.PAY, intent, row=row, claim=claim)
