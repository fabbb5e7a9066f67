"""The plan says how many machines a load takes, by the CPU and the disk that one payment takes."""

import pytest
from benchmarks.plan import BUSY, FULL, PEAK, YEAR_S, Cost, Machine, fullest, needed, shard_of, table

COSTS = {"pay": Cost(10.0, 4.0, writes=True), "read": Cost(2.0, 1.0)}
MIX = {"pay": 1.0, "read": 2.0}
LARGE = Machine(cores=8, disk_gb=1e9)


def test_cores_are_those_of_the_busiest_minute() -> None:
    found = needed(100 * YEAR_S, LARGE, COSTS, MIX)

    assert found.payments_per_s == pytest.approx(100 * PEAK)
    assert found.server_cores == pytest.approx(PEAK * 100 * (10 + 2 * 2) / 1000)
    assert found.primary_cores == pytest.approx(PEAK * 100 * 4 / 1000)
    assert found.read_cores == pytest.approx(PEAK * 100 * 2 * 1 / 1000)
    assert found.servers == -(-found.server_cores // (8 * BUSY))


def test_reads_move_to_replicas_when_one_machine_is_too_busy() -> None:
    assert needed(10 * YEAR_S, LARGE, COSTS, MIX).replicas == 0
    assert needed(100 * YEAR_S, LARGE, COSTS, MIX).replicas == 1


def test_what_one_primary_cannot_do_is_divided() -> None:
    assert [needed(rate * YEAR_S, LARGE, COSTS, MIX).shards for rate in (1, 100, 101, 1000)] == [1, 1, 2, 10]


def test_and_what_one_disk_cannot_hold() -> None:
    small = needed(1e6, LARGE, COSTS, MIX)
    machine = Machine(cores=8, disk_gb=small.disk_gb / FULL / 2.5)

    assert small.shards == 1
    assert needed(1e6, machine, COSTS, MIX).shards == 3


def test_a_seller_is_always_in_the_same_of_all_shards() -> None:
    places = [shard_of(f"dev:{number}", 7) for number in range(1000)]

    assert places == [shard_of(f"dev:{number}", 7) for number in range(1000)]
    assert set(places) == set(range(7))


def test_the_fullest_shard_is_fuller_where_sellers_are_few() -> None:
    assert fullest(2000, 1, sales=1000) == 1
    assert fullest(20, 8, sales=20_000) > fullest(20_000, 8, sales=20_000) > 1


def test_the_table_has_a_line_for_each_load() -> None:
    head, *lines = table(1e6, [1, 1000], Machine(16, 4000), 100).splitlines()

    assert head.split()[0] == "times"
    assert [line.split()[0] for line in lines] == ["1", "1000"]
