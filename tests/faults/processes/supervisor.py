"""Kills at random moments, and starts again what is dead, as the supervisor of a production machine does."""

import random
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from tests.faults.processes.arena import Arena
from tests.faults.processes.programs import Program

TICK_S = 0.05
SHORTEST_PAUSE_S, LONGEST_PAUSE_S = 0.05, 1.0
# How often something is killed again before it works again.
KILLED_WHILE_IT_STARTS = 0.15
# Who is chosen next where the first one cannot be killed now.
CHOICES = 4


@dataclass(frozen=True, slots=True)
class Target:
    """Something that can be killed: how likely it is chosen, who it is, and how. False from `strike`: there was nothing to kill."""

    name: str
    weight: int
    program: Program
    strike: Callable[[], bool]


class Supervisor(threading.Thread):
    """`kills` counts by target. `calm()` ends the killing, not the starting again; `leave()` ends both."""

    def __init__(self, ground: Arena, chance: random.Random, kills_per_minute: float) -> None:
        super().__init__(name="supervisor", daemon=True)
        self.kills: Counter[str] = Counter()
        self.failure: BaseException | None = None
        self._chance, self._pause_s = chance, 60 / kills_per_minute if kills_per_minute else float("inf")
        self._targets, self._programs = targets_of(ground, chance), ground.mortals
        self._due: dict[Program, float] = {}
        self._calm, self._over = threading.Event(), threading.Event()

    def calm(self) -> None:
        self._calm.set()

    def leave(self) -> None:
        self._calm.set()
        self._over.set()

    def run(self) -> None:
        try:
            self._watch()
        except BaseException as error:  # noqa: BLE001  # told in the report
            self.failure = error

    def _watch(self) -> None:
        # Later ones may be long in coming; without a first one nothing would be proved.
        next_kill = time.monotonic() + self._chance.random() * self._pause_s
        while not self._over.wait(TICK_S):
            self._revive(time.monotonic())
            if not self._calm.is_set() and time.monotonic() >= next_kill:
                self._kill()
                next_kill = time.monotonic() + self._pause()

    def _pause(self) -> float:
        return self._chance.expovariate(1 / self._pause_s)

    def _revive(self, now: float) -> None:
        for program in self._programs:
            if program.is_alive:
                continue
            if program not in self._due:
                # It ended without us, for example because its database was gone when it started.
                program.ended += 1
                self._die(program, now)
            elif now >= self._due[program]:
                del self._due[program]
                program.start()

    def _kill(self) -> None:
        weights = [target.weight for target in self._targets]
        for target in self._chance.choices(self._targets, weights, k=CHOICES):
            if self._may_die(target.program) and target.strike():
                self.kills[target.name] += 1
                if not target.program.is_alive:
                    self._die(target.program, time.monotonic())
                return

    def _may_die(self, program: Program) -> bool:
        """Mostly what works; else nothing would ever work again on a slow machine."""
        return program.is_alive and (self._chance.random() < KILLED_WHILE_IT_STARTS or program.is_ready())

    def _die(self, program: Program, now: float) -> None:
        self._due[program] = now + self._chance.uniform(SHORTEST_PAUSE_S, LONGEST_PAUSE_S)


def targets_of(ground: Arena, chance: random.Random) -> list[Target]:
    def whole(program: Program) -> Callable[[], bool]:
        return lambda: program.kill() is None

    def parent(program: Program) -> Callable[[], bool]:
        return lambda: program.kill_it_alone() is None

    def part(program: Program) -> Callable[[], bool]:
        return lambda: program.kill_one_of_its_own(chance)

    found = []
    for server in ground.servers:
        found.append(Target("server", 3, server, whole(server)))
        found.append(Target("server process", 4, server, part(server)))
        found.append(Target("server parent", 1, server, parent(server)))
    found.extend(Target("worker", 3, worker, whole(worker)) for worker in ground.workers)
    if ground.postgres:
        found.append(Target("postmaster", 2, ground.postgres, whole(ground.postgres)))
        found.append(Target("postgres backend", 3, ground.postgres, part(ground.postgres)))
    return found
