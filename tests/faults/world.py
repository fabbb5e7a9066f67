"""What there is in an episode: a house of three nodes on one database, a provider, a marketplace, and the post between them."""

import random
from collections.abc import Callable, Sequence
from typing import TypeVar

from tests.faults.baton import Baton, Process, Task
from tests.faults.clock import Clock
from tests.faults.provider import Json, Wire, forget_tokens
from tests.faults.shop import Shop

T = TypeVar("T")
NODES = 3
SKEW_S = 3600


class World:
    """All that errands and fate act upon. What happens is said, and so becomes the trace."""

    def __init__(self, seed: int, clock: Clock, baton: Baton) -> None:
        self.rng = random.Random(seed)  # noqa: S311  # a story, no secret
        self.clock, self.baton = clock, baton
        self.wire = Wire(self.rng)
        self.shop = Shop(self.rng, lambda what: self.say(f"    {what}"))
        self.processes = [Process(node) for node in range(NODES)]
        self.trace: list[str] = []
        self.steps = self.kills = self.turns = self.notifications = 0
        self.killed_at: list[str] = []
        # What the provider has told, up to which number, and what of it is still to be forwarded.
        self.told = 0
        self.post: list[Json] = []
        self.post_comes = self.rng.random() < 0.7

    def say(self, what: str) -> None:
        self.trace.append(f"{self.steps:4} {self.clock.elapsed_s:10.1f}s  {what}")

    def chosen(self, acts: Sequence[tuple[float, T]]) -> T:
        """One of these, by weight."""
        return self.rng.choices([act for _, act in acts], [weight for weight, _ in acts])[0]

    def resume(self, task: Task) -> None:
        """The task has the baton until it pauses or ends."""
        self.say(f"{task.name} goes on after {task.where}")
        self.clock.skew_s = task.process.skew_s
        self.baton.go_on(task)
        self.clock.skew_s = 0
        self.turns += 1
        if task.died and task.process in self.processes:
            self.bury(task.process, task.where)

    def bury(self, process: Process, where: str = "") -> None:
        """A process dies with all that it was doing; its node starts another one, perhaps with a wrong clock."""
        self.kills += 1
        dying = [task for task in self.baton.tasks if task.process is process and task.mortal]
        self.killed_at += [task.where for task in dying if task.where != "start"] + ([where] if where else [])
        names = ", ".join(task.name for task in dying) or "nothing else"
        self.say(f"node {process.node} dies{' ' + where if where else ''}, with {names}")
        self.baton.unwind(process)
        forget_tokens()
        skew_s = self.rng.choice((-SKEW_S, SKEW_S)) if self.rng.random() < 0.15 else 0
        self.processes[process.node] = Process(process.node, skew_s)

    def collect_post(self) -> None:
        """The provider's messages arrive at the marketplace, as far as the post comes at all."""
        told = self.wire.told_after(self.told)
        if told:
            self.told = told[-1]["number"]
        if self.post_comes:
            self.post += told


Act = Callable[[], object]
