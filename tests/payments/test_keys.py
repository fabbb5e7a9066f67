"""Keys of provider calls: UUIDs of version 7, in the order of time."""

import uuid
from datetime import UTC, datetime, timedelta

import time_machine
from hypothesis import given
from hypothesis import strategies as st
from tests.support.marketplace import Marketplace

from solitude.payments.keys import new_key
from solitude.payments.models import ProviderCall

MANY = 5_000
MS, EPOCH = timedelta(milliseconds=1), datetime(1970, 1, 1, tzinfo=UTC)
MOMENT = datetime(2030, 2, 3, 4, 5, 6, 789_000, tzinfo=UTC)


@given(st.integers(0, (datetime(9999, 12, 31, tzinfo=UTC) - EPOCH) // MS))
def test_a_key_is_a_uuid_of_version_7_of_its_millisecond(since_1970_ms: int) -> None:
    with time_machine.travel(EPOCH + since_1970_ms * MS, tick=False):
        key = new_key()
    made = uuid.UUID(key)
    assert (made.version, made.variant, str(made)) == (7, uuid.RFC_4122, key)
    assert made.int >> 80 == since_1970_ms


@given(st.integers(1, 10**12))
def test_a_later_key_is_behind_an_earlier_one(later_ms: int) -> None:
    with time_machine.travel(MOMENT, tick=False):
        first = new_key()
    with time_machine.travel(MOMENT + later_ms * MS, tick=False):
        assert first < new_key()


def test_of_one_millisecond_all_are_different_in_each_of_their_random_bits() -> None:
    with time_machine.travel(MOMENT, tick=False):
        made = [uuid.UUID(new_key()).int for _ in range(MANY)]
    assert len(set(made)) == MANY
    always_set, ever_set = made[0], 0
    for number in made:
        always_set, ever_set = always_set & number, ever_set | number
    assert (ever_set & ~always_set).bit_count() == 74


def test_what_is_asked_of_a_provider_is_named_so_and_a_transaction_tells_no_time(shop: Marketplace) -> None:
    paid = shop.pay(shop.product())
    assert paid.status == 201
    keys = ProviderCall.objects.values_list("key", flat=True)
    assert {uuid.UUID(key).version for key in keys} == {7}
    assert uuid.UUID(paid["uuid"].removeprefix("solitude:")).version == 4
