"""After the storm: waits until nothing is uncertain any more, first for the workers, then by asking about every open payment."""

import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from tests.faults.books import UNCERTAIN
from tests.faults.processes.wire import Api
from tests.support.simulator import Simulator

PAUSE_S = 0.25
# More than a lease: what is uncertain after this needs more than time.
PATIENT_S = 8
PAGE_ROWS = 100
PAGES_MAX = 1000
OPEN = (0, 6)  # pending, started
# Beyond the simulator's memory of a request for a payment (6 h), within the life of its access tokens (9 h).
FORGOTTEN_AFTER_S = 7 * 3600
STUBBORN_FAULT = "stored_500"
READINGS, READING_PAUSE_S = 4, 2.0


class NoBooks(Exception):
    """Our books cannot be read through the API."""


@dataclass(frozen=True, slots=True)
class Settled:
    """`left`: how much is uncertain still. `by_worker`: nobody but the workers had to ask."""

    left: int
    by_worker: bool
    seconds: float


def settle(api: Api, paypal: Simulator, dice: random.Random, within_s: float, *, has_worker: bool) -> Settled:
    """Ends when nothing is uncertain, or when the time is over."""
    began = time.monotonic()
    workers_until = began + (within_s / 2 if has_worker else 0)
    patient, by_worker, left = True, has_worker, -1
    while (now := time.monotonic()) < began + within_s:
        if now >= workers_until:
            by_worker = False
            left = ask_about_open(api, dice)
        else:
            left = uncertain(api, dice)
        if left == 0:
            break
        if patient and now > began + PATIENT_S:
            # What PayPal answers with the same 500 until it has forgotten the request.
            patient = False
            outlast_stubborn_faults(paypal)
        time.sleep(PAUSE_S)
    return Settled(left, by_worker, time.monotonic() - began)


def lasting(read: Callable[[], list[str]]) -> list[str]:
    """What is wrong with the books, one after the other read, for good: the workers go on, and may take what a buyer approved between one
    reading and the next."""
    for _ in range(READINGS - 1):
        if not (found := read()):
            return found
        time.sleep(READING_PAUSE_S)
    return read()


def uncertain(api: Api, dice: random.Random) -> int:
    """What the operators' list says, and where there is none, the rows."""
    listed = api.insist(dice, "GET", "/services/uncertain/")
    if listed and listed.status == 200:
        return int(listed.json["count"])
    return sum(row["outcome"] in UNCERTAIN for row in ours(api, dice) if row["provider"] is not None)


def ask_about_open(api: Api, dice: random.Random) -> int:
    """Checks every payment and refund that may be uncertain; how many stay so."""
    left = 0
    for row in ours(api, dice):
        if row["provider"] is not None and (row["status"] in OPEN or row["outcome"] in UNCERTAIN):
            answer = api.once(dice, "POST", "/paypal/pay-check/", {"uuid": row["uuid"]})
            left += answer is None or not answer.is_final
    return left


def ours(api: Api, dice: random.Random) -> list[dict[str, Any]]:
    """All transactions, as the API lists them. Raises NoBooks."""
    return list(_pages(api, dice))


def _pages(api: Api, dice: random.Random) -> Iterator[dict[str, Any]]:
    for page in range(1, PAGES_MAX + 1):
        answer = api.insist(dice, "GET", f"/generic/transaction/?page={page}&limit={PAGE_ROWS}")
        if answer is None or answer.status != 200:
            raise NoBooks(f"page {page} of the transactions: {answer}")
        yield from answer.json["objects"]
        if answer.json["meta"]["next"] is None:
            return
    raise NoBooks(f"there are more than {PAGES_MAX} pages of transactions")


def outlast_stubborn_faults(paypal: Simulator) -> None:
    if any(request["fault"] == STUBBORN_FAULT for request in paypal.state()["requests"]):
        paypal.advance(FORGOTTEN_AFTER_S)
