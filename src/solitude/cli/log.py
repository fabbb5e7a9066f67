"""`log`: the transactions of a day as CSV."""

import argparse
import os
import sys
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from . import start


def take(commands: Any) -> None:
    log = commands.add_parser(
        "log", help="the transactions of a day as CSV: all (stats), or those that are paid, once only (revenue)"
    )
    log.add_argument("--type", choices=("stats", "revenue"), required=True)
    log.add_argument("--date", type=_day, metavar="YYYY-MM-DD", help="the day, in UTC (default: yesterday)")
    log.add_argument("--today", action="store_true", help="today, unless there is a --date")
    log.add_argument("--dir", type=Path, metavar="PATH", help="the folder of the file; else standard output")
    log.add_argument(
        "--with-type", action="store_true", help="a 15th column, which tells refunds and reversals from payments"
    )
    log.set_defaults(run=_log)


def _log(chosen: argparse.Namespace) -> int:
    start.set_up()
    if start.is_behind():
        return start.NOT_MIGRATED
    from solitude.transactions import exports
    from solitude.transactions.models import ExportType

    day = chosen.date or datetime.now(UTC).date() - timedelta(days=0 if chosen.today else 1)
    log = exports.Log(ExportType[chosen.type.upper()], day, chosen.dir, chosen.with_type)
    try:
        exports.write(log, lambda said: print(f"solitude: {said}", file=sys.stderr))
    except exports.NotDelivered as error:
        print(f"solitude: {error}", file=sys.stderr)
        return start.NOT_DONE
    except OSError as error:
        print(f"solitude: the log did not go out: {error}", file=sys.stderr)
        if chosen.dir is None:
            # Nobody reads: what is left in the buffer would fail once more when Python ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return start.NOT_DONE
    return 0


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    # Python reads other forms too, and the day after the last one is none.
    if day.isoformat() != text or day == date.max:
        raise ValueError(text)
    return day
