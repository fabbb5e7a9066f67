"""The end of a buyer's account: what its cards pay for by itself ends, and the cards are deleted, here at once and at Braintree after
the commit. What cannot be done there at once stays open until it is done."""

from solitude.buyers.models import Buyer
from solitude.payments import calls
from solitude.payments.contract import Operation
from solitude.payments.models import ProviderCall
from solitude.providers.braintree import cards, subscriptions
from solitude.providers.braintree.models import BuyerBraintree, PaymentMethod, Subscription
from solitude.providers.braintree.names import NAME
from solitude.transactions.models import CallOutcome

ENDINGS = (Operation.CANCEL_SUBSCRIPTION, Operation.DELETE_CREDENTIAL)
# At once; the worker goes on with what is left.
CALLS_MAX = 20


def forget(buyer: Buyer) -> None:
    """In the transaction that closes the account."""
    customer = BuyerBraintree.objects.select_for_update(no_key=True).filter(buyer=buyer).first()
    if customer is None:
        return
    active = Subscription.objects.select_for_update(of=("self",), no_key=True).filter(
        paymethod__braintree_buyer=customer, active=True
    )
    for subscription in active.order_by("pk"):
        subscriptions.end(subscription)
    for card in (
        PaymentMethod.objects.select_for_update(no_key=True)
        .filter(braintree_buyer=customer, active=True)
        .order_by("pk")
    ):
        cards.end(card)
    if customer.active:
        customer.change(active=False)


def tell(buyer_id: int) -> None:
    """After the commit."""
    subscriptions_of = Subscription.objects.filter(paymethod__braintree_buyer__buyer=buyer_id)
    cards_of = PaymentMethod.objects.filter(braintree_buyer__buyer=buyer_id)
    subjects = [*map(subscriptions.subject, subscriptions_of), *map(cards.subject, cards_of)]
    waiting = ProviderCall.objects.filter(provider=NAME, subject__in=subjects, outcome=CallOutcome.NONE, tries=0)
    for call in waiting.filter(operation__in=ENDINGS).order_by("pk")[:CALLS_MAX]:
        calls.carry_out(call)
