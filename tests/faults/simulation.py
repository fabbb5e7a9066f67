"""The proving ground: seeded episodes in which everything goes wrong, and the books are compared after every step.

An episode is one small world. A step is one decision: who goes on, who dies, what breaks, what somebody wants. All of them come
from the episode's seed, so the seed tells it all again.
"""

import hashlib
import logging
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from types import SimpleNamespace
from unittest import mock

from django.core.handlers.base import BaseHandler
from django.db import connections
from django.urls import get_resolver

from solitude import failpoints
from solitude.payments import recovery
from solitude.turns import Turns
from solitude.web import purge, turns
from tests.faults import ledger
from tests.faults.baton import Baton
from tests.faults.books import Differences, compare
from tests.faults.clock import Clock
from tests.faults.errands import Errands, work_off
from tests.faults.fate import DAY_S, HOUR_S, Fate
from tests.faults.ledger import CallSeen, Ledger
from tests.faults.provider import CALM
from tests.faults.shop import kept
from tests.faults.tally import Failure, Tally
from tests.faults.world import World

STEPS = (250, 600)
TRACE_SHOWN = 100
EVERYBODY = 10_000
# After the first, whoever was at something is given up; in the end the provider's report has told what it has not.
HEALING_S = (180, 180, 600, HOUR_S, 4 * HOUR_S, 4 * HOUR_S, DAY_S, DAY_S, 2 * DAY_S)


class Wrong(Exception):
    """The books do not agree, or a promise is broken."""

    def __init__(self, problems: list[str]) -> None:
        super().__init__(*problems)
        self.problems = problems


@contextmanager
def _turns_for_all() -> Iterator[None]:
    """Who goes on is for the baton to say: with the server's own turns whoever rests with one would keep all others waiting."""
    turns_for_all = Turns(EVERYBODY, EVERYBODY)
    with mock.patch.multiple(turns, _readers=turns_for_all, _writers=turns_for_all):
        yield


class Simulation:
    """What episodes share: the clock, the threads, the sums. Use it within `ready()`."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.baton = Baton(connections.close_all)
        self.tally = Tally()
        self._episode: Episode | None = None

    @contextmanager
    def ready(self) -> Iterator[None]:
        """Within the block, time and provider are ours, and the engine's moments are ours to decide."""
        # All of the house must be there before the clock is put into it.
        BaseHandler().load_middleware()
        assert get_resolver().url_patterns
        before = logging.root.manager.disable
        logging.disable(logging.CRITICAL)
        try:
            with self.clock.governing(self._sleep), failpoints.hooked(self._reached), _turns_for_all():
                yield
                self.baton.close()
        finally:
            logging.disable(before)
            purge._Turn.next_at = 0.0

    def run(self, seed: int) -> "Episode":
        """One episode, whatever comes of it."""
        self.clock.reset()
        ledger.empty()
        purge._Turn.next_at = 0.0
        self._episode = episode = Episode(self, seed)
        with (
            mock.patch.object(uuid, "os", SimpleNamespace(urandom=episode.world.rng.randbytes)),
            episode.world.wire.in_place(),
        ):
            try:
                episode.run()
            finally:
                self.baton.abandon()
        self._episode = None
        episode.add_to(self.tally)
        return episode

    def _reached(self, name: str) -> None:
        if self._episode and self.baton.current:
            self._episode.fate.reached(name)

    def _sleep(self, _seconds: float) -> None:
        """The provider takes its time; it is not ours, so our death does not end its work."""
        if self._episode and not self._episode.world.wire.nobody_may_go_first:
            self.baton.pause("the provider at work", mortal=False)


