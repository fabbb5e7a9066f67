"""What befalls the world: deaths, storms, time, and what buyers and the provider do on their own."""

from solitude import failpoints
from tests.faults.baton import Died
from tests.faults.errands import work_off
from tests.faults.provider import Weather
from tests.faults.world import Act, World

DIES_WHILE_RECORDING = 0.02
WORKERS_ARE_UP, WORKERS_WAIT_S = 0.8, (10, 60, 300)
HOUR_S, DAY_S = 3600, 86_400
# A request that its sender gave up is carried out before more time passes than this, or never.
LATE_MOST_S = 45
FAULTS = (
    "error_500", "error_503", "rate_limit_429", "timeout_before", "disconnect_before", "timeout_after", "disconnect_after",
    "truncated_after", "garbage_after", "latency", "latency", "stored_500", "issue:PREVIOUS_REQUEST_IN_PROGRESS",
)  # fmt: skip
OPERATIONS = ("any", "token", "get_order", *("create_order", "capture_order", "refund") * 2)
# How likely a request finds nobody, gets lost, comes late; and how likely its answer gets lost.
WEATHER = ((0, 0.05, 0.2), (0, 0.05), (0, 0.05, 0.2), (0.1, 0.3, 0.5))
CLICKS = ("ok", "ok", "ok", "review", "declined", "capture_declined")
ENDS_OF_DISPUTES = ("RESOLVED_BUYER_FAVOUR", "RESOLVED_SELLER_FAVOUR", "ACCEPTED", "CANCELED_BY_BUYER")


class Fate:
    def __init__(self, world: World) -> None:
        self.world, self.rng, self.wire = world, world.rng, world.wire
        self._deadly, self._restless = self.rng.choice((0, 2, 6)), self.rng.choice((1, 4, 8))
        self._stormy = 0.0
        self._disputes: list[str] = []

    def acts(self) -> list[tuple[float, Act]]:
        """What may befall now, by weight."""
        somebody = bool(self.world.baton.tasks)
        return [
            (self._deadly if somebody else 0, self._kill),
            (self._stormy * 8, self._break),
            (1, self._mend),
            (self._restless, self._pass_time),
            (0.3, self._pass_long_time),
            (6 if self.wire.late else 0, self.late_arrival),
            (9 if self.world.shop.waiting() else 0, self._click),
            (2, self.end_a_review),
            (1 if self.world.post_comes else 0, self._dispute),
            (2, self.world.collect_post),
        ]

    def reached(self, name: str) -> None:
        """In a task, at one of the engine's moments: it may die there, or somebody else may go first."""
        task = self.world.baton.current
        assert task is not None
        if name != failpoints.WHILE_RECORDING:
            self.world.baton.pause(name)
        elif self._deadly and self.rng.random() < DIES_WHILE_RECORDING:
            task.where, task.process.dead = name, True
            raise Died

    # --- deaths and storms ---

    def _kill(self) -> None:
        under_way = [task for task in self.world.baton.tasks if task.where != "start" and not task.process.dead]
        if under_way:
            self.world.bury(self.rng.choice(under_way).process)

    def _break(self) -> None:
        fault = {
            "operation": self.rng.choice(OPERATIONS),
            "fault": self.rng.choice(FAULTS),
            "count": self.rng.randint(1, 4),
            "delay_ms": 100,
        }
        self.wire.control("POST", "faults", fault)
        self.world.say(f"the provider breaks: {fault['operation']} {fault['fault']}, {fault['count']} times")

    def _mend(self) -> None:
        self.wire.control("DELETE", "faults")
        self.choose_weather()

    def choose_weather(self) -> None:
        self._stormy = self.rng.choice((0.2, 0.6, 1))
        self.wire.weather = Weather(*(self.rng.choice(chances) * self._stormy for chances in WEATHER))
        self.world.say(f"the weather is {self._stormy}")

    def late_arrival(self) -> None:
        self.world.say(f"late arrives {self.wire.late_one_arrives()}")

    # --- time ---

    def _pass_time(self) -> None:
        """Longer than a lease, while others are in the middle of something."""
        self._pass(self.rng.choice((1, 5, 10, 30, 30, 90, 600)))

    def _pass_long_time(self) -> None:
        """Nobody is in the middle of something for hours: a request is not on its way that long.

        Mostly the workers are at work meanwhile, in whatever weather there is; at times all of the house is down.
        """
        while self.world.baton.tasks:
            self.world.resume(self.world.baton.tasks[0])
        if self.rng.random() < WORKERS_ARE_UP:
            for seconds in WORKERS_WAIT_S:
                self._pass(seconds)
                work_off()
        self._pass(self.rng.choice((HOUR_S, 4 * HOUR_S, DAY_S, 3 * DAY_S)))

    def _pass(self, seconds: int) -> None:
        while seconds > LATE_MOST_S and self.wire.late:
            self.late_arrival()
        self.world.clock.move(seconds)
        self.world.say(f"{seconds} s pass")

    # --- buyers and the provider ---

    def _click(self) -> None:
        purchase = self.rng.choice(self.world.shop.waiting())
        action, funding = "cancel" if self.rng.random() < 0.1 else "approve", self.rng.choice(CLICKS)
        status, _ = self.wire.control(
            "POST", "approve", {"token": purchase.token, "action": action, "funding": funding}
        )
        self.world.say(f"the buyer of {purchase.number} clicks {action} ({funding}): {status}")

    def end_a_review(self) -> bool:
        """The provider decides about money that it holds; whether there was any."""
        held = [charge for charge in self.wire.books().charges if charge.status == "PENDING"]
        if not held:
            return False
        decision = self.rng.choice(("accept", "deny"))
        self.wire.control("POST", "review", {"capture": self.rng.choice(held).id, "decision": decision})
        self.world.say(f"the provider's review ends: {decision}")
        return True

    def _dispute(self) -> None:
        """A buyer complains, or a complaint ends; for the buyer, it takes money back."""
        taken = [charge for charge in self.wire.books().charges if charge.moved]
        if self._disputes and self.rng.random() < 0.6:
            dispute = self._disputes.pop(self.rng.randrange(len(self._disputes)))
            outcome = self.rng.choice(ENDS_OF_DISPUTES)
            status, _ = self.wire.control("POST", "dispute/resolve", {"dispute": dispute, "outcome": outcome})
            self.world.say(f"a dispute ends {outcome}: {status}")
        elif taken:
            charge = self.rng.choice(taken)
            status, opened = self.wire.control("POST", "dispute", {"capture": charge.id})
            self.world.say(f"a dispute about {charge.amount} {charge.currency}: {status}")
            if status == 201:
                self._disputes.append(opened["dispute_id"])
