"""The API as marketplaces call it, with every try of a payment kept: when it was answered, and whether it failed."""

import random
import threading
import time
from typing import Any

from tests.faults.processes.clients import LAST_BREATH_MAX_S
from tests.faults.processes.wire import ANSWER_WITHIN_S, Answer, Api

# Statuses with which a server says that it cannot do it now, or does not know.
TROUBLE = {500, 502, 503, 504}


class WatchedApi(Api):
    def __init__(self, urls: list[str], patience_s: float) -> None:
        super().__init__(urls, patience_s)
        self._lock, self._tries = threading.Lock(), list[tuple[float, bool]]()

    def once(
        self,
        dice: random.Random,
        method: str,
        target: str,
        body: dict[str, Any] | None = None,
        key: str = "",
        within_s: float = ANSWER_WITHIN_S,
    ) -> Answer | None:
        answer = super().once(dice, method, target, body, key, within_s)
        # A client that dies does not wait for its answer.
        if method == "POST" and within_s > LAST_BREATH_MAX_S:
            failed = answer is None or answer.status in TROUBLE
            with self._lock:
                self._tries.append((time.monotonic(), failed))
        return answer

    def since(self, moment: float) -> list[tuple[float, bool]]:
        """The moments at which tries ended from then on, each with whether it failed."""
        with self._lock:
            return [one for one in self._tries if one[0] >= moment]

    def failed(self) -> int:
        return sum(is_failed for _, is_failed in self.since(0.0))

    def went_well_for(self, seconds: float) -> bool:
        """Whether there were tries in the last seconds, and none of them failed."""
        tries = self.since(time.monotonic() - seconds)
        return bool(tries) and not any(is_failed for _, is_failed in tries)
