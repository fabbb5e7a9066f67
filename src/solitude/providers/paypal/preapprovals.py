"""Pre-approval: the buyer agrees once, and later payments need no visit to PayPal.

ask (temporary key and URL) -> the buyer approves at PayPal -> store (the permanent key, encrypted) -> delete. What each call
came to enters our books here, in the transaction that records it, from a request and from recovery alike.
"""

from datetime import timedelta
from decimal import Decimal
from typing import Any

from django.conf import settings
from django.db import connection, transaction
from django.utils import timezone

from solitude.buyers.models import Buyer
from solitude.events.models import Event, append
from solitude.payments import calls
from solitude.payments.contract import CredentialRefused, Intent, Notice, Operation, Outcome, Result
from solitude.payments.models import OPEN, ProviderCall
from solitude.payments.registry import NOT_OF_CONCERN, Applied
from solitude.prepared import insert_once
from solitude.providers.paypal import uses
from solitude.providers.paypal.models import BuyerPaypal, Preapproval
from solitude.telemetry.redaction import Secret
from solitude.transactions.amounts import amount_text
from solitude.transactions.models import CallOutcome
from solitude.vault import hashes
from solitude.web.idempotency import Claim

DESCRIPTION = "Purchases without asking again"
BUYER = "buyer"  # our own id among the ids of a call that makes a permanent key
CLOSED, EXPIRED = "closed", "expired"  # why a pre-approval ended
DELETIONS_MAX = 10
FORGOTTEN: dict[str, Any] = {"key": None, "key_hash": ""}
_LABEL = "paypal.key"


def key_hash(key: str) -> str:
    """By which a stored credential is found again."""
    return hashes.keyed_hash(_LABEL, key)


def begin(preapproval: Preapproval, return_url: str, cancel_url: str, claim: Claim | None) -> ProviderCall:
    """Writes a pre-approval and the call that asks for it, in the caller's transaction."""
    preapproval.expires = timezone.now() + timedelta(seconds=settings.SOLITUDE_PREAPPROVAL_PENDING_LIFE_S)
    preapproval.save(force_insert=True)
    intent = Intent(
        return_url=return_url,
        cancel_url=cancel_url,
        description=DESCRIPTION,
        interface=preapproval.interface,
        notify_url=settings.SOLITUDE_PAYPAL_NOTIFY_URL,
        terms=_terms(preapproval),
    )
    return calls.begin("paypal", Operation.ASK_CONSENT, intent, subject=preapproval.subject, claim=claim)


def _terms(preapproval: Preapproval) -> dict[str, str]:
    """To what the buyer is to agree, for an interface that watches over it too."""
    currency = preapproval.currency or ""
    given = {
        "start": preapproval.start.isoformat() if preapproval.start else None,
        "end": preapproval.end.isoformat() if preapproval.end else None,
        "currency": currency,
        "max_total": amount_text(preapproval.max_total, currency),
        "max_per_payment": amount_text(preapproval.max_per_payment, currency),
    }
    return {name: value for name, value in given.items() if value}


def storing(preapproval: Preapproval) -> ProviderCall | None:
    """The call that makes the permanent key, if there is one whose outcome is open: a further try goes under its key."""
    known = ProviderCall.objects.filter(subject=preapproval.subject, operation=Operation.STORE_CREDENTIAL)
    return known.filter(outcome__in=OPEN).order_by("-pk").first()


def begin_storing(preapproval: Preapproval) -> ProviderCall:
    intent = Intent(credential=Secret(preapproval.key or ""), interface=preapproval.interface)
    ids = {BUYER: str(preapproval.buyer_id)}
    return calls.begin("paypal", Operation.STORE_CREDENTIAL, intent, subject=preapproval.subject, ids=ids)


