"""The feed of what happened."""

from collections.abc import Iterable, Iterator

from . import answers
from .calls import Calls, given, read
from .errors import NoAnswer
from .transport import Call
from .wire import target

EVENTS_MAX = 1000
EVENTS_WAIT_MAX_S = 30
# Between two looks at a feed whose server holds as many readers as it may, and so answers at once.
FOLLOW_PAUSE_S = 1.0


class Feed(Calls):
    """The feed."""

    def events(
        self,
        after: str | None = None,
        *,
        limit: int = 100,
        wait_s: int = 0,
        types: Iterable[str] | None = None,
    ) -> answers.EventPage:
        """Up to `limit` (1000) events after the cursor `after`, from the oldest kept by default. Raises CursorExpired.

        `wait_s` (30): how long the server may hold the request until there is one; it may answer earlier without one.
        `types`: only these, e.g. ["transaction.*", "refund.completed"]; go on from the page's `cursor`, which passes the
        others.
        """
        if not 1 <= limit <= EVENTS_MAX or not 0 <= wait_s <= EVENTS_WAIT_MAX_S:
            raise ValueError(f"limit is 1 to {EVENTS_MAX} and wait_s 0 to {EVENTS_WAIT_MAX_S}.")
        query = {"after": after, "limit": limit, "wait": wait_s or None, "type": _types(types)}
        call = Call("GET", target("/events/", given(query)), held_s=wait_s)
        return read(call, self._persist(call).body, answers.EventPage.from_json)

    def iter_events(
        self,
        after: str | None = None,
        *,
        limit: int = 100,
        types: Iterable[str] | None = None,
    ) -> Iterator[answers.Event]:
        """Every event after the cursor `after`, page by page, until there are no more now.

        Keep the `cursor` of each event once it has been dealt with: it is where to go on.
        """
        asked = None if types is None else list(types)
        more = True
        while more:
            page = self.events(after, limit=limit, types=asked)
            yield from page.events
            after, more = _next(page, after), page.more

    def follow_events(
        self,
        after: str | None = None,
        *,
        limit: int = 100,
        wait_s: int = EVENTS_WAIT_MAX_S,
        types: Iterable[str] | None = None,
    ) -> Iterator[answers.Event]:
        """Every event after the cursor `after`, and then each as it comes. It never ends; leave the loop when you like.

        Raises what `events` raises when the server stays away for too long: go on from the last cursor that you kept.
        """
        asked = None if types is None else list(types)
        while True:
            begun = self._clock.monotonic()
            page = self.events(after, limit=limit, wait_s=wait_s, types=asked)
            took_s = self._clock.monotonic() - begun
            yield from page.events
            after = _next(page, after)
            if not page.events and not page.more and took_s < FOLLOW_PAUSE_S:
                self._clock.sleep(FOLLOW_PAUSE_S)


def _types(types: Iterable[str] | None) -> str | None:
    """The types as the API takes them; without one there would be no filter, and not nothing. Raises ValueError."""
    if types is None:
        return None
    joined = types if isinstance(types, str) else ",".join(types)
    if not joined:
        raise ValueError("types must not be empty.")
    return joined


def _next(page: answers.EventPage, after: str | None) -> str | None:
    """Where to go on after a page. Raises NoAnswer: a feed that does not move must not be read for ever."""
    if page.more and page.cursor in (None, after):
        raise NoAnswer("GET /events/: there are more events, but the cursor stands still", transient=False)
    return page.cursor or after
