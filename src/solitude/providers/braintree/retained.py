"""How long is kept what Braintree's room has of persons: their cards, and their customers' names there."""

from typing import Any

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat

from solitude.payments import retained as payments
from solitude.providers.braintree import cards, subscriptions
from solitude.providers.braintree.models import BuyerBraintree, PaymentMethod, Subscription, TransactionBraintree
from solitude.retention.classes import Action, DataClass, Hold, also, declare

ANONYMISED = "anonymised:"
OPEN_CALLS = "a call about it is open"
_NAMELESS = Concat(Value(ANONYMISED), Cast("pk", CharField()))


def declare_braintree() -> None:
    declare(
        DataClass(
            name="braintree_cards",
            what="Cards at Braintree that are no longer used: kind, last four digits, and the token",
            action=Action.ANONYMISE,
            then="Kind, digits and token go. The row stays as long as a transaction was paid by it.",
            why="By the digits a buyer knows a card again when a payment is disputed: by the rules of the card "
            "schemes up to 540 days after it. The token is deleted at Braintree when the card goes.",
            rows=lambda: PaymentMethod.objects.filter(active=False).exclude(provider_id__startswith=ANONYMISED),
            since="modified",
            act=_anonymise_cards,
            holds=(Hold(OPEN_CALLS, lambda: Q(pk__in=_numbers("paymethod:"))),),
            of_buyer=lambda pk: Q(braintree_buyer__buyer=pk),
        ),
        DataClass(
            name="braintree_buyers",
            period="braintree_cards",
            what="Customers at Braintree of accounts that are closed: Braintree's name of them",
            action=Action.ANONYMISE,
            then="The name goes.",
            why="As with their cards.",
            rows=lambda: BuyerBraintree.objects.filter(active=False).exclude(braintree_id__startswith=ANONYMISED),
            since="modified",
            act=_anonymise_customers,
            holds=(
                Hold(OPEN_CALLS, lambda: Q(pk__in=_numbers("customer:"))),
                Hold("its cards are still named", _has_named_cards),
            ),
            of_buyer=lambda pk: Q(buyer=pk),
        ),
    )
    also("buyers", hold=Hold("has a subscription", _has_subscription))
    also("transactions", act=_forget_how_paid)
    also("closed_buyers", hold=Hold(OPEN_CALLS, _has_open_calls), act=_delete_all)
    payments.about_buyers(_subjects)


def _subjects(buyer_id: int) -> list[str]:
    return [
        *map(cards.subject, PaymentMethod.objects.filter(braintree_buyer__buyer=buyer_id)),
        *map(subscriptions.subject, Subscription.objects.filter(paymethod__braintree_buyer__buyer=buyer_id)),
        *(f"customer:{pk}" for pk in BuyerBraintree.objects.filter(buyer=buyer_id).values_list("pk", flat=True)),
    ]


def _numbers(prefix: str) -> list[int]:
    return [int(number) for number in payments.open_subjects(prefix) if number.isascii() and number.isdigit()]


def _has_subscription() -> Q:
    active = Subscription.objects.filter(paymethod__braintree_buyer__buyer=OuterRef("pk"), active=True)
    return Q(Exists(active))


def _has_named_cards() -> Q:
    of_it = PaymentMethod.objects.filter(braintree_buyer=OuterRef("pk"))
    return Q(Exists(of_it.exclude(provider_id__startswith=ANONYMISED)))


def _has_open_calls() -> Q:
    customers = BuyerBraintree.objects.filter(pk__in=_numbers("customer:"))
    of_cards = PaymentMethod.objects.filter(pk__in=_numbers("paymethod:"))
    return Q(braintree__in=customers) | Q(braintree__paymethods__in=of_cards)


def _anonymise_cards(pks: list[Any]) -> int:
    """What is at Braintree still is deleted there first, and held by that until it is done."""
    rows = PaymentMethod.objects.filter(pk__in=pks)
    begun = cards.end_there(rows)
    gone = rows.exclude(pk__in=begun)
    return len(begun) + gone.update(provider_id=_NAMELESS, type_name="", truncated_id="", counter=F("counter") + 1)


def _anonymise_customers(pks: list[Any]) -> int:
    return BuyerBraintree.objects.filter(pk__in=pks).update(braintree_id=_NAMELESS, counter=F("counter") + 1)


def _forget_how_paid(pks: list[Any]) -> int:
    """The transactions lead to no person any more."""
    return TransactionBraintree.objects.filter(transaction__in=pks).update(paymethod=None, subscription=None)


def _delete_all(buyers: list[Any]) -> None:
    """What is left of closed accounts of which no transaction is."""
    of_them: QuerySet[BuyerBraintree] = BuyerBraintree.objects.filter(buyer__in=buyers)
    of_cards = PaymentMethod.objects.filter(braintree_buyer__in=of_them)
    cards.end_there(of_cards.exclude(provider_id__startswith=ANONYMISED))
    Subscription.objects.filter(paymethod__in=of_cards).delete()
    of_cards.delete()
    of_them.delete()
