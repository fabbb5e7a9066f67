"""How long is kept what PayPal's room has of persons: sellers who have ended, and pre-approvals of buyers."""

from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, Q

from solitude.payments import retained as payments
from solitude.providers.paypal import preapprovals
from solitude.providers.paypal.models import BuyerPaypal, Preapproval, ProductPaypal, SellerPaypal
from solitude.providers.paypal.names import NUMBER
from solitude.providers.paypal.sellers import ending
from solitude.retention.classes import Action, Brief, DataClass, Hold, also, brief, declare
from solitude.transactions.models import Transaction
from solitude.transactions.retained import OPEN

OPEN_CALLS = "a call about it is open"
# PayPal is told of each one, after the commit.
ENDED_AT_ONCE = 20
_PENDING = "preapproval:"
_SELLERS_WHY = (
    "Names, addresses, the PayPal id and what the seller permitted are of use while money may be asked back from the "
    "seller: by the rules of the card schemes up to 540 days. To whom a payment went, stands with the payment (GDPR, "
    "Art. 17(3)(b))."
)


def declare_paypal() -> None:
    declare(
        DataClass(
            name="sellers",
            what="Personal data of sellers at PayPal (encrypted): names, address, telephone, PayPal id, permissions",
            action=Action.DELETE,
            then="The row goes; seller and products stay.",
            why=_SELLERS_WHY,
            rows=lambda: SellerPaypal.objects.filter(seller__active=False),
            since="seller__modified",
            act=lambda pks: SellerPaypal.objects.filter(pk__in=pks).delete()[0],
            holds=(Hold("a payment to it is open", _has_open_payment),),
        ),
        DataClass(
            name="seller_products",
            period="sellers",
            what="PayPal ids of single products (encrypted) of sellers who have ended",
            action=Action.DELETE,
            then="The row goes; the product stays.",
            why=_SELLERS_WHY,
            rows=lambda: ProductPaypal.objects.filter(seller_product__seller__active=False),
            since="seller_product__seller__modified",
            act=lambda pks: ProductPaypal.objects.filter(pk__in=pks).delete()[0],
        ),
        DataClass(
            name="preapprovals",
            what="Pre-approvals at PayPal that have ended: their key (encrypted), limits, and what they were used for",
            action=Action.DELETE,
            then="A key that is left is deleted, here and at PayPal, and the row goes.",
            why="What was paid by it, stands in the transactions. A buyer may dispute such a payment at PayPal for 180 days.",
            rows=lambda: BuyerPaypal.objects.filter(Q(key__isnull=True) | Q(expiry_told=True)),
            since="modified",
            act=_end_preapprovals,
            of_buyer=lambda pk: Q(buyer=pk),
            batch_rows_max=ENDED_AT_ONCE,
        ),
        DataClass(
            name="pending_preapprovals",
            what="Pre-approvals that were asked for: temporary key and address (encrypted)",
            action=Action.DELETE,
            then="The row goes.",
            why="PayPal's temporary keys live for days. After that the row only tells that it was asked.",
            rows=Preapproval.objects.all,
            since="expires",
            act=lambda pks: Preapproval.objects.filter(pk__in=pks).delete()[0],
            holds=(Hold(OPEN_CALLS, lambda: Q(pk__in=payments.open_subjects(_PENDING))),),
            of_buyer=lambda pk: Q(buyer=pk),
        ),
    )
    brief(
        Brief(
            name="permission_requests",
            what="Sellers who were sent to PayPal to permit something (return URL encrypted)",
            ends="`SOLITUDE_PAYPAL_PERMISSION_LIFE_S` after they were sent, or when they are back",
            why="Each is for one visit.",
            rows=ending.expired,
        )
    )
    payments.about_buyers(_subjects)
    also(
        "closed_buyers",
        hold=Hold(OPEN_CALLS, lambda: Q(pk__in=[int(number) for number in payments.open_subjects("buyer:")])),
        act=_delete_all,
    )


def _subjects(buyer_id: int) -> list[str]:
    waiting = Preapproval.objects.filter(buyer=buyer_id).values_list("pk", flat=True)
    return [f"buyer:{buyer_id}", *(f"{_PENDING}{pk}" for pk in waiting)]


def _has_open_payment() -> Q:
    of_seller = Transaction.objects.filter(provider=NUMBER, status__in=OPEN)
    return Q(Exists(of_seller.filter(seller=OuterRef("seller")))) | Q(
        Exists(of_seller.filter(seller_product__seller=OuterRef("seller")))
    )


def _end_preapprovals(pks: list[Any]) -> int:
    found = BuyerPaypal.objects.select_for_update(of=("self",)).select_related("buyer").filter(pk__in=pks)
    for row in found:
        if row.key:
            preapprovals.revoke(row, preapprovals.EXPIRED)
            transaction.on_commit(lambda pk=row.buyer_id: preapprovals.carry_out_deletions(pk))  # type: ignore[misc]
    return len(found) if BuyerPaypal.objects.filter(pk__in=[row.pk for row in found]).delete()[0] else 0


def _delete_all(buyers: list[Any]) -> None:
    """What is left of closed accounts: rows without a key."""
    Preapproval.objects.filter(buyer__in=buyers).delete()
    BuyerPaypal.objects.filter(buyer__in=buyers).delete()
