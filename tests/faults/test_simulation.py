"""The proving ground itself: it finds nothing in the house, tells the same story each time, and finds the defects that we put in."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from typing import Any
from unittest import mock

import pytest

from solitude.money.money import Money
from solitude.payments import calls, money_back, refund
from solitude.payments.contract import Call, Intent, Operation, Outcome, Result
from solitude.payments.models import ProviderCall
from solitude.providers.paypal.provider import PayPal
from solitude.providers.paypal.rest import reading
from solitude.providers.paypal.rest.wire import Failed
from solitude.transactions import states
from solitude.transactions.models import Transaction
from solitude.web.idempotency import Claim
from tests.faults.simulation import Simulation
from tests.faults.tally import story, table

pytestmark = pytest.mark.long

SEEDS = (1, 2, 3)
# A defect that is not found by then is not found.
EPISODES_MOST = 25


@pytest.fixture
def simulation(transactional_db: None) -> Iterator[Simulation]:
    simulation = Simulation()
    with simulation.ready():
        yield simulation


@pytest.mark.parametrize("seed", SEEDS)
def test_nothing_is_lost_and_nothing_doubled(simulation: Simulation, seed: int) -> None:
    episode = simulation.run(seed)

    tally = simulation.tally
    assert tally.clean, story(tally.failures[0])
    assert episode.problems == []
    assert tally.steps > 200
    assert tally.payments > 3
    assert table(tally, 1, seed, "any").endswith("lost            0\ndoubled         0")


def test_a_seed_tells_the_same_story_again(simulation: Simulation) -> None:
    first, second, other = simulation.run(7), simulation.run(7), simulation.run(8)

    assert first.trace == second.trace
    assert first.digest == second.digest != other.digest


# --- a proving ground that cannot fail proves nothing --------------------------------------------------------------

_failed, _record, _enter, _find_out, _tell = (
    reading.failed, calls._record, calls.enter, PayPal.find_out, states._tell
)  # fmt: skip


def _time_out_is_refusal(found: Failed) -> Result:
    result = _failed(found)
    return replace(result, outcome=Outcome.DECLINED) if found.sent else result


def _time_out_is_not_sent(found: Failed) -> Result:
    return _failed(replace(found, sent=False))


def _last_one_is_right(call: ProviderCall, result: Result, *more: Any, **named: Any) -> ProviderCall:
    """Records whatever came last over what is known, without the guard that keeps a known outcome."""
    ProviderCall.objects.filter(pk=call.pk).update(outcome="unknown")
    return _record(call, result, *more, **named)


def _not_sent_now_was_never_sent(known: ProviderCall, result: Result, **named: Any) -> ProviderCall:
    """Takes a try that was not sent for proof about the tries before."""
    ProviderCall.objects.filter(pk=known.pk).update(takeovers=0, outcome="none")
    return _enter(known, result, **(named | {"held": None, "first_try": True}))


def _new_key_for_each_try(self: PayPal, call: Call) -> Result:
    return _find_out(self, replace(call, key=str(uuid.uuid4())))


def _refund_without_a_claim(
    payment: Transaction, amount: Money, provider: str, intent: Intent, ids: dict[str, str], claim: Claim | None
) -> ProviderCall:
    row = money_back.new_refund(payment, amount)
    states.begin(row, "refund_begun")
    return calls.begin(provider, Operation.REFUND, intent, row=row, ids=ids, claim=claim)


def _move_without_an_event(row: Transaction, edge: str, *more: Any, **named: Any) -> None:
    if edge != "outcome_unknown":
        _tell(row, edge, *more, **named)


def _sums_that_stay(payment: Transaction) -> None:
    """Refunds that change no sum of their payment."""


DEFECTS: dict[str, Callable[[], AbstractContextManager[Any]]] = {
    "a time-out is a refusal": lambda: mock.patch.object(reading, "failed", _time_out_is_refusal),
    "a time-out was not sent": lambda: mock.patch.object(reading, "failed", _time_out_is_not_sent),
    "the last one is right": lambda: mock.patch.object(calls, "_record", _last_one_is_right),
    "not sent now was never sent": lambda: mock.patch.object(calls, "enter", _not_sent_now_was_never_sent),
    "a new key for each try": lambda: mock.patch.object(PayPal, "find_out", _new_key_for_each_try),
    "a key begins anew each time": lambda: mock.patch.object(calls, "begun_under", return_value=None),
    "a refund without a claim": lambda: mock.patch.object(refund, "begin", _refund_without_a_claim),
    "sums that stay": lambda: mock.patch.object(money_back, "_sum_up", _sums_that_stay),
    "a move without an event": lambda: mock.patch.object(states, "_tell", _move_without_an_event),
}


@pytest.mark.parametrize("defect", DEFECTS)
def test_a_defect_is_found(simulation: Simulation, defect: str) -> None:
    with DEFECTS[defect]():
        found = next((seed for seed in range(EPISODES_MOST) if simulation.run(seed).problems), None)

    assert found is not None
    assert not simulation.tally.clean
    assert f"SEED={found}" in story(simulation.tally.failures[0])
