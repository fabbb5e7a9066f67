"""`retention`: what is due to go, and letting it go now."""

import argparse
import sys
import time
from typing import Any

from . import start

# Between two looks at what another process is at.
BUSY_S = 0.2


def take(commands: Any) -> None:
    retention = commands.add_parser("retention", help="what has been kept for long enough: shows it, or lets it go")
    what = retention.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--plan", action="store_true", help="shows of each class of data what would go now; changes nothing"
    )
    what.add_argument("--run", dest="now", action="store_true", help="lets it go, as the worker does by itself")
    retention.add_argument("--class", dest="name", metavar="NAME", help="this class of data only")
    retention.set_defaults(run=_retention)


def _retention(chosen: argparse.Namespace) -> int:
    settings = start.set_up()
    if start.is_behind():
        return start.NOT_MIGRATED
    from solitude.retention import classes

    declared = classes.declared()
    if chosen.name and chosen.name not in declared:
        print(f"solitude: there is no class {chosen.name}; there are {', '.join(declared)}", file=sys.stderr)
        return start.UNUSABLE
    wanted = [data for name, data in declared.items() if chosen.name in (None, name)]
    return _plan(wanted) if chosen.plan else _run(settings, wanted)


def _plan(wanted: list[Any]) -> int:
    from solitude.retention import months, plan, table

    for data in wanted:
        print(f"{data.name}: {data.action} after {table.period(data)} ({data.setting})")
        now = plan.backlog(data)
        if now.oldest:
            print(f"  due now: {now.due} rows, the oldest from {now.oldest:%Y-%m-%d}")
            print(f"  {data.then}")
        else:
            print("  due now: nothing")
        for month, rows in months.ready(data):
            print(f"  as a whole: {month.name}, {rows} rows")
        for why, count in now.held.items():
            print(f"  held back: {count} rows ({why})")
    return 0


def _run(settings: Any, wanted: list[Any]) -> int:
    """Batch by batch with the pause between; what another process has begun is gone on with."""
    from solitude.retention import plan, running
    from solitude.telemetry import metrics

    start.set_up_logs(settings)
    metrics.configure(settings.SOLITUDE_STATSD, settings.SOLITUDE_STATSD_PREFIX)
    failed = False
    for data in wanted:
        if data.days is None:
            print(f"{data.name}: kept for ever")
            continue
        running.begin(data.name)
        while running.is_open(data.name):
            if running.batch(data.name) is not None:
                time.sleep(settings.SOLITUDE_RETENTION_PAUSE_MS / 1000)
            else:
                time.sleep(BUSY_S)
        last = plan.last_run(data.name)
        failed = failed or bool(last and last.error)
        if last:
            print(
                f"{data.name}: {last.rows} rows, {last.held} held back{f', failed: {last.error}' if last.error else ''}"
            )
    return start.NOT_DONE if failed else 0
