"""The marketplace's forwarder of PayPal's notifications: late, twice, and in any order. Off where either side has no such route."""

import random
import threading
from typing import Any

import urllib3

from tests.faults.processes.wire import Answer, Api, Tally
from tests.support.simulator import Simulator

POLL_S = 0.2
ASKED_WITHIN_S = 5
DUPLICATE_SHARE = 0.2
HELD_BACK_SHARE = 0.3
WEBHOOK = "/paypal/webhook/"


class Forwarder(threading.Thread):
    """`finish()` delivers what is left, as far as that succeeds in time, and ends it."""

    def __init__(self, api: Api, paypal: Simulator, dice: random.Random) -> None:
        super().__init__(name="forwarder", daemon=True)
        self.delivered = Tally()
        self.failure: BaseException | None = None
        self._api, self._dice = api, dice
        self._url = f"{paypal.url}/sandbox/events"
        self._after, self._waiting = 0, list[dict[str, Any]]()
        self._over = threading.Event()

    def finish(self, within_s: float) -> None:
        self._over.set()
        self.join(within_s)

    def run(self) -> None:
        try:
            while not self._over.wait(POLL_S):
                if not self._pull():
                    return
                self._deliver(HELD_BACK_SHARE)
            self._pull()
            self._deliver(0)
        except BaseException as error:  # noqa: BLE001  # told in the report
            self.failure = error

    def _pull(self) -> bool:
        """Takes in what is new. False: the simulator sends no notifications."""
        found = urllib3.request("GET", f"{self._url}?after={self._after}", timeout=ASKED_WITHIN_S, retries=False)
        if found.status == 404:
            self.delivered.add("off: the simulator has none")
            return False
        page = found.json()
        for event in page["events"]:
            self._after = max(self._after, int(event["number"]))
            copies = 2 if self._dice.random() < DUPLICATE_SHARE else 1
            self._waiting += [{"headers": event["headers"], "body": event["body"]}] * copies
        return True

    def _deliver(self, held_back_share: float) -> None:
        """Once around, or until nobody answers."""
        self._dice.shuffle(self._waiting)
        waiting, self._waiting = self._waiting, []
        for place, notice in enumerate(waiting):
            if self._dice.random() < held_back_share:
                self._waiting.append(notice)
                continue
            answer = self._api.once(self._dice, "POST", WEBHOOK, notice)
            if answer is None:
                self._waiting += waiting[place:]
                return
            if not self._is_done(answer):
                self._waiting.append(notice)

    def _is_done(self, answer: Answer) -> bool:
        """Whether the notice need not be delivered again."""
        if answer.status == 404:
            self.delivered.add("off: the server has no such route")
            return True
        told = answer.json if isinstance(answer.json, dict) else {}
        again = answer.status != 200 or bool(told.get("retry"))
        words = (str(answer.status), told.get("status"), told.get("reason"), "again" if again else "")
        self.delivered.add(" ".join(filter(None, words)))
        return not again
