"""Reads what happened meanwhile. Solitude never calls the shop: the shop reads Solitude's feed, and keeps how far it has read."""

import logging
import threading
from collections.abc import Callable

from solitude.client import CursorExpired, Event, Solitude, SolitudeError

from .books import Books
from .till import Till

TYPES = ("transaction.*", "refund.*", "reversal.*", "preapproval.revoked")
PAUSE_S = 5.0
log = logging.getLogger("marketplace")


class Feed:
    """A thread that follows the feed until the process ends."""

    def __init__(self, client: Solitude, books: Books, till: Till) -> None:
        self._client = client
        self._books = books
        self._till = till

    def start(self) -> None:
        """Begins where the last run stopped."""
        threading.Thread(target=self._run, name="feed", daemon=True).start()

    def _run(self) -> None:
        after = self._books.cursor()
        pause = threading.Event()
        while True:
            try:
                for event in self._client.follow_events(after, types=TYPES):
                    self._deal_with(event)
                    after = event.cursor
            except CursorExpired as error:
                after = error.oldest
            except SolitudeError as error:
                log.warning("the feed cannot be read now: %s", error)
                pause.wait(PAUSE_S)

    def _deal_with(self, event: Event) -> None:
        """An event says that something happened; what is true now, a look tells. So events may come twice, late or in any order."""
        write = self._news_of(event)
        # Solitude was asked before: no transaction is open while we wait for somebody.
        with self._books.reading(event.cursor):
            write()

    def _news_of(self, event: Event) -> Callable[[], None]:
        if event.type == "preapproval.revoked":
            buyer = event.uuid or ""
            return lambda: self._books.keep_agreement(buyer, "", remembered=False)
        purchase = self._books.purchase_of(str(event.data.get("related") or event.resource_uri or ""))
        if purchase is None:
            return lambda: None  # of somebody else's, or from a time before these books
        found = self._till.look(purchase)
        return lambda: self._books.keep_state(purchase.id, *found)