class Episode:
    """One world from its opening until all is settled."""

    def __init__(self, simulation: Simulation, seed: int) -> None:
        self.seed = seed
        self.world = World(seed, simulation.clock, simulation.baton)
        self.fate, self.errands = Fate(self.world), Errands(self.world)
        self.problems: list[str] = []
        self.differences = Differences()
        self.times_to_truth_s: list[float] = []
        self.uncertain_now = 0
        self._uncertain_since: dict[int, float] = {}
        self._ended: dict[int, str] = {}

    @property
    def trace(self) -> list[str]:
        return self.world.trace

    @property
    def digest(self) -> str:
        """What happened, in one number: equal for equal seeds."""
        return hashlib.sha256("\n".join(self.trace).encode()).hexdigest()

    # --- the course of it ---

    def run(self) -> None:
        self.world.shop.open(self._consent)
        self.fate.choose_weather()
        try:
            for _ in range(self.world.rng.randint(*STEPS)):
                before = self.world.wire.version, self.world.turns
                self.step()
                if before != (self.world.wire.version, self.world.turns):
                    self.look()
            self.heal()
            self.look(settled=True)
        except Wrong as wrong:
            self.problems = wrong.problems
        except Exception as error:  # noqa: BLE001  # an error of the house that nobody caught is a finding as well
            self.problems = [f"uncaught {type(error).__name__}: {error}"]

    def step(self) -> None:
        """One decision."""
        world = self.world
        world.steps += 1
        world.clock.move(world.rng.random() / 5)
        go_on = 60 if world.baton.tasks else 0
        world.chosen([(go_on, self.errands.go_on), (self.errands.weight, self.errands.begin), *self.fate.acts()])()

    def look(self, *, settled: bool = False) -> None:
        """Compares everything with everything. Raises Wrong."""
        seen, provider = ledger.read(), self.world.wire.books()
        self.differences = compare(provider, seen.books, settled=settled)
        problems = [
            *self.differences,
            *kept(self.world.shop.promises, provider, seen.books, ledger.corrected),
            *self._changed_ends(seen),
        ]
        self._watch_uncertain(seen)
        if settled:
            problems += ledger.replay()
            problems += [f"call {call.pk} ({call.operation}) is still {call.outcome}" for call in seen.uncertain]
            self.uncertain_now = len(seen.uncertain)
        if problems:
            raise Wrong(problems)

    def heal(self) -> None:
        """The weather clears, all come to their end, and whoever looks for the truth finds it."""
        world = self.world
        world.say("healing")
        world.wire.weather = CALM
        world.wire.control("DELETE", "faults")
        while world.baton.tasks:
            world.resume(world.baton.tasks[0])
        while world.wire.late:
            self.fate.late_arrival()
        while self.fate.end_a_review():
            pass
        for seconds in HEALING_S:
            world.clock.move(seconds)
            world.collect_post()
            world.post = [told for told in world.post if world.shop.forward(told)]
            work_off()
            world.shop.read_feed()
            if not (world.post or ledger.read().uncertain or recovery.backlog().notifications):
                break
        for unfinished in world.shop.unfinished():
            world.shop.ask(world.shop.check_of(unfinished, world.clock.now))
        world.shop.ask_what_became(world.clock.now)
        work_off()

    # --- bookkeeping ---

    def _changed_ends(self, seen: Ledger) -> list[str]:
        """An outcome that is known does not change any more: somebody was told of it."""
        changed = []
        for call in seen.calls:
            if call.operation not in ledger.MONEY:
                continue
            if not call.open and self._ended.setdefault(call.pk, call.outcome) != call.outcome:
                changed.append(f"{_named(call)} had come to {self._ended[call.pk]}")
            elif call.open and call.pk in self._ended:
                changed.append(f"{_named(call)} had come to {self._ended[call.pk]} and is open again")
        return changed

    def _watch_uncertain(self, seen: Ledger) -> None:
        """A call is uncertain from when it is recorded as unknown, or nobody lives any more who is at it."""
        now = self.world.clock.elapsed_s
        for call in seen.uncertain:
            if call.outcome == "unknown" or not self.world.baton.tasks:
                self._uncertain_since.setdefault(call.pk, now)
        still = {call.pk for call in seen.uncertain}
        for pk in [pk for pk in self._uncertain_since if pk not in still]:
            self.times_to_truth_s.append(now - self._uncertain_since.pop(pk))

    def _consent(self, token: str, funding: str) -> None:
        status, _ = self.world.wire.control("POST", "approve", {"token": token, "funding": funding})
        assert status == 200

    def add_to(self, tally: Tally) -> None:
        world, seen = self.world, ledger.read()
        requests = world.wire.state()["requests"]
        tally.episodes += 1
        tally.steps += world.steps
        tally.kills += world.kills
        tally.notifications += world.notifications
        tally.killed_at.update(world.killed_at)
        tally.faults.update(world.wire.troubles)
        tally.faults.update(request["fault"] for request in requests if request["fault"])
        tally.requests.update(request["operation"] for request in requests)
        tally.payments += len(seen.books.payments)
        tally.refunds += len(seen.books.refunds)
        tally.charged += sum(charge.moved for charge in world.wire.books().charges)
        tally.times_to_truth_s += self.times_to_truth_s
        tally.uncertain_ever += len(self.times_to_truth_s) + len(self._uncertain_since)
        tally.uncertain_now += self.uncertain_now
        tally.lost += len(self.differences.lost)
        tally.doubled += len(self.differences.doubled)
        if self.problems:
            tally.other_problems += len(self.problems) - len(self.differences.lost) - len(self.differences.doubled)
            tally.failures.append(Failure(self.seed, self.problems, self.trace[-TRACE_SHOWN:]))


def _named(call: CallSeen) -> str:
    return f"call {call.pk} ({call.operation}) is {call.outcome} and"
