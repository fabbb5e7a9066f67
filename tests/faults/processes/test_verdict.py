"""That the proving ground finds what it looks for: crimes are planted in the provider's books, or in what clients were told."""

from collections.abc import Iterator
from decimal import Decimal
from typing import Any

import pytest

from tests.faults.processes import feed
from tests.faults.processes.plans import BUYERS, DEATHS, FUNDINGS, REFUNDS, Promise, amount_of, part_of, plan_of
from tests.faults.processes.run import verdict
from tests.sandbox.client import Sandbox, money, order, unit
from tests.support.simulator import Simulator

NUMBER = 3
PART = Decimal("0.34")


@pytest.fixture
def provider(paypal: Simulator) -> Iterator[Sandbox]:
    client = Sandbox(paypal.root)
    yield client
    client.close()


def bought(provider: Sandbox, number: int = NUMBER) -> dict[str, Any]:
    """A capture at the provider with the amount of this payment."""
    amount, currency = amount_of(number)
    taken: dict[str, Any] = provider.paid_capture(order(unit(str(amount), currency)))
    return taken


def our_row(capture: dict[str, Any], refunds: tuple[dict[str, Any], ...] = ()) -> list[dict[str, Any]]:
    """The rows that our API would list for a capture and its refunds."""
    amount = capture["amount"]
    refunded = sum((Decimal(refund["amount"]["value"]) for refund in refunds), Decimal(0))
    payment = {
        "resource_uri": "/generic/transaction/1/",
        "provider": 0,
        "type": 0,
        "status": 1,
        "amount": amount["value"],
        "currency": amount["currency_code"],
        "uid_pay": capture["supplementary_data"]["related_ids"]["order_id"],
        "captured_amount": amount["value"],
        "refunded_amount": str(refunded),
        "outcome": "succeeded",
        "related": None,
    }
    return [
        payment,
        *(
            payment
            | {
                "resource_uri": f"/generic/transaction/{number}/",
                "type": 1,
                "amount": refund["amount"]["value"],
                "uid_pay": refund["id"],
                "related": payment["resource_uri"],
            }
            for number, refund in enumerate(refunds, 2)
        ),
    ]


def promised(told: str, **more: Any) -> list[Promise]:
    return [Promise(plan_of(1, NUMBER), told, **more)]


def test_a_payment_that_was_made_once_and_told_so_is_good(provider: Sandbox) -> None:
    capture = bought(provider)

    assert verdict(promised("paid"), provider.state(), our_row(capture)) == []


def test_a_charge_that_only_the_provider_knows_is_lost(provider: Sandbox) -> None:
    capture = bought(provider)

    found = verdict(promised("nothing"), provider.state(), [])

    assert found == [f"lost: capture {capture['id']} of 1.03 EUR has no transaction"]


def test_a_doubled_charge_is_found_even_when_our_books_have_both(provider: Sandbox) -> None:
    """One intent under two transactions of ours: the books agree, and the buyer has paid twice."""
    first, second = bought(provider), bought(provider)
    (other,) = our_row(second)

    found = verdict(
        promised("paid"), provider.state(), [*our_row(first), other | {"resource_uri": "/generic/transaction/9/"}]
    )

    assert len(found) == 1
    assert "payment 3: doubled: its buyer was charged 2 times" in found[0]


def test_what_a_client_was_told_to_be_paid_must_be_captured(provider: Sandbox) -> None:
    found = verdict(promised("paid"), provider.state(), [])

    assert found == ["payment 3: lost: its client was told that it is paid, and nothing was captured"]


def test_what_a_client_was_told_to_be_refused_must_not_be_captured(provider: Sandbox) -> None:
    capture = bought(provider)

    found = verdict(promised("refused"), provider.state(), our_row(capture))

    assert found == ["payment 3: its client was told that it is refused, and it was captured"]


def test_a_charge_for_which_nobody_asked_is_found(provider: Sandbox) -> None:
    capture = bought(provider, number=5)

    found = verdict([], provider.state(), our_row(capture))

    assert found == ["1 captures of 1.05 EUR, for which nobody asked"]


def test_refunds_are_what_clients_were_told(provider: Sandbox) -> None:
    capture = bought(provider)
    refund = provider.refund(capture["id"], {"amount": money(str(PART), "EUR")}).json
    rows, state = our_row(capture, (refund,)), provider.state()

    assert verdict(promised("paid", refunds_asked=1, refunded=[PART]), state, rows) == []
    assert verdict(promised("paid", refunds_asked=0), state, rows) == [
        "payment 3: doubled: 0 refunds were asked for, and 1 went back"
    ]
    assert verdict(promised("paid", refunds_asked=2, refunded=[PART, PART]), state, rows) == [
        "payment 3: lost: its client was told that 0.34 went back, and it did not"
    ]


def event(cursor: int, old: str | None, new: str, number: int = 1) -> dict[str, Any]:
    uri = f"/generic/transaction/{number}/"
    return {"cursor": str(cursor), "type": f"transaction.{new}", "resource_uri": uri, "from": old, "to": new}


ROW = {"resource_uri": "/generic/transaction/1/", "status": 1}
TOLD = [event(1, None, "started"), event(2, "started", "completed")]


@pytest.mark.parametrize(
    ("heard", "kept", "rows", "fault"),
    [
        (TOLD, TOLD, [ROW], None),
        (TOLD[1:], TOLD, [ROW], "a reader of the feed was told 1 of 2 events: 1 missed, 0 twice"),
        ([*TOLD, TOLD[1]], TOLD, [ROW], "a reader of the feed was told 3 of 2 events: 0 missed, 1 twice"),
        (TOLD[1:], TOLD[1:], [ROW], "the feed of /generic/transaction/1/ goes on from started where it was None"),
        (TOLD[:1], TOLD[:1], [ROW], "the feed ends /generic/transaction/1/ as started, and it is completed"),
        ([], [], [ROW], "the feed has no event of /generic/transaction/1/"),
        (TOLD, TOLD, [], "the feed tells of /generic/transaction/1/, which is not there"),
    ],
    ids=["all", "missed", "twice", "gap", "no end", "none", "no row"],
)
def test_the_feed_tells_every_change_once(
    heard: list[dict[str, Any]], kept: list[dict[str, Any]], rows: list[dict[str, Any]], fault: str | None
) -> None:
    assert list(feed.faults(heard, kept, rows)) == ([fault] if fault else [])


def test_plans_follow_from_the_seed_and_amounts_tell_payments_apart() -> None:
    plans = [plan_of(7, number) for number in range(2000)]

    assert plans == [plan_of(7, number) for number in range(2000)]
    assert plans != [plan_of(8, number) for number in range(2000)]
    assert len({(plan.amount, plan.currency) for plan in plans}) == len(plans)
    # Every kind of payment comes about.
    kinds = {"funding": FUNDINGS, "refund": REFUNDS, "dies_at": DEATHS}
    for name, values in kinds.items():
        assert {getattr(plan, name) for plan in plans} == set(values)
    assert len({plan.buyer for plan in plans}) == BUYERS
    assert all(0 < part_of(plan) < plan.amount for plan in plans)


def test_a_run_has_only_as_many_payments_as_there_are_amounts() -> None:
    with pytest.raises(ValueError, match="an amount of its own"):
        plan_of(1, 30_000)
