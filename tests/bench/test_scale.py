"""Two sizes are compared run by run, and what was measured of each is under its heading."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, cast

import pytest
from benchmarks.load import Ran
from benchmarks.places import ON_DISK
from benchmarks.scale import HEADINGS, Scale, Side

ROOT = Path(__file__).parents[2]


def side(per_second: list[float], server_s: float, calm: list[float]) -> Side:
    runs = [
        Ran(int(rate), 1.0, {"server": server_s, "database": 0.1, "generator": 9.0}, [], [], [], [])
        for rate in per_second
    ]
    return Side(10, cast(Any, None), cast(Any, None), {}, {"pay": runs}, {"pay": calm}, {"pay": [8.0]})


def test_ratios_are_of_many_rows_by_few() -> None:
    few, many = side([100, 200, 400], 1.0, [10.0] * 99 + [20.0]), side([100, 100, 100], 1.0, [15.0] * 200)

    said = Scale((few, many), ("pay",), 1.0, 3, print)._cells("pay")

    throughput, spread, cpu, p50, p99 = said[1:6]
    assert len(said) == len(HEADINGS)
    assert (throughput, spread) == ("0.50", "0.25-1.00")
    assert cpu == "0.50"  # the same CPU for 200 units and for 100
    assert p50 == "1.50"
    assert 1.4 < float(p99) <= 1.5


@pytest.fixture
def folder() -> Iterator[Path]:
    """Not in pytest's own, which PostgreSQL's user may not enter."""
    with TemporaryDirectory(prefix="solitude-bench-", dir=ON_DISK) as name:
        yield Path(name)


@pytest.mark.long
def test_two_sizes_are_written_kept_and_compared(folder: Path) -> None:
    sizes = ("--rows", "300", "--rows", "600", "--folder", str(folder))
    only = ("--only", "read: any transaction", "--only", "list: of any seller")

    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", *sizes, *only],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
        timeout=500,
    )

    assert ran.returncode == 0, ran.stderr
    lines = ran.stdout.splitlines()
    assert lines[0] == "over 300 and over 600 transactions"
    assert [name for name in only[1::2] if any(line.startswith(name) for line in lines)] == list(only[1::2])
    assert any(line.startswith("worker: recovery finds nothing") for line in lines)
    assert sorted(path.parent.name for path in folder.glob("home-*/whole")) == [
        "home-rows_300",
        "home-rows_600",
    ]
