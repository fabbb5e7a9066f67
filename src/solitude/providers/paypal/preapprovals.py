"""Pre-approval: the buyer agrees once, and later payments need no visit to PayPal.

ask (temporary key and URL) -> the buyer approves at PayPal -> store (the permanent key, encrypted) -> delete. What each call
came to enters our books here, in the transaction that records it, from a request and from recovery alike.
"""

from datetime import timedelta

from django.conf import settings
from django.utils import timezone

from solitude.payments import calls
from solitude.payments.contract import Intent, Operation, Outcome, Result
from solitude.payments.models import OPEN, ProviderCall
from solitude.providers.paypal.models import BuyerPaypal, Preapproval
from solitude.telemetry.redaction import Secret
from solitude.transactions.models import CallOutcome
from solitude.web.idempotency import Claim
from solitude.web.once import insert_once

DESCRIPTION = "Purchases without asking again"
BUYER = "buyer"  # our own id among the ids of a call that makes a permanent key
DELETIONS_MAX = 10


def begin(preapproval: Preapproval, return_url: str, cancel_url: str, claim: Claim | None) -> ProviderCall:
    """Writes a pre-approval and the call that asks for it, in the caller's transaction."""
    preapproval.expires = timezone.now() + timedelta(seconds=settings.SOLITUDE_PREAPPROVAL_PENDING_LIFE_S)
    preapproval.save(force_insert=True)
    intent = Intent(return_url=return_url, cancel_url=cancel_url, description=DESCRIPTION)
    return calls.begin("paypal", Operation.ASK_CONSENT, intent, subject=preapproval.subject, claim=claim)


def storing(preapproval: Preapproval) -> ProviderCall | None:
    """The call that makes the permanent key, if there is one whose outcome is open: a further try goes under its key."""
    known = ProviderCall.objects.filter(subject=preapproval.subject, operation=Operation.STORE_CREDENTIAL)
    return known.filter(outcome__in=OPEN).order_by("-pk").first()


def begin_storing(preapproval: Preapproval) -> ProviderCall:
    intent = Intent(credential=Secret(preapproval.key or ""))
    ids = {BUYER: str(preapproval.buyer_id)}
    return calls.begin("paypal", Operation.STORE_CREDENTIAL, intent, subject=preapproval.subject, ids=ids)


def begin_deleting(key: str, buyer_id: int) -> ProviderCall:
    """Written in the commit that drops the key here, carried out after it: PayPal may lose a key only when we have."""
    intent = Intent(credential=Secret(key))
    return calls.begin("paypal", Operation.DELETE_CREDENTIAL, intent, subject=f"buyer:{buyer_id}")


def asked(call: ProviderCall, result: Result) -> None:
    preapproval = _of(call)
    if preapproval and result.outcome == Outcome.PENDING and result.credential and result.evidence:
        preapproval.change(key=result.credential.reveal(), pay_url=result.evidence.pay_url)


def stored(call: ProviderCall, result: Result) -> None:
    if result.outcome != Outcome.SUCCEEDED or result.credential is None:
        return
    new = result.credential.reveal()
    preapproval = _of(call)
    if preapproval is None:
        begin_deleting(new, int(call.ids[BUYER]))
        return
    row = BuyerPaypal(buyer=preapproval.buyer)
    if not insert_once(row):
        row = BuyerPaypal.objects.select_for_update().get(buyer=preapproval.buyer)
    if row.key and row.key != new:
        begin_deleting(row.key, preapproval.buyer_id)
    row.change(key=new, currency=preapproval.currency, start=preapproval.start, expiry=preapproval.end)
    preapproval.change(active=True, key=None, pay_url=None)


def deleted(call: ProviderCall, result: Result) -> None:
    """Nothing of ours changes: the key was dropped in the commit that began this call."""


def carry_out_deletions(buyer_id: int) -> None:
    """Carries out what waits for our commit; what cannot be done now stays written and open."""
    waiting = ProviderCall.objects.filter(
        subject=f"buyer:{buyer_id}", operation=Operation.DELETE_CREDENTIAL, outcome=CallOutcome.NONE
    )
    for call in waiting.order_by("pk")[:DELETIONS_MAX]:
        calls.carry_out(call)


def _of(call: ProviderCall) -> Preapproval | None:
    """None when the marketplace dropped it while PayPal was asked."""
    rows = Preapproval.objects.select_for_update(of=("self",)).select_related("buyer")
    return rows.filter(pk=call.subject.removeprefix("preapproval:")).first()
