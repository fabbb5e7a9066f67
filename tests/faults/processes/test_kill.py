"""A short run of the proving ground on the database under test. The long ones: `make torture-kill`."""

import os

import pytest

from tests.faults.processes.run import new_seed, run
from tests.support import isolation

pytestmark = pytest.mark.long

# Enough that a machine with nothing else to do does not end before the first kill.
PAYMENTS = 100


def test_no_payment_is_lost_or_doubled_when_everything_is_killed() -> None:
    report = run(
        database="postgresql" if os.environ[isolation.INHERITED_DATABASE] else "sqlite",
        payments=PAYMENTS,
        seconds=120,  # a limit for a machine that is busy; the payments are made sooner
        seed=new_seed(),
        # More often, and a busy machine would only start servers.
        kills_per_minute=30,
        clients=6,
        patience_s=6,
    )

    print(report.table())
    assert report.is_good, report.told_in_full()
    # That something was at stake.
    assert sum(report.kills.values()) > 0, report.told_in_full()
    assert report.told.get("paid", 0) > 0, report.told_in_full()
