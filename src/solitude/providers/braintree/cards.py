"""A buyer's cards at Braintree: what keeping and deleting one came to enters our books here, in the transaction that records it."""

from collections.abc import Iterable
from typing import Final

from django.conf import settings

from solitude.buyers.models import Buyer
from solitude.payments import calls
from solitude.payments.contract import CredentialRefused, Intent, Operation, Outcome, Result
from solitude.payments.models import OPEN, ProviderCall
from solitude.prepared import insert_once
from solitude.providers.braintree import reading, requests
from solitude.providers.braintree.models import BuyerBraintree, PaymentMethod
from solitude.providers.braintree.names import NAME
from solitude.telemetry.redaction import Secret
from solitude.transactions.models import CallOutcome
from solitude.web.idempotency import Claim

_OF_CUSTOMER, _OF_CARD = "customer", "paymethod"
# Among the facts of a call that has kept a card: which row it has become.
ROW: Final = "row"


class TooMany(Exception):
    """The buyer has as many active cards as may be, or will have them when what is under way is done."""


class NotActive(Exception):
    """The card was deleted, or switched off."""


def begin_keeping(customer: BuyerBraintree, nonce: str, claim: Claim | None) -> ProviderCall:
    """Writes the call, in the caller's transaction. Raises TooMany."""
    # Whoever adds a card to the same buyer waits here, and counts this one.
    BuyerBraintree.objects.select_for_update().get(pk=customer.pk)
    subject = f"{_OF_CUSTOMER}:{customer.pk}"
    under_way = ProviderCall.objects.filter(
        provider=NAME, subject=subject, operation=Operation.STORE_CREDENTIAL, outcome__in=OPEN
    )
    if customer.paymethods.filter(active=True).count() + under_way.count() >= settings.SOLITUDE_BRAINTREE_MAX_METHODS:
        raise TooMany
    intent = Intent(credential=Secret(nonce), terms={requests.CUSTOMER: customer.braintree_id})
    return calls.begin(NAME, Operation.STORE_CREDENTIAL, intent, subject=subject, claim=claim)


def kept(call: ProviderCall, result: Result) -> None:
    """Of a buyer who has left meanwhile a card is kept as one that is not active, and is deleted again."""
    if result.outcome != Outcome.SUCCEEDED or result.credential is None:
        return
    customer = BuyerBraintree.objects.select_for_update().get(pk=_pk(call))
    row = PaymentMethod(
        braintree_buyer=customer,
        provider_id=result.credential.reveal(),
        type_name=result.facts[reading.TYPE_NAME],
        truncated_id=result.facts[reading.LAST_DIGITS],
        # Read under the lock, for which one waits whose account is just being closed.
        active=Buyer.objects.filter(pk=customer.buyer_id, active=True).exists(),
    )
    if not insert_once(row):
        row = PaymentMethod.objects.get(provider_id=row.provider_id)
    call.facts = {**call.facts, ROW: str(row.pk)}
    call.save(update_fields=["facts"])
    if not row.active:
        begin_deleting(row)


def kept_by(call: ProviderCall) -> PaymentMethod:
    """The card that a call has kept."""
    return PaymentMethod.objects.get(pk=int(call.facts[ROW]))


def begin_deleting(row: PaymentMethod, claim: Claim | None = None) -> ProviderCall:
    """Writes the call, in the caller's transaction; or gives the one by which somebody deletes it already, which is not ended."""
    under_way = ProviderCall.objects.filter(
        provider=NAME, subject=subject(row), operation=Operation.DELETE_CREDENTIAL, outcome__in=OPEN
    )
    intent = Intent(credential=Secret(row.provider_id))
    return under_way.first() or calls.begin(
        NAME, Operation.DELETE_CREDENTIAL, intent, subject=subject(row), claim=claim
    )


def end(row: PaymentMethod) -> None:
    """In the transaction that closes its buyer's account: it is not used here any more, and is deleted there after the commit."""
    row.change(active=False)
    _begin_ending(row)


def end_there(rows: Iterable[PaymentMethod]) -> list[int]:
    """Begins, in the caller's transaction, to delete at Braintree those of the cards that are there still, because they were only switched
    off here; the keys of their rows. Before their tokens are forgotten, or nobody can ever do it."""
    listed = list(rows)
    done = ProviderCall.objects.filter(
        provider=NAME,
        subject__in=[subject(row) for row in listed],
        operation=Operation.DELETE_CREDENTIAL,
        outcome=CallOutcome.SUCCEEDED,
    )
    deleted_there = set(done.values_list("subject", flat=True))
    left = [row for row in listed if subject(row) not in deleted_there]
    for row in left:
        _begin_ending(row)
    return [row.pk for row in left]


def _begin_ending(row: PaymentMethod) -> None:
    intent = Intent(credential=Secret(row.provider_id), terms={requests.UNTIL_DONE: "yes"})
    calls.begin(NAME, Operation.DELETE_CREDENTIAL, intent, subject=subject(row))


def subject(row: PaymentMethod) -> str:
    """Of the calls about it."""
    return f"{_OF_CARD}:{row.pk}"


def locked(pk: int) -> PaymentMethod:
    """The card, locked for the transaction that deletes it. Raises NotActive."""
    row = PaymentMethod.objects.select_for_update().get(pk=pk)
    if not row.active:
        raise NotActive
    return row


def deleted(call: ProviderCall, result: Result) -> None:
    if result.outcome == Outcome.SUCCEEDED:
        _end(PaymentMethod.objects.select_for_update().filter(pk=_pk(call)).first())


def refused(call: ProviderCall, how: CredentialRefused) -> None:
    """A card that Braintree has no more takes nothing any more."""
    if how == CredentialRefused.GONE and (token := call.intended.credential):
        _end(PaymentMethod.objects.select_for_update().filter(provider_id=token.reveal()).first())


def _end(row: PaymentMethod | None) -> None:
    if row is not None and row.active:
        row.change(active=False)


def _pk(call: ProviderCall) -> int:
    """Of the row that the call is about."""
    return int(call.subject.partition(":")[2])
