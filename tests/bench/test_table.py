"""The table says of each scenario what was measured, in the units that its head names."""

from benchmarks.load import Ran, quantiles
from benchmarks.table import HEADINGS, Row, aligned, memory, table


def ran(units: int, took_s: float, **cpu_s: float) -> Ran:
    return Ran(
        units, took_s, {"server": 0.0, "database": 0.0, "simulator": 0.0, "generator": 0.0} | cpu_s, [], [], [], []
    )


def row(*runs: Ran, limits: tuple[float, ...]) -> Row:
    latencies = [float(number) for number in range(1, 101)]
    return Row("read transaction", 6, 1, list(limits), list(runs), latencies, latencies)


def test_each_column_is_under_its_heading() -> None:
    one = row(ran(1000, 10, server=4, database=1, simulator=3, generator=0.5), limits=(400.0,))

    head, line = table([one]).splitlines()

    assert len(head) >= len(line)
    said = dict(zip(HEADINGS, one.cells(), strict=True))
    assert line.startswith("read transaction ")
    assert said["ratio"] == "0.250"
    # 1000 units in 2.5 s of two processors that nobody else used.
    assert said["alone"] == "1.000"
    assert [said[f"{part} ms"] for part in ("server", "database", "simulator", "generator")] == [
        "4.00",
        "1.00",
        "3.00",
        "0.50",
    ]
    assert (said["statements"], said["commits"]) == ("6", "1")
    assert (said["p50"], said["p99"]) == ("50.5", "99.0")


def test_a_ratio_is_the_median_of_those_of_each_repeat() -> None:
    one = row(ran(100, 1), ran(300, 1), ran(200, 1), limits=(1000.0, 1000.0, 400.0))

    assert one.ratios == [0.1, 0.3, 0.5]
    assert one.cells()[1:3] == ["0.300", "0.100-0.500"]


def test_quantiles_of_little_are_what_there_is() -> None:
    assert quantiles([]) == (0, 0, 0)
    assert quantiles([7.0]) == (7, 7, 7)


def test_numbers_stand_to_the_right() -> None:
    assert aligned([["a", "long"], ["longer", "1"]]) == "a       long\nlonger     1"


def test_memory_is_told_of_the_largest_processes() -> None:
    assert memory({"server": [100.4, 50.0], "database": [5.0, 4.0, 3.0, 2.0, 1.0]}).splitlines() == [
        "memory of server: 150 MiB in 2 processes: 100, 50",
        "memory of database: 15 MiB in 5 processes: 5, 4, 3, 2, ...",
    ]


def test_what_is_added_is_the_time_without_the_providers_in_the_process_and_for_the_client() -> None:
    ran = Ran(2, 1.0, {}, [20.0, 30.0], [15.0, 18.0], [10.0, 10.0], ["", ""])

    assert ran.added_ms == [5.0, 8.0]
    assert ran.client_added_ms == [10.0, 20.0]
