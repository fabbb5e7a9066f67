"""Gapless, once, and in one order for everybody: although transactions commit out of order, and writers and readers die."""

import os
import random
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from urllib.parse import urlsplit

import pytest
from django.db import OperationalError, connection, transaction
from tests.events.world import HERE, event, happen, seen
from tests.support import isolation
from tests.support.environment import CLIENTS
from tests.support.marketplace import Marketplace
from tests.support.writers import in_an_open_transaction
from tests.web.parallel import at_once

from solitude.events import feed
from solitude.events.models import Event, Feed, append
from solitude.worker import all_jobs

pytestmark = pytest.mark.long

WITHIN_S = 30
KINDS = ("transaction.started", "transaction.completed", "refund.completed", "dispute.opened")
ASKED = ("", "transaction.*", "refund.completed", "transaction.completed,dispute.*")


class Undone(Exception):
    """This transaction is rolled back."""


@dataclass
class Story:
    """What the writers of one run do, decided beforehand: in each round all of them have a transaction open at once, and
    these end in an order of their own.
    """

    seed: int
    writers: int = 4
    rounds: int = 6
    committed: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        chance = random.Random(self.seed)  # noqa: S311  # a story that can be told again
        self.counts = [[chance.randint(1, 3) for _ in range(self.writers)] for _ in range(self.rounds)]
        self.undone = [[chance.random() < 0.25 for _ in range(self.writers)] for _ in range(self.rounds)]
        self.orders = [chance.sample(range(self.writers), self.writers) for _ in range(self.rounds)]
        self.open = [threading.Barrier(self.writers) for _ in range(self.rounds)]
        self.turns = [[threading.Event() for _ in range(self.writers + 1)] for _ in range(self.rounds)]
        self.over = threading.Event()
        self.working = self.writers
        self._lock = threading.Lock()
        for turns in self.turns:
            turns[0].set()

    def write(self, writer: int) -> None:
        try:
            for number in range(self.rounds):
                self._round(number, writer)
        finally:
            with self._lock:
                self.working -= 1
                if not self.working:
                    self.over.set()

    def _round(self, number: int, writer: int) -> None:
        names = [f"{number}.{writer}.{one}" for one in range(self.counts[number][writer])]
        turn = self.orders[number].index(writer)
        try:
            with transaction.atomic():
                for place, name in enumerate(names):
                    append(event(name, type=KINDS[(number + writer + place) % len(KINDS)]))
                # SQLite has one writer at a time: nobody could join, and its commits are in the order of its keys.
                if connection.vendor == "postgresql":
                    self.open[number].wait(WITHIN_S)
                    assert self.turns[number][turn].wait(WITHIN_S)
                if self.undone[number][writer]:
                    raise Undone
            with self._lock:
                self.committed += names
        except Undone:
            pass
        finally:
            self.turns[number][turn + 1].set()

    def read(self, reader: int) -> list[str]:
        """Reads until everything is written and read. Now and then the reader dies with an answer that it has not kept, and now and then
        it does beside that what a worker does."""
        chance = random.Random(self.seed * 100 + reader)  # noqa: S311
        shop, types = Marketplace(), ASKED[reader % len(ASKED)]
        found: list[str] = []
        lost: list[str] = []
        after = ""
        while True:
            over = self.over.is_set()
            if chance.random() < 0.5:
                feed.note_placed()
            query = f"limit={chance.choice([1, 2, 5, 100])}&wait={chance.choice([0, 1])}&type={types}"
            answer = shop.get(f"{HERE}?{query}" + (f"&after={after}" if after else ""))
            names = seen(answer)
            assert names[: len(lost)] == lost[: len(names)], "after its death it was told something else"
            if names and chance.random() < 0.3:
                lost = names if len(names) > len(lost) else lost
                continue
            lost = lost[len(names) :]
            found += names
            after = answer["cursor"]
            if over and not names and not answer["more"]:
                return found


@pytest.mark.parametrize("seed", range(4))
def test_every_reader_sees_every_committed_event_once_and_in_one_order(shop: Marketplace, seed: int) -> None:
    story, readers = Story(seed), 4

    def work(number: int) -> list[str]:
        if number < story.writers:
            story.write(number)
            return []
        return story.read(number - story.writers)

    found = at_once(story.writers + readers, work)[story.writers :]

    everything = [(one["uuid"], one["type"]) for one in shop.get(f"{HERE}?limit=1000")["events"]]
    assert sorted(name for name, _ in everything) == sorted(story.committed)
    assert any(map(any, story.undone)), "nothing was undone"
    for reader, names in enumerate(found):
        words = ASKED[reader].split(",")
        wanted = [name for name, kind in everything if fits(kind, words)]
        assert names == wanted, f"reader of {ASKED[reader] or 'everything'}"


def fits(kind: str, words: list[str]) -> bool:
    return words == [""] or any(kind.startswith(word[:-1]) if word.endswith("*") else kind == word for word in words)


