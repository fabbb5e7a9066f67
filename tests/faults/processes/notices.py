"""The marketplace's forwarder of PayPal's notifications: late, twice, several at once, and in any order."""

import random
import threading
import time
from concurrent.futures import Executor, ThreadPoolExecutor
from typing import Any

import urllib3

from tests.faults.processes.wire import ANSWER_WITHIN_S, Api, Tally
from tests.support.simulator import Simulator

Notice = dict[str, Any]

POLL_S = 0.2
ASKED_WITHIN_S = 15  # the simulator signs what it hands out
SENDERS, ROUND_MAX = 4, 40
DUPLICATE_SHARE = 0.2
HELD_BACK_SHARE = 0.3
WEBHOOK = "/paypal/webhook/"


class Forwarder(threading.Thread):
    """`finish()` delivers what is left, until all is delivered or the time is over."""

    def __init__(self, api: Api, paypal: Simulator, dice: random.Random) -> None:
        super().__init__(name="forwarder", daemon=True)
        self.delivered = Tally()
        self.failure: BaseException | None = None
        self._api, self._dice = api, dice
        self._url = f"{paypal.url}/sandbox/events"
        self._after, self._waiting = 0, list[Notice]()
        self._over, self._deadline_s = threading.Event(), float("inf")

    def finish(self, within_s: float) -> None:
        self._deadline_s = time.monotonic() + within_s
        self._over.set()
        if self.is_alive():
            self.join(within_s + 2 * ANSWER_WITHIN_S)

    def run(self) -> None:
        try:
            with ThreadPoolExecutor(SENDERS) as senders:
                while self._goes_on():
                    self._pull()
                    self._deliver(senders, 0 if self._over.is_set() else HELD_BACK_SHARE)
        except BaseException as error:  # noqa: BLE001  # told in the report
            self.failure = error

    def _goes_on(self) -> bool:
        """Also a pause, as long as there is no hurry. The last round is one that brings nothing new."""
        is_over = self._over.wait(POLL_S)
        return not is_over or (bool(self._pull() or self._waiting) and time.monotonic() < self._deadline_s)

    def _pull(self) -> int:
        """Takes in what is new; how much."""
        found = urllib3.request("GET", f"{self._url}?after={self._after}", timeout=ASKED_WITHIN_S, retries=False)
        events = found.json()["events"]
        for event in events:
            self._after = max(self._after, int(event["number"]))
            copies = 2 if self._dice.random() < DUPLICATE_SHARE else 1
            self._waiting += [{"headers": event["headers"], "body": event["body"]}] * copies
        return len(events)

    def _deliver(self, senders: Executor, held_back_share: float) -> None:
        """A round of some of what waits; several at a time, so that the same notice may come twice at once."""
        self._dice.shuffle(self._waiting)
        held_back = int(len(self._waiting) * held_back_share)
        now = self._waiting[held_back:][:ROUND_MAX]
        later = self._waiting[:held_back] + self._waiting[held_back:][ROUND_MAX:]
        done = list(senders.map(self._is_delivered, now))
        self._waiting = later + [notice for notice, is_done in zip(now, done, strict=True) if not is_done]

    def _is_delivered(self, notice: Notice) -> bool:
        """Whether it need not be delivered again."""
        answer = self._api.once(self._dice, "POST", WEBHOOK, notice)
        if answer is None:
            time.sleep(POLL_S)  # nobody is there; others will be
            return False
        told = answer.json if isinstance(answer.json, dict) else {}
        again = answer.status != 200 or bool(told.get("retry"))
        words = (str(answer.status), told.get("status"), told.get("reason"), "again" if again else "")
        self.delivered.add(" ".join(filter(None, words)))
        return not again
