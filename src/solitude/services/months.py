"""That months are there before they begin, in tables by month: without its month no row can be written, and no payment be taken."""

from django.db import OperationalError

from solitude import monthly
from solitude.telemetry import metrics
from solitude.telemetry.logs import get_logger

log = get_logger("solitude.months")


def make() -> None:
    """For the worker: makes what is missing, and tells how much there is."""
    try:
        monthly.make_ahead()
    except OperationalError as error:
        if not monthly.is_locked(error):
            raise
        log.info("month_put_off")
    ahead = monthly.ahead()
    if ahead is None:
        return
    metrics.gauge("solitude_months_ahead", ahead)
    if ahead < monthly.AHEAD_WARNING:
        log.error("months_run_out", ahead=ahead)
