"""A payment, from the intent to the first answer."""

from collections.abc import Callable

from solitude.buyers import pin_tokens
from solitude.payments import calls
from solitude.payments.calls import Chosen
from solitude.payments.contract import Intent, Operation, Outcome
from solitude.payments.models import ProviderCall
from solitude.prepared import Found
from solitude.transactions import states
from solitude.transactions.keeping import is_of_engine
from solitude.transactions.locks import lock
from solitude.transactions.models import CallOutcome, Status, Transaction, Type, new_uuid
from solitude.web.idempotency import Claim

# What a payment is of, which stands in its row from the beginning.
BEGUN_WITH = ("provider", "amount", "currency", "buyer", "seller", "seller_product", "source", "carrier", "region")
# What the provider gives it.
GIVEN_BY_PROVIDER = ("uid_pay", "uid_support", "taken_id", "pay_url")


class UuidTaken(Exception):
    """A transaction has this uuid, and is not to begin."""


def begin(
    row: Transaction,
    provider: str,
    intent: Intent,
    claim: Claim | None,
    *,
    client: str,
    pin_token: str | None,
    is_agreed: bool = False,
    chosen: Chosen | None = None,
) -> ProviderCall:
    """Writes a payment and its call, in the caller's transaction. After its commit: `calls.carry_out`.

    A locked row that is there already begins with what has been set in it: one that its client has kept as received
    (`awaits_beginning`), or one of the engine that certainly was not sent (`may_begin_again`).

    `client`: the key of who asks for it. `is_agreed`: this request has begun the payment before, and its buyer has agreed then. `chosen`:
    by which way it goes, and why. Raises Refused (403) where the buyer's PIN should have been verified and was not.
    """
    # What stands under one key the buyer has agreed to once.
    if row.buyer is not None and not is_agreed and not calls.has_begun_under(claim):
        pin_tokens.use(row.buyer, client, pin_token)
    if row._state.adding:
        states.begin(row, "payment_begun")
    else:
        _begin_again(row)
    return calls.begin(provider, Operation.PAY, intent, row=row, claim=claim, chosen=chosen)


def known(uuid: str) -> Transaction | None:
    """The transaction of this uuid."""
    return _by_uuid.first(uuid)


_by_uuid = Found(lambda uuid: Transaction.objects.filter(uuid=uuid), str)


def row_of(uuid: str | None, may_begin: Callable[[Transaction], bool]) -> Transaction:
    """What to begin, in the caller's transaction: a new row, or the one of this uuid that may begin, locked. Raises UuidTaken."""
    found = known(uuid) if uuid else None
    if found is None:
        return Transaction(uuid=uuid or new_uuid())
    row = lock(found.pk)
    if not may_begin(row):
        raise UuidTaken
    return row


def awaits_beginning(row: Transaction) -> bool:
    """Whether a client keeps this payment as received, so that it can be taken over."""
    return row.type == Type.PAYMENT and row.status == Status.RECEIVED and not is_of_engine(row)


def may_begin_again(row: Transaction) -> bool:
    """Whether this payment of the engine certainly was not sent."""
    is_errored = row.type == Type.PAYMENT and row.status == Status.ERRORED
    # Whoever keeps a row may have put it into any state.
    return is_errored and row.calls.exists() and not row.calls.exclude(outcome=Outcome.NOT_SENT).exists()


def _begin_again(row: Transaction) -> None:
    edge = "payment_taken_over" if row.status == Status.RECEIVED else "payment_begun_again"
    columns = {name: getattr(row, name) for name in BEGUN_WITH}
    # What its client wrote down as the provider's is not what the provider will call it.
    columns |= dict.fromkeys(GIVEN_BY_PROVIDER)
    states.move(row, edge, outcome=CallOutcome.NONE, status_reason=None, **columns)
