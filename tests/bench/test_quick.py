"""`make bench` works: real processes, PostgreSQL on a disk, the limit of what was recorded, and a table of it all."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks.table import EMBEDDED_HEADINGS, HEADINGS

pytestmark = pytest.mark.long
WITHIN_S = 380
ROOT = Path(__file__).parents[2]


def bench(*arguments: str) -> list[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOLITUDE_")}
    ran = subprocess.run(
        [sys.executable, "-m", "benchmarks", "--quick", *arguments],
        cwd=ROOT,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        timeout=WITHIN_S,
    )
    assert ran.returncode == 0, ran.stderr
    return ran.stdout.splitlines()


def test_a_payment_is_measured_on_postgresql() -> None:
    name = "payment with pre-approval"

    head, line, slow, *more = bench("--only", name, "--database", "postgresql")

    assert [word for word in HEADINGS if word in head] == list(HEADINGS)
    said = line.removeprefix(name).split()
    assert line.startswith(name)
    assert len(said) == len(HEADINGS) - 1
    assert 0 < float(said[0]) < 2
    assert int(said[-2]) >= int(said[-1]) >= 2, "a payment writes its intent before it asks, and its outcome after that"
    assert slow.startswith(f"{name}, 300 ms at the provider")
    assert [text.split(":")[0] for text in more[:3]] == [
        f"memory of {part}" for part in ("server", "database", "simulator")
    ]


def test_a_transaction_is_measured_on_sqlite() -> None:
    head, line, *_ = bench("--only", "create transaction", "--database", "sqlite")

    assert head.split() == " ".join(EMBEDDED_HEADINGS).split()
    name, rest = line.split(",")
    ratio, _, alone, *_ = rest.removeprefix(" SQLite").split()
    assert name == "create transaction"
    # On a slow disk the server computes while both wait for it, and alone, which leaves that out, is far above 1. What SQLite computes for
    # one request Python need not wait for with another one: so it may be a little less than the ratio, of what has several processors.
    assert 0 < float(ratio) <= float(alone) * (os.cpu_count() or 1)
