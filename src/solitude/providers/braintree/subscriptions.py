"""Subscriptions at Braintree: what beginning, changing and cancelling one came to enters our books here, in the transaction that records
it, from a request and from recovery alike.

Braintree charges them by itself, and tells of each charge: see `charges`.
"""

from typing import Final

from django.conf import settings
from django.utils import timezone

from solitude.money.money import Money
from solitude.payments import calls
from solitude.payments.contract import Intent, Operation, Outcome, Result
from solitude.payments.models import OPEN, ProviderCall
from solitude.prepared import insert_once
from solitude.providers.braintree import requests, selling
from solitude.providers.braintree.models import PaymentMethod, ProductBraintree, Subscription
from solitude.providers.braintree.names import ENDED, NAME, STATUS, SUBSCRIPTION
from solitude.telemetry.logs import get_logger
from solitude.telemetry.redaction import Secret
from solitude.web.idempotency import Claim

# Among the ids of a call: our own of the card that is to pay, of the product, and of both together.
_CARD, _PRODUCT, _PAIR = "paymethod", "product", "pair"
NOT_RECURRING: Final = "not_recurring"

log = get_logger("solitude.braintree")


class NotActive(Exception):
    """The card or the subscription was given up."""


class Taken(Exception):
    """There is a subscription to this product on this card."""


class UnderWay(Exception):
    """Somebody is at something else with it, or was, and it is not known what came of that."""


def problem(entry: ProductBraintree | None) -> str:
    """Why a product is not subscribed to; empty if it is."""
    found = selling.problem(entry)
    if entry is None or found not in ("", "recurring"):
        return found
    if not found:
        return NOT_RECURRING
    return "" if selling.is_taken(entry.currency) else "currency"


def begin(card: PaymentMethod, entry: ProductBraintree, amount: Money | None, claim: Claim | None) -> ProviderCall:
    """Writes the call, in the caller's transaction; or gives the one by which somebody begins just this already, which is not ended.
    Raises NotActive, Taken and UnderWay."""
    card = PaymentMethod.objects.select_for_update(no_key=True).get(pk=card.pk)
    if not card.active:
        raise NotActive
    product, pair = entry.seller_product, _pair(card, entry.seller_product_id)
    _require_free(card, product.pk)
    under_way = _open(Operation.SUBSCRIBE, ids__pair=pair)
    if under_way is not None and under_way.intended.amount == amount:
        return under_way
    if under_way is not None or _open(Operation.CHANGE_SUBSCRIPTION, ids__pair=pair):
        raise UnderWay
    intent = Intent(amount=amount, credential=Secret(card.provider_id), terms=_terms(entry))
    ids = {_CARD: str(card.pk), _PRODUCT: str(product.pk), _PAIR: pair}
    return calls.begin(NAME, Operation.SUBSCRIBE, intent, subject=f"subscribe:{pair}", ids=ids, claim=claim)


def begin_changing(row: Subscription, card: PaymentMethod, claim: Claim | None) -> ProviderCall:
    """The same for another card of the same buyer. Raises NotActive, Taken and UnderWay."""
    row = Subscription.objects.select_for_update(no_key=True).get(pk=row.pk)
    card = PaymentMethod.objects.select_for_update(no_key=True).get(pk=card.pk)
    if not row.active or not card.active:
        raise NotActive
    pair = _pair(card, row.seller_product_id)
    if row.paymethod_id != card.pk:
        _require_free(card, row.seller_product_id)
    under_way = _open(Operation.CHANGE_SUBSCRIPTION, ids__subscription=row.provider_id)
    if under_way is not None and under_way.ids[_PAIR] == pair:
        return under_way
    if under_way is not None or _open(Operation.SUBSCRIBE, ids__pair=pair):
        raise UnderWay
    intent = Intent(credential=Secret(card.provider_id))
    ids = {SUBSCRIPTION: row.provider_id, _CARD: str(card.pk), _PAIR: pair}
    return calls.begin(NAME, Operation.CHANGE_SUBSCRIPTION, intent, subject=subject(row), ids=ids, claim=claim)


