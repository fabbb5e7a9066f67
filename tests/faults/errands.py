"""What people and workers begin: payments, repeats, checks, refunds, notifications that are handed on, work that is due."""

from collections.abc import Callable

from solitude.payments import notifications, recovery
from tests.faults.baton import Task
from tests.faults.world import Act, World

TASKS_MAX = 6
# Some dawdle: others take them for dead, and then they come back.
PACES = (1, 1, 0.04)
JOBS: tuple[Callable[[], int], ...] = (notifications.handle_due, recovery.run_once, recovery.follow_up)
Errand = tuple[str, Act]


class Errands:
    def __init__(self, world: World) -> None:
        self.world, self.rng, self.shop = world, world.rng, world.shop
        # How much of each there is in this episode.
        self._liking = [
            (weight * self.rng.choice((0.3, 1, 3)), errand)
            for weight, errand in (
                (6, self._pay), (6, self._again), (6, self._check), (5, self._refund), (1, self._feed), (4, self._forward),
                (6, self._work), (1, self._cancel),
            )
        ]  # fmt: skip

    @property
    def weight(self) -> float:
        return 22 if len(self.world.baton.tasks) < TASKS_MAX else 0

    def begin(self) -> None:
        """One more task, at any node; it does not run yet."""
        errand = self.world.chosen(self._liking)()
        if errand:
            name, act = errand
            process = self.rng.choice(self.world.processes)
            self.world.baton.start(Task(name, process, act, pace=self.rng.choice(PACES)))
            self.world.say(f"{name} comes to node {process.node}")

    def go_on(self) -> None:
        tasks = self.world.baton.tasks
        self.world.resume(self.rng.choices(tasks, [task.pace for task in tasks])[0])

    def _pay(self) -> Errand:
        purchase = self.shop.new_payment(self.world.clock.now)
        return purchase.wish.name, lambda: self.shop.ask(purchase.wish, purchase)

    def _again(self) -> Errand | None:
        """The same request under the same key: because no answer came, or for no reason."""
        wishes = self.shop.repeatable(self.world.clock.now)
        if not wishes:
            return None
        wish = self.rng.choice(wishes[-6:])
        purchase = next((purchase for purchase in self.shop.purchases if purchase.wish is wish), None)
        return f"{wish.name} again", lambda: self.shop.ask(wish, purchase)

    def _check(self) -> Errand | None:
        if not self.shop.seen:
            return None
        some = self.shop.unfinished() if self.rng.random() < 0.8 else []
        asked = self.shop.check_of(self.rng.choice((some or self.shop.seen)[-8:]), self.world.clock.now)
        return asked.name, lambda: self.shop.ask(asked)

    def _cancel(self) -> Errand | None:
        """A buyer comes back through the cancel URL, or somebody says so of any payment."""
        payments = [purchase.uuid for purchase in self.shop.purchases if purchase.uuid]
        if not payments:
            return None
        asked = self.shop.cancel_of(self.rng.choice(payments[-8:]), self.world.clock.now)
        return asked.name, lambda: self.shop.ask(asked)

    def _refund(self) -> Errand | None:
        paid = self.shop.refundable()
        if not paid:
            return None
        wish = self.shop.new_refund(self.rng.choice(paid[-6:]), self.world.clock.now)
        return wish.name, lambda: self.shop.ask(wish)

    def _feed(self) -> Errand:
        return "read the feed", self.shop.read_feed

    def _forward(self) -> Errand | None:
        """Any notification, in any order; some come twice, and some never."""
        world = self.world
        if not world.post:
            return None
        told = self.rng.choice(world.post)
        again = self.rng.random() < 0.3

        def bring() -> None:
            world.notifications += 1
            retry = self.shop.forward(told)
            if not retry and not again and told in world.post:
                world.post.remove(told)

        return f"{told['event_type']} {told['number']}", bring

    def _work(self) -> Errand:
        """A worker takes what is due."""
        job = self.rng.choice(JOBS)
        return f"worker: {job.__name__}", lambda: self.world.say(f"    {job.__name__} took {job()}")


def work_off() -> None:
    """All that is due, and what becomes due by it."""
    for job in JOBS:
        while job():
            pass
