"""A marketplace that follows the event feed through the storm: it must hear of every change, once and in order."""

import random
import threading
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from tests.faults.books import STATUS_NAMES
from tests.faults.processes.wire import Api

Event = Mapping[str, Any]

POLL_S = 0.2
LIMIT = 200
PAGES_MAX = 2000
OF_TRANSACTIONS = ("transaction.", "refund.", "reversal.")


class Reader(threading.Thread):
    """`heard`: every event that it was told, in the order of telling."""

    def __init__(self, api: Api, dice: random.Random) -> None:
        super().__init__(name="feed", daemon=True)
        self.heard: list[Event] = []
        self.failure: BaseException | None = None
        self._api, self._dice, self._after = api, dice, ""
        self._over = threading.Event()

    def finish(self, within_s: float) -> None:
        self._over.set()
        if self.is_alive():
            self.join(within_s)

    def run(self) -> None:
        try:
            while not self._over.wait(POLL_S):
                self._listen()
        except BaseException as error:  # noqa: BLE001  # told in the report
            self.failure = error

    def _listen(self) -> None:
        answer = self._api.once(self._dice, "GET", _target(self._after))
        if answer and answer.status == 200:
            self.heard += answer.json["events"]
            self._after = answer.json["cursor"]

    def read_on(self, api: Api) -> None:
        """What came since, once the storm is over and `finish` was called."""
        self.heard += read(api, self._dice, self.heard[-1]["cursor"] if self.heard else "")


def read(api: Api, dice: random.Random, after: str = "") -> list[Event]:
    """All events from there on. Raises RuntimeError."""
    found: list[Event] = []
    for _ in range(PAGES_MAX):
        answer = api.insist(dice, "GET", _target(after))
        if answer is None or answer.status != 200:
            raise RuntimeError(f"the feed cannot be read: {answer}")
        found += answer.json["events"]
        after = answer.json["cursor"]
        if not answer.json["more"]:
            return found
    raise RuntimeError(f"the feed has more than {PAGES_MAX} pages")


def faults(heard: Iterable[Event], everything: Iterable[Event], rows: Iterable[Mapping[str, Any]]) -> Iterator[str]:
    """A sentence for each way in which the feed does not tell what happened."""
    told, kept = [event["cursor"] for event in heard], [event["cursor"] for event in everything]
    if told != kept:
        missed, twice = len(set(kept) - set(told)), len(told) - len(set(told))
        yield f"a reader of the feed was told {len(told)} of {len(kept)} events: {missed} missed, {twice} twice"
    chains: dict[str, list[Event]] = defaultdict(list)
    for event in everything:
        if event["type"].startswith(OF_TRANSACTIONS):
            chains[event["resource_uri"]].append(event)
    for row in rows:
        chain = chains.pop(row["resource_uri"], [])
        moves = [(event["from"], event["to"]) for event in chain]
        if not moves:
            yield f"the feed has no event of {row['resource_uri']}"
            continue
        for (_, reached), (left, _) in zip([(None, None), *moves], moves, strict=False):
            if reached != left:
                yield f"the feed of {row['resource_uri']} goes on from {left} where it was {reached}"
        # The rows were read before the feed, and the workers go on: the row is where the feed was at some moment.
        if STATUS_NAMES[row["status"]] not in [reached for _, reached in moves]:
            yield f"the feed ends {row['resource_uri']} as {moves[-1][1]}, and it is {STATUS_NAMES[row['status']]}"
    yield from (f"the feed tells of {uri}, which is not there" for uri in chains)


def _target(after: str) -> str:
    return f"/events/?limit={LIMIT}" + (f"&after={after}" if after else "")
