"""Years that pass for the database and for this process, and retention that is due then."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from tests.faults.clock import Clock

from solitude.audit import sealing
from solitude.audit.bounds import bounds
from solitude.retention import classes, plan, running
from solitude.retention.models import RetentionRun

BATCHES_MAX = 1000


@contextmanager
def later(**span: float) -> Iterator[Clock]:
    """Within the block it is so much later."""
    clock = Clock()
    clock.now = datetime.now(UTC) + timedelta(**span)
    with clock.governing(clock.move):
        yield clock


def seal_all() -> None:
    """All that can be sealed."""
    for _ in range(3):
        bounds.forget()
        while sealing.seal_due():
            pass


def run(name: str) -> RetentionRun:
    """One run over a class, as the foreground does it; its row."""
    running.begin(name)
    for _ in range(BATCHES_MAX):
        if not running.is_open(name):
            break
        running.batch(name)
    else:
        raise AssertionError(f"the run over {name} does not end")
    last = plan.last_run(name)
    assert last is not None
    return last


def run_all() -> dict[str, RetentionRun]:
    """As often as something goes: what one class lets go may be what held another one back."""
    found: dict[str, RetentionRun] = {}
    for _ in range(10):
        runs = {name: run(name) for name, data in classes.declared().items() if data.days is not None}
        found = found or runs
        assert [one.error for one in runs.values() if one.error] == []
        if not any(one.rows for one in runs.values()):
            return found
    raise AssertionError("retention never comes to an end")