def test_a_lower_key_that_commits_later_is_delivered_all_the_same(shop: Marketplace) -> None:
    """The reader's cursor has passed the higher key by then. On SQLite it cannot happen: there is one writer at a time."""
    with in_an_open_transaction(lambda: append(event("low and late"))):
        if connection.vendor == "sqlite":
            with connection.cursor() as cursor:
                cursor.execute("PRAGMA busy_timeout = 50")
            with pytest.raises(OperationalError, match="locked"):
                happen("high")
            connection.close()
            first = None
        else:
            happen("high and early")
            first = shop.get(HERE)
            assert seen(first) == ["high and early"]
            for _ in range(2):
                feed.note_placed()

    if first is None:
        assert seen(shop.get(HERE)) == ["low and late"]
        return
    late, early = Event.objects.get(uuid="low and late"), Event.objects.get(uuid="high and early")
    assert placed_through() < late.pk < early.pk
    assert seen(shop.get(f"{HERE}?after={first['cursor']}")) == ["low and late"]
    assert seen(shop.get(HERE)) == ["high and early", "low and late"]


def placed_through() -> int:
    return int(Feed.objects.get().placed_through)


def test_what_has_its_place_for_ever_is_not_looked_at_again(shop: Marketplace) -> None:
    happen("a", "b")
    assert seen(shop.get(HERE)) == ["a", "b"]
    for _ in range(2):
        feed.note_placed()
    first, last = Event.objects.order_by("pk")
    assert placed_through() == last.pk

    # Nobody takes a place away; who looked here would find one that waits.
    Event.objects.filter(pk=first.pk).update(place=None)
    happen("c")
    assert seen(shop.get(f"{HERE}?limit=100")) == ["b", "c"]
    assert Event.objects.get(place=None) == first


def test_what_waits_for_its_place_is_not_passed_over(shop: Marketplace) -> None:
    happen("a")
    assert seen(shop.get(HERE)) == ["a"]
    for _ in range(2):
        feed.note_placed()
    happen("b")
    for _ in range(2):
        feed.note_placed()
    assert placed_through() == Event.objects.get(uuid="a").pk
    assert seen(shop.get(HERE)) == ["a", "b"]


def test_workers_note_it() -> None:
    assert feed.note_placed in {getattr(job, "_job", None) for job in all_jobs()}


def test_whoever_fails_while_giving_places_has_given_none(shop: Marketplace, monkeypatch: pytest.MonkeyPatch) -> None:
    class Died(BaseException):
        pass

    def die(*_: object, **__: object) -> None:
        raise Died

    happen("a", "b")
    before = shop.get(f"{HERE}?limit=1")["cursor"]
    happen("c", "d")
    with monkeypatch.context() as patch:
        patch.setattr(Feed, "save", die)
        with pytest.raises(Died):
            feed.give_places()

    assert Event.objects.filter(place=None).count() == 2
    assert seen(shop.get(f"{HERE}?after={before}")) == ["b", "c", "d"]
    assert list(Event.objects.order_by("pk").values_list("place", flat=True)) == [1, 2, 3, 4]


KILLED = """
import os, signal, django
os.environ["DJANGO_SETTINGS_MODULE"] = "solitude.settings"
django.setup()
from solitude.events import feed
from solitude.events.models import Event, Feed
def die(*_, **__):
    assert not Event.objects.filter(place=None).exists(), "the places were not given yet"
    print("in the middle", flush=True)
    os.kill(os.getpid(), signal.SIGKILL)
Feed.save = die
feed.give_places()
"""


def test_a_process_that_is_killed_while_giving_places_leaves_nothing_behind(shop: Marketplace) -> None:
    happen("a")
    first = shop.get(HERE)["cursor"]
    happen("b", "c")

    ended = subprocess.run(
        [sys.executable, "-c", KILLED], env=environment(), capture_output=True, text=True, timeout=60, check=False
    )

    assert (ended.stdout, ended.returncode) == ("in the middle\n", -9), ended.stderr
    assert seen(shop.get(f"{HERE}?after={first}")) == ["b", "c"]
    assert seen(shop.get(HERE)) == ["a", "b", "c"]


def environment() -> dict[str, str]:
    """Of another process on the database of the test."""
    name, server = str(connection.settings_dict["NAME"]), os.environ[isolation.INHERITED_DATABASE]
    url = urlsplit(server)._replace(path=f"/{name}").geturl() if server else f"sqlite:///{name}"
    kept = {name: value for name, value in os.environ.items() if not name.startswith("SOLITUDE_")}
    return kept | {
        "SOLITUDE_DEBUG": "true",
        "SOLITUDE_ENV_FILE": "",
        "SOLITUDE_DATABASE_URL": url,
        "SOLITUDE_CLIENTS": f'{{"marketplace": "{CLIENTS["marketplace"]}"}}',
        "PYTHONPATH": os.pathsep.join(sys.path),
    }
