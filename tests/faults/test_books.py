"""The comparison of books: each kind of difference is seen, and only while an operation is uncertain it is forgiven."""

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from tests.faults.books import Charge, OurBooks, Payment, ProviderBooks, Refund, Return, compare

ONE, TWO, FIVE = Decimal(1), Decimal(2), Decimal(5)
CHARGE = Charge("C1", "O1", "key-1", "COMPLETED", FIVE, "EUR")
PAID = Payment(
    "p1", "completed", FIVE, "EUR", order="O1", captured=FIVE, refunded=Decimal(0), references=frozenset({"key-1"})
)
BACK = Return("R1", "C1", "key-2", "COMPLETED", TWO)
REFUND = Refund("r1", "p1", "completed", TWO, id="R1", references=frozenset({"key-2"}))
REFUNDED = replace(PAID, refunded=TWO, claimed=TWO)


def differences(provider: ProviderBooks, ours: OurBooks, **more: Any) -> list[str]:
    """The kinds of what is found."""
    return [sentence.partition(":")[0] for sentence in compare(provider, ours, **more)]


def test_books_that_agree_have_no_difference() -> None:
    provider = ProviderBooks((CHARGE,), (BACK,))

    assert differences(provider, OurBooks((REFUNDED,), (REFUND,)), settled=True) == []
    assert not compare(ProviderBooks(), OurBooks(), settled=True)


@pytest.mark.parametrize(
    ("charges", "payment", "kind"),
    [
        ((CHARGE,), None, "lost"),
        ((CHARGE,), replace(PAID, status="failed", captured=None), "failed_but_charged"),
        ((CHARGE,), replace(PAID, status="errored", captured=None), "failed_but_charged"),
        ((CHARGE, replace(CHARGE, id="C2")), PAID, "doubled"),
        ((), PAID, "books_disagree"),
        ((replace(CHARGE, amount=TWO),), PAID, "books_disagree"),
        ((replace(CHARGE, currency="USD"),), PAID, "books_disagree"),
        ((CHARGE,), replace(PAID, refunded=TWO), "books_disagree"),
    ],
)
def test_a_payment_that_differs_is_seen(charges: tuple[Charge, ...], payment: Payment | None, kind: str) -> None:
    ours = OurBooks((payment,) if payment else ())

    assert differences(ProviderBooks(charges), ours) == [kind]


def test_what_is_uncertain_explains_its_difference_until_all_is_settled() -> None:
    provider = ProviderBooks((CHARGE,))
    ours = OurBooks((replace(PAID, status="pending", captured=None, uncertain=True),))

    assert differences(provider, ours) == []
    assert differences(provider, ours, settled=True) == ["lost"]
    assert ours.uncertain == 1


def test_who_cannot_see_our_keys_knows_an_uncertain_payment_by_its_amount() -> None:
    unseen = Payment("p1", "pending", FIVE, "EUR", uncertain=True)

    assert differences(ProviderBooks((CHARGE,)), OurBooks((unseen,))) == []
    assert differences(ProviderBooks((CHARGE,)), OurBooks((replace(unseen, amount=TWO),))) == ["lost"]


def test_one_wish_is_charged_once() -> None:
    other = replace(CHARGE, id="C2", order="O2", reference="key-9")
    payments = (
        replace(PAID, wish="w"),
        replace(PAID, name="p2", order="O2", references=frozenset({"key-9"}), wish="w"),
    )

    assert differences(ProviderBooks((CHARGE, other)), OurBooks(payments)) == ["doubled"]


@pytest.mark.parametrize(
    ("returns", "refund", "kinds"),
    [
        ((BACK, replace(BACK, id="R2")), REFUND, ["doubled"]),
        ((), REFUND, ["books_disagree"]),
        ((replace(BACK, amount=ONE),), REFUND, ["books_disagree"]),
        ((BACK,), replace(REFUND, status="failed"), ["failed_but_charged", "books_disagree"]),
        ((replace(BACK, amount=Decimal(6)),), replace(REFUND, amount=Decimal(6)), ["books_disagree"] + ["refunds_over_captured"] * 2),
    ],
)  # fmt: skip
def test_a_refund_that_differs_is_seen(returns: tuple[Return, ...], refund: Refund, kinds: list[str]) -> None:
    found = differences(ProviderBooks((CHARGE,), returns), OurBooks((REFUNDED,), (refund,)))

    assert sorted(set(found)) == sorted(set(kinds)) or found == kinds


def test_a_refund_made_elsewhere_is_lost_only_when_we_were_told() -> None:
    provider = ProviderBooks((CHARGE,), (replace(BACK, reference=""),))

    assert differences(provider, OurBooks((PAID,))) == []
    assert differences(provider, OurBooks((PAID,)), settled=True) == ["lost"]


def test_a_reversal_is_known_by_its_amount_before_its_id() -> None:
    provider = ProviderBooks((CHARGE,), (replace(BACK, is_reversal=True, reference="key-1"),))
    told = Refund("r1", "p1", "completed", TWO, is_own=False)
    payment = replace(PAID, refunded=TWO, claimed=TWO)

    assert differences(provider, OurBooks((payment,), (told,)), settled=True) == []
    assert differences(provider, OurBooks((payment,), (replace(told, amount=FIVE),)), settled=True) != []


def test_books_are_read_from_what_each_side_shows() -> None:
    amount = {"value": "5.00", "currency_code": "EUR"}
    capture = {
        "id": "C1", "status": "COMPLETED", "amount": amount, "custom_id": "key-1",
        "supplementary_data": {"related_ids": {"order_id": "O1"}},
    }  # fmt: skip
    back = {
        "id": "R1",
        "status": "COMPLETED",
        "amount": amount,
        "links": [{"rel": "up", "href": "http://x/captures/C1"}],
    }
    row = {
        "resource_uri": "/generic/transaction/1/", "type": 0, "status": 1, "amount": "5.00", "currency": "EUR", "provider": 0,
        "uid_pay": "O1", "captured_amount": "5.00", "refunded_amount": "5.00", "outcome": "succeeded", "related": None,
    }  # fmt: skip
    refund = row | {
        "resource_uri": "/generic/transaction/2/",
        "type": 1,
        "uid_pay": "R1",
        "related": row["resource_uri"],
    }
    kept_by_client = row | {"resource_uri": "/generic/transaction/3/", "provider": None}

    provider = ProviderBooks.from_state({"captures": [capture], "refunds": [back], "reversals": []})
    ours = OurBooks.from_api([row, refund, kept_by_client])

    assert provider.charges == (CHARGE,)
    assert [payment.name for payment in ours.payments] == [row["resource_uri"]]
    assert differences(provider, ours, settled=True) == []
