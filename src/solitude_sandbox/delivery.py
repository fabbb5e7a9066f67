"""The postman: brings each message to each address, and comes again while nobody takes it.

Any 2xx means received, or what the addressee calls `taken`; else it is tried again, with the addressee's `Patience`.
Trouble on the way can be asked for with `Manner`.

The thread starts with the first event for somebody and ends with `close`. It sends one message at a time, and holds
no lock while it does.
"""

import heapq
import ipaddress
import itertools
import logging
import random
import threading
from collections.abc import Callable
from dataclasses import asdict
from datetime import timedelta
from typing import Any

import urllib3

from solitude_sandbox.clock import Clock
from solitude_sandbox.parcels import DROPPED, GIVEN_UP, RECEIVED, Addressee, Manner, Message, Parcel
from solitude_sandbox.store import BoundedStore

log = logging.getLogger("solitude_sandbox")

PARCELS_LIMIT = 50_000
REMEMBERED_LIMIT = 10_000  # parcels that can still be looked up, whatever became of them
BATCH_LIMIT = 1_000
DUPLICATES_LIMIT = 10
DELAY_LIMIT_MS = 3_600_000
TIMEOUT = urllib3.Timeout(connect=2, read=10)
ANSWER_LIMIT_BYTES = 64 * 1024
POLL_S = 1.0  # how late the postman may notice that the simulator's clock made an event
CLOSE_LIMIT_S = 1.0


