"""The shares of a classic payment: exact to the last digit, and never more than there is."""

from decimal import Decimal
from typing import Any

import pytest
from django.test import override_settings
from hypothesis import given
from hypothesis import strategies as st
from tests.paypal.classic.world import PARTNER, money

from solitude.configuration import chains
from solitude.money.money import Money
from solitude.providers.paypal import currencies
from solitude.providers.paypal.forms import split

OWN = "own@shop.example"
AMOUNTS = st.tuples(st.integers(1, 500_000), st.sampled_from(sorted(currencies.ACCEPTED))).map(
    lambda drawn: Money(Decimal(drawn[0]).scaleb(-currencies.digits(drawn[1])), drawn[1])
)
PERCENTAGES = st.lists(st.integers(1, 25), max_size=4).map(
    lambda percents: tuple(
        (Decimal(percent), f"partner-{place}@shop.example") for place, percent in enumerate(percents)
    )
)


def shares(paid: Money, fee: Money | None = None, **settings: Any) -> dict[str, str]:
    with override_settings(**settings):
        return {share.payee: share.amount.text for share in split.shares(paid, fee)}


@pytest.mark.parametrize(
    ("paid", "percent", "share"),
    [
        (money("3.75"), "30", "1.12"),  # 1.125: a tie goes to the even digit
        (money("3.85"), "30", "1.16"),  # 1.155
        (money("125", "JPY"), "2", "2"),  # 2.5
        (money("1150", "HUF"), "0.5", "6.00"),  # 5.75: PayPal takes no digits
        (money("0.01"), "100", "0.01"),
    ],
)
def test_a_percentage_is_rounded_half_even_to_what_paypal_takes(paid: Money, percent: str, share: str) -> None:
    assert shares(paid, SOLITUDE_PAYPAL_CHAINS=((Decimal(percent), PARTNER),)) == {PARTNER: share}


def test_who_would_get_nothing_is_no_receiver() -> None:
    assert shares(money("0.10"), SOLITUDE_PAYPAL_CHAINS=((Decimal("1"), PARTNER),)) == {}


def test_the_marketplaces_share_goes_to_its_own_account_before_the_others() -> None:
    found = shares(
        money("10.00"),
        money("2.50"),
        SOLITUDE_PAYPAL_CLASSIC_EMAIL=OWN,
        SOLITUDE_PAYPAL_CHAINS=((Decimal("5"), PARTNER),),
    )

    assert list(found.items()) == [(OWN, "2.50"), (PARTNER, "0.50")]


def test_one_receiver_gets_everything_at_once() -> None:
    chain = ((Decimal("5"), OWN),)

    assert shares(money("10.00"), money("2.50"), SOLITUDE_PAYPAL_CLASSIC_EMAIL=OWN, SOLITUDE_PAYPAL_CHAINS=chain) == {
        OWN: "3.00"
    }


def test_a_share_needs_an_account() -> None:
    with pytest.raises(ValueError, match="SOLITUDE_PAYPAL_CLASSIC_EMAIL"):
        shares(money("10.00"), money("2.50"))


def test_more_than_there_is_is_refused() -> None:
    with pytest.raises(ValueError, match="more than"):
        shares(
            money("10.00"),
            money("9.51"),
            SOLITUDE_PAYPAL_CLASSIC_EMAIL=OWN,
            SOLITUDE_PAYPAL_CHAINS=((Decimal("5"), PARTNER),),
        )


@given(AMOUNTS, PERCENTAGES)
def test_all_shares_together_are_never_more_than_the_amount(
    paid: Money, chain: tuple[tuple[Decimal, str], ...]
) -> None:
    with override_settings(SOLITUDE_PAYPAL_CHAINS=chain):
        found = split.shares(paid, None)

    assert sum((share.amount for share in found), Money.zero(paid.currency)) <= paid
    unit = Decimal(1).scaleb(-currencies.digits(paid.currency))
    percents = {email: percent for percent, email in chain}
    for share in found:
        exact = paid.amount * percents[share.payee] / 100
        assert share.amount.amount % unit == 0
        # The last one may go without what the others' roundings took.
        assert -unit * len(chain) < share.amount.amount - exact <= unit / 2


@pytest.mark.parametrize(
    "text",
    [
        "{}", "[[5]]", '[["5", "x"]]', '[["0", "a@b.example"]]', '[["NaN", "a@b.example"]]', '[["60", "a@b.example"], [50, "c@b.example"]]',
        '[["5", "a@b.example"], ["5", "a@b.example"]]', '[["5", 7]]', "5", '[[true, "a@b.example"]]x',
    ],
)  # fmt: skip
def test_a_list_that_cannot_be_used_stops_the_start(text: str) -> None:
    with pytest.raises(ValueError):
        chains(text)


def test_percentages_are_exact() -> None:
    assert chains('[[2.675, "a@b.example"], ["10", "c@b.example"]]') == (
        (Decimal("2.675"), "a@b.example"),
        (Decimal("10"), "c@b.example"),
    )
