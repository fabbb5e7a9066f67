"""The API as a marketplace calls it through a load balancer: signed, to any server, and again with the same key until it answers."""

import json
import random
import re
import threading
import time
from collections import Counter
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import urllib3

from solitude.client.signing import authorization
from tests.support.environment import CLIENTS
from tests.support.marketplace import pay_body
from tests.support.processes import KEY

ANSWER_WITHIN_S = 8.0
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 0.8
CONNECTIONS = 64
_PK = re.compile(r"/([0-9]+|[0-9a-f-]{36})(?=/)")


@dataclass(frozen=True, slots=True)
class Answer:
    status: int
    json: Any
    headers: dict[str, str]

    @property
    def code(self) -> str:
        return str(self.json.get("code", "")) if isinstance(self.json, dict) else ""

    @property
    def is_final(self) -> bool:
        """Whether asking again with the same key would bring nothing new."""
        return self.status < 500 and self.status != 429 and self.code != "idempotency_in_progress"


class Tally:
    """Counts by name, from many threads."""

    def __init__(self) -> None:
        self._lock, self._counts = threading.Lock(), Counter[str]()

    def add(self, name: str) -> None:
        with self._lock:
            self._counts[name] += 1

    def counts(self) -> dict[str, int]:
        with self._lock:
            return dict(sorted(self._counts.items()))


class Api:
    """`patience_s`: how long one call is repeated. `statuses` counts the answers, `oddities` those that nobody should get."""

    def __init__(self, urls: list[str], patience_s: float) -> None:
        self.urls, self.patience_s = urls, patience_s
        self.statuses, self.oddities = Tally(), Tally()
        self._http = urllib3.PoolManager(retries=False, maxsize=CONNECTIONS, block=False)

    def insist(
        self, dice: random.Random, method: str, target: str, body: dict[str, Any] | None = None, key: str = ""
    ) -> Answer | None:
        """The first final answer, or None: there was none in time, and nobody knows what became of it."""
        deadline, pause_s = time.monotonic() + self.patience_s, SHORTEST_PAUSE_S
        while (left_s := deadline - time.monotonic()) > 0:
            answer = self.once(dice, method, target, body, key, min(ANSWER_WITHIN_S, left_s))
            if answer and answer.is_final:
                return answer
            time.sleep(min(pause_s * dice.uniform(0.5, 1), max(0.0, deadline - time.monotonic())))
            pause_s = min(pause_s * 2, LONGEST_PAUSE_S)
        return None

    def once(
        self,
        dice: random.Random,
        method: str,
        target: str,
        body: dict[str, Any] | None = None,
        key: str = "",
        within_s: float = ANSWER_WITHIN_S,
    ) -> Answer | None:
        """One try at any of the servers; None: no answer came."""
        sent = b"" if body is None else pay_body(body)
        headers = {
            "Authorization": authorization(key=KEY, secret=str(CLIENTS[KEY]), method=method, target=target, body=sent)
        }
        if sent:
            headers["Content-Type"] = "application/json"
        if key:
            headers["Idempotency-Key"] = key
        try:
            found = self._http.request(
                method, f"{dice.choice(self.urls)}{target}", body=sent or None, headers=headers, timeout=within_s
            )
            answer = Answer(found.status, json.loads(found.data, parse_float=Decimal), dict(found.headers))
        except (urllib3.exceptions.HTTPError, ValueError):
            self.statuses.add("no answer")
            return None
        self.statuses.add(str(answer.status))
        if answer.status == 500 or (400 <= answer.status < 500 and answer.is_final):
            place = _PK.sub("/<pk>", target.partition("?")[0])
            self.oddities.add(f"{method} {place} {answer.status} {answer.code or reasons(answer.json)}".rstrip())
        return answer


def reasons(body: Any) -> str:
    """What a refusal names: the provider's codes, or the fields."""
    if not isinstance(body, dict):
        return ""
    if isinstance(body.get("paypal"), dict):
        return ",".join(sorted(str(item.get("code")) for items in body["paypal"].values() for item in items))
    return ",".join(sorted(name for name in body if name not in ("transaction", "uuid")))