class Delivery:
    """Takes messages (`post`) and brings them in a thread of its own. Thread-safe.

    `provider` is who sends it. `catch_up` is called in that thread now and then: it makes the events that only the clock has brought
    about.
    """

    def __init__(self, provider: str, clock: Clock, catch_up: Callable[[], None] = lambda: None) -> None:
        self._agent = f"{provider}/sandbox"
        self._clock = clock
        self._catch_up = catch_up
        self._woken = threading.Condition()
        self._parcels: list[Parcel] = []
        self._remembered: BoundedStore[int, Parcel] = BoundedStore(REMEMBERED_LIMIT)
        self._numbers = itertools.count(1)
        self._manner = Manner()
        self._counts = {"received": 0, "failed": 0, "given_up": 0}
        self._thread: threading.Thread | None = None
        self._closed = False

    def start(self) -> None:
        """Begin to work, if that has not happened yet: somebody waits for post."""
        with self._woken:
            if self._thread is None and not self._closed:
                self._thread = threading.Thread(target=self._run, name="sandbox-delivery", daemon=True)
                self._thread.start()

    def post(self, event: Message, to: Addressee) -> None:
        """Have the message brought, in the manner that is set."""
        with self._woken:
            due = self._clock.now() + timedelta(milliseconds=self._manner.delay_ms)
            for _ in range(1 + self._manner.duplicates):
                parcel = Parcel(due, next(self._numbers), event, to)
                self._remembered.put(parcel.number, parcel)
                self._keep(parcel)
            self._woken.notify()

    def newest(self, limit: int | None) -> list[dict[str, Any]]:
        """What has become of the newest messages, the newest first; None: of all that are remembered."""
        with self._woken:
            return [parcel.as_json() for parcel in itertools.islice(reversed(list(self._remembered)), limit)]

    def set_manner(self, manner: Manner) -> None:
        """Bring the post in another manner from now on."""
        with self._woken:
            self._manner = manner
            self._woken.notify()

    def wake(self) -> None:
        """The clock was moved: more may be due."""
        with self._woken:
            self._woken.notify()

    def clear(self) -> None:
        """Throw away what waits, and go back to the ordinary manner."""
        with self._woken:
            self._parcels.clear()
            for parcel in self._remembered:
                parcel.to.gone = True
            self._remembered = BoundedStore(REMEMBERED_LIMIT)
            self._manner = Manner()
            self._counts = dict.fromkeys(self._counts, 0)

    def close(self) -> None:
        """End the thread; a message that is on its way may still arrive."""
        with self._woken:
            self._closed = True
            self._woken.notify()
        if self._thread is not None:
            self._thread.join(CLOSE_LIMIT_S)

    def as_json(self) -> dict[str, Any]:
        """The manner, how many wait for a (further) try, and what became of the tries."""
        with self._woken:
            waiting = sum(not parcel.to.gone for parcel in self._parcels)
            return {**asdict(self._manner), "waiting": waiting, **self._counts}

    def _keep(self, parcel: Parcel) -> None:
        heapq.heappush(self._parcels, parcel)
        if len(self._parcels) > PARCELS_LIMIT:
            heapq.heappop(self._parcels).ended = DROPPED

    def _run(self) -> None:
        with urllib3.PoolManager(retries=False, timeout=TIMEOUT) as pool:
            while not self._closed:
                self._catch_up()
                for parcel in self._batch():
                    # What was decided meanwhile counts for the rest of the batch too.
                    if self._closed or self._manner.paused:
                        self._put_back(parcel)
                    elif not parcel.to.gone:
                        self._bring(pool, parcel)

    def _batch(self) -> list[Parcel]:
        """What is due now; waits a while if there is nothing."""
        with self._woken:
            batch = self._take_due()
            if not batch and not self._closed:
                self._woken.wait(self._time_to_wait_s())
                batch = self._take_due()
            if self._manner.shuffle:
                random.shuffle(batch)
            return batch

    def _take_due(self) -> list[Parcel]:
        batch: list[Parcel] = []
        now = self._clock.now()
        while not self._manner.paused and self._parcels and self._parcels[0].due <= now and len(batch) < BATCH_LIMIT:
            batch.append(heapq.heappop(self._parcels))
        return batch

    def _time_to_wait_s(self) -> float:
        if self._manner.paused or not self._parcels:
            return POLL_S
        return min(POLL_S, max(0.0, (self._parcels[0].due - self._clock.now()).total_seconds()))

    def _put_back(self, parcel: Parcel) -> None:
        with self._woken:
            self._keep(parcel)

    def _bring(self, pool: urllib3.PoolManager, parcel: Parcel) -> None:
        parcel.tries += 1
        received, answer = self._send(pool, parcel)
        with self._woken:
            parcel.last = answer
            if received:
                parcel.ended = RECEIVED
                self._counts["received"] += 1
                return
            self._counts["failed"] += 1
            if parcel.tries >= parcel.to.patience.tries:
                parcel.ended = GIVEN_UP
                self._counts["given_up"] += 1
            elif not parcel.to.gone:
                parcel.due = self._clock.now() + parcel.to.patience.back_off(parcel.tries)
                self._keep(parcel)

    def _send(self, pool: urllib3.PoolManager, parcel: Parcel) -> tuple[bool, str]:
        """Whether it was received, and what came back."""
        headers = {"Content-Type": parcel.event.content_type, "User-Agent": self._agent}
        headers |= parcel.to.headers(parcel.event)
        try:
            answer = pool.request(
                "POST", parcel.to.url, body=parcel.event.body, headers=headers, redirect=False, preload_content=False
            )
            answer.read(ANSWER_LIMIT_BYTES)
            answer.close()
        except urllib3.exceptions.HTTPError as error:
            log.debug("%s was not received at %s: %s", parcel.event.id, parcel.to.url, error)
            return False, type(error).__name__
        return answer.status in parcel.to.taken, str(answer.status)


def is_here(url: str) -> bool:
    """Whether the URL is one of this machine: a simulator sends nothing further.

    Read by the library that will connect: another one may see another host in a URL that is odd enough.
    """
    try:
        host = (urllib3.util.parse_url(url).host or "").strip("[]")
        return host == "localhost" or ipaddress.ip_address(host).is_loopback
    except (ValueError, urllib3.exceptions.LocationParseError):
        return False