def begin_deleting(key: str, buyer_id: int, interface: str) -> ProviderCall:
    """Written in the commit that drops the key here, carried out after it: PayPal may lose a key only when we have."""
    intent = Intent(credential=Secret(key), interface=interface)
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
        begin_deleting(new, int(call.ids[BUYER]), call.intended.interface)
        return
    row = BuyerPaypal(buyer=preapproval.buyer)
    if not insert_once(row):
        row = BuyerPaypal.objects.select_for_update().get(buyer=preapproval.buyer)
    if row.key and row.key != new:
        begin_deleting(row.key, preapproval.buyer_id, row.interface)
    # What the one before was used for is none of this one's.
    row.uses.all().delete()
    row.change(
        key=new,
        key_hash=key_hash(new),
        interface=preapproval.interface,
        **preapproval.limits,
        used_total=Decimal(0),
        used_before=Decimal(0),
        currency=preapproval.currency,
        start=preapproval.start,
        expiry=preapproval.end,
        expiry_told=False,
    )
    preapproval.change(active=True, key=None, pay_url=None)
    _tell(row, "active")


def revoke(row: BuyerPaypal, why: str) -> dict[str, Any]:
    """The columns that forget a stored credential, which is locked; with its deletion at PayPal and its event written."""
    if row.key:
        begin_deleting(row.key, row.buyer_id, row.interface)
        _tell(row, "revoked", why)
    return FORGOTTEN


def forget_buyer(buyer: Buyer) -> None:
    """In the transaction that closes the buyer's account: what is kept to charge it is forgotten, and deleted at PayPal after the
    commit. What PayPal still makes of a pre-approval that had begun is deleted as soon as it is known (`stored`)."""
    Preapproval.objects.filter(buyer=buyer).delete()
    row = BuyerPaypal.objects.select_for_update().filter(buyer=buyer).first()
    if row is not None:
        row.change(**revoke(row, CLOSED), currency=None, start=None, expiry=None)


def refused(call: ProviderCall, how: CredentialRefused) -> None:
    """PayPal took nothing by a stored credential: what it was counted for is given back, and one that is gone there is forgotten."""
    if call.transaction is not None:
        uses.give_back(call.transaction)
    if how == CredentialRefused.GONE:
        _forget(call.intended.credential)


def told_deleted(notice: Notice) -> Applied:
    """PayPal, or the buyer there, has ended a stored credential: it is forgotten here as well."""
    # One that is not known is one that we have deleted ourselves, or one that was replaced.
    return Applied(is_news=True) if _forget(notice.about) else Applied(reason=NOT_OF_CONCERN)


def _forget(credential: Secret | None) -> bool:
    """Forgets a credential that PayPal has no more, and tells the feed; False if it is not known here."""
    known = hashes.candidates(_LABEL, credential.reveal()) if credential else []
    rows = BuyerPaypal.objects.select_for_update(of=("self",)).select_related("buyer")
    row = rows.filter(key_hash__in=known).first()
    if row is None:
        return False
    row.change(**FORGOTTEN)
    _tell(row, "revoked", "provider")
    return True


def expire_due(limit: int = 100) -> int:
    """Tells the feed of pre-approvals whose last day is over; how many."""
    over = BuyerPaypal.objects.filter(key__isnull=False, expiry_told=False, expiry__lt=timezone.now().date())
    if not over.exists():
        return 0
    with transaction.atomic():
        rows = over.select_for_update(of=("self",), skip_locked=connection.features.has_select_for_update_skip_locked)
        for row in (expired := list(rows.select_related("buyer")[:limit])):
            row.change(expiry_told=True)
            _tell(row, "expired")
    return len(expired)


def _tell(row: BuyerPaypal, what: str, reason: str | None = None) -> None:
    append(
        Event(
            type=f"preapproval.{what}",
            edge=f"preapproval_{what}",
            resource_uri=row.resource_uri,
            uuid=row.buyer.uuid,
            reason=reason,
            data={
                "provider": "paypal",
                "currency": row.currency,
                "expiry": row.expiry.isoformat() if row.expiry else None,
            },
        )
    )


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