def begin_cancelling(row: Subscription, claim: Claim | None = None) -> ProviderCall:
    """The same for its end. Raises NotActive."""
    row = Subscription.objects.select_for_update(no_key=True).get(pk=row.pk)
    if not row.active:
        raise NotActive
    under_way = _open(Operation.CANCEL_SUBSCRIPTION, ids__subscription=row.provider_id)
    return under_way or calls.begin(
        NAME,
        Operation.CANCEL_SUBSCRIPTION,
        Intent(),
        subject=subject(row),
        ids={SUBSCRIPTION: row.provider_id},
        claim=claim,
    )


def begin_ending(provider_id: str, about: str) -> None:
    """Writes the end of one that must not go on, whatever is known of it here: it is tried until it is done."""
    intent = Intent(terms={requests.UNTIL_DONE: "yes"})
    calls.begin(NAME, Operation.CANCEL_SUBSCRIPTION, intent, subject=about, ids={SUBSCRIPTION: provider_id})


def end(row: Subscription) -> None:
    """In the transaction that closes its buyer's account: it is over here at once, and there after the commit. The row is locked."""
    row.change(active=False, cancelled_at=timezone.now())
    begin_ending(row.provider_id, subject(row))


def of_call(call: ProviderCall) -> Subscription | None:
    """What a call has begun, changed or cancelled; None where there was no place for it."""
    rows = Subscription.objects.select_related("seller_product__braintree")
    return rows.filter(provider_id=call.ids.get(SUBSCRIPTION, "")).first()


def begun(call: ProviderCall, result: Result) -> None:
    """What is there and has no place here, or no card that may be charged, must not go on there."""
    if result.outcome != Outcome.SUCCEEDED:
        return
    card = PaymentMethod.objects.select_for_update(no_key=True).get(pk=int(call.ids[_CARD]))
    amount = call.intended.amount
    row = Subscription(
        paymethod=card,
        seller_product_id=int(call.ids[_PRODUCT]),
        provider_id=result.ids[SUBSCRIPTION],
        amount=amount.amount if amount else None,
    )
    if not insert_once(row):
        if not Subscription.objects.filter(provider_id=row.provider_id).exists():
            log.error("braintree_subscription_without_place", product=row.seller_product_id)
            begin_ending(row.provider_id, f"subscription:{row.provider_id}")
        return
    if result.facts.get(STATUS) in ENDED:
        row.change(active=False, cancelled_at=timezone.now())
    elif not card.active:
        end(row)


def changed(call: ProviderCall, result: Result) -> None:
    row = Subscription.objects.select_for_update(no_key=True).filter(provider_id=call.ids[SUBSCRIPTION]).first()
    if row is not None and result.outcome == Outcome.SUCCEEDED and row.paymethod_id != int(call.ids[_CARD]):
        row.change(paymethod_id=int(call.ids[_CARD]))


def cancelled(call: ProviderCall, result: Result) -> None:
    row = Subscription.objects.select_for_update(no_key=True).filter(provider_id=call.ids[SUBSCRIPTION]).first()
    if row is not None and result.outcome == Outcome.SUCCEEDED and (row.active or row.cancelled_at is None):
        row.change(active=False, cancelled_at=row.cancelled_at or timezone.now())


def _require_free(card: PaymentMethod, product: int) -> None:
    if Subscription.objects.filter(paymethod=card, seller_product=product).exists():
        raise Taken


def _open(operation: Operation, **named: str) -> ProviderCall | None:
    """The latest call of this kind whose outcome is not known."""
    found = ProviderCall.objects.filter(provider=NAME, operation=operation, outcome__in=OPEN, **named)
    return found.order_by("-pk").first()


def _pair(card: PaymentMethod, product: int) -> str:
    return f"{card.pk}:{product}"


def subject(row: Subscription) -> str:
    """Of the calls about it."""
    return f"subscription:{row.pk}"


def _terms(entry: ProductBraintree) -> dict[str, str]:
    """The plan, and what the buyer's statement says."""
    terms = {requests.PLAN: entry.seller_product.public_id, requests.URL: settings.SOLITUDE_BRAINTREE_DESCRIPTOR_URL}
    if entry.description:
        name = settings.SOLITUDE_BRAINTREE_DESCRIPTOR_NAME + entry.description
        terms[requests.DESCRIBED] = name[: requests.DESCRIBED_MAX_CHARS]
    if account := settings.SOLITUDE_BRAINTREE_MERCHANT_ACCOUNTS.get(entry.currency):
        terms[requests.MERCHANT_ACCOUNT] = account
    return terms
