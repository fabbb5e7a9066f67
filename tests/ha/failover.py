"""python -m tests.ha.failover --rounds 3

Payments through both servers while the primary of the database dies, again and again; then the books are compared to the cent, and the
windows of errors told. Exit status 1 when a payment was lost or doubled or is uncertain still, or a window was too long; 2 when it
did not start.
"""

import argparse
import random
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, field

from deploy.ha.cluster import Cluster, cluster, new_folder
from deploy.ha.database import Unavailable, tails
from tests.faults.processes.arena import wait_for_all
from tests.faults.processes.chance import chance
from tests.faults.processes.clients import Client, Queue
from tests.faults.processes.plans import Promise
from tests.faults.processes.programs import wait_until
from tests.faults.processes.run import asked_again, come_back, truth, verdict
from tests.faults.processes.settling import lasting, ours, settle, uncertain
from tests.faults.processes.wire import Api
from tests.ha.watching import WatchedApi

UNUSABLE, BAD = 2, 1
CLIENTS = 10
# Longer than any failover, so that nobody gives a payment up because of one.
PATIENCE_S = 60.0
WINDOW_MAX_S = 30.0
# How long all must have gone well before the next strike, and before a window counts as over.
CALM_S = 3.0
OVER_WITHIN_S, WHOLE_WITHIN_S, SETTLED_WITHIN_S, JOINED_WITHIN_S = 75.0, 75.0, 90.0, 90.0


@dataclass
class Round:
    """One death. `window_s`: from the strike to the last try that failed by it; `failed`: how many tries of how many."""

    kind: str
    window_s: float
    failed: int
    tries: int
    whole_again_s: float


@dataclass
class Report:
    rounds: list[Round] = field(default_factory=list)
    payments: int = 0
    told: dict[str, int] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    truth: dict[str, float] = field(default_factory=dict)
    faults: list[str] = field(default_factory=list)

    def text(self) -> str:
        windows = sorted(one.window_s for one in self.rounds)
        lines = [
            f"{one.kind:<6} errors for {one.window_s:5.1f} s ({one.failed} of {one.tries} tries failed), "
            f"whole again after {one.whole_again_s:5.1f} s"
            for one in self.rounds
        ]
        if windows:
            worst = windows[min(len(windows) - 1, int(len(windows) * 0.9))]
            lines.append(
                f"windows of errors: median {statistics.median(windows):.1f} s, 90th percentile {worst:.1f} s, "
                f"longest {windows[-1]:.1f} s"
            )
        lines += [
            f"payments begun {self.payments}, told {self.told}",
            f"answers by status {self.answers}",
            f"time to the truth {self.truth}",
            "to the cent: none lost, none doubled" if not self.faults else f"{len(self.faults)} FAULTS",
        ]
        return "\n".join([*lines, *(f"  {fault}" for fault in self.faults[:40])])


def run(
    rounds: int, seconds: float | None, seed: int, say: Callable[[str], None], window_max_s: float = WINDOW_MAX_S
) -> Report:
    """At least one round; no further one begins after `seconds`. Raises Unavailable and RuntimeError when it does not start."""
    report, began = Report(), time.monotonic()
    with ExitStack() as stack:
        running = stack.enter_context(cluster(stack.enter_context(new_folder())))
        load = _Load(running, seed)
        try:
            load.start()
            for number in range(rounds):
                if number and seconds and time.monotonic() - began > seconds:
                    break
                report.rounds.append(_round(running, load.api, list(STRIKES)[number % len(STRIKES)]))
                say(f"round {number + 1}: {report.rounds[-1]}")
            load.end()
            _compare(running, load, report, seed)
        except Exception as error:  # noqa: BLE001  # it must not hide what was found before
            report.faults.append(f"the run broke off: {type(error).__name__}: {error}")
        finally:
            load.end()
        report.faults += [
            f"{one.kind}: errors for {one.window_s:.1f} s, more than {window_max_s:.0f} s"
            for one in report.rounds
            if one.window_s > window_max_s
        ]
        if report.faults:
            say(f"{tails(running.database)}\n{running.ground.tails()}")
    return report


class _Load:
    """The marketplaces that pay."""

    def __init__(self, running: Cluster, seed: int) -> None:
        self.api, self.queue = WatchedApi(running.ground.urls, PATIENCE_S), Queue(None)
        self.clients = [
            Client(f"client-{number}", seed, self.api, running.ground.paypal, self.queue) for number in range(CLIENTS)
        ]

    def start(self) -> None:
        for client in self.clients:
            client.start()
        if not wait_until(lambda: self.api.went_well_for(CALM_S), OVER_WITHIN_S):
            raise RuntimeError("the payments do not begin")

    def end(self) -> None:
        self.queue.close()
        deadline = time.monotonic() + JOINED_WITHIN_S
        for client in self.clients:
            client.join(max(0.0, deadline - time.monotonic()))


def _round(running: Cluster, api: WatchedApi, kind: str) -> Round:
    """Strikes, waits until payments go well again, and then until the cluster is whole again."""
    if not wait_until(lambda: running.database.is_whole() and api.went_well_for(CALM_S), WHOLE_WITHIN_S):
        raise RuntimeError("the cluster is not whole, or payments do not go well, before a strike")
    former, struck_at = running.database.primary(), time.monotonic()
    mend = STRIKES[kind](running)
    # Where all wait for a frozen machine, no try fails for a while.
    is_over = lambda: running.database.primary() not in (None, former) and api.went_well_for(CALM_S)  # noqa: E731
    if not wait_until(is_over, OVER_WITHIN_S):
        raise RuntimeError(f"payments do not go well again within {OVER_WITHIN_S} s after {kind}")
    mend()
    if not wait_until(running.database.is_whole, WHOLE_WITHIN_S):
        raise RuntimeError(f"the cluster is not whole again within {WHOLE_WITHIN_S} s after {kind}")
    tries = api.since(struck_at)
    failed = [moment for moment, is_failed in tries if is_failed]
    window_s = max(failed) - struck_at if failed else 0.0
    return Round(kind, round(window_s, 1), len(failed), len(tries), round(time.monotonic() - struck_at, 1))


def _kill(running: Cluster) -> Callable[[], None]:
    """The primary's machine loses its power."""
    primary = running.database.primary()
    assert primary is not None
    primary.kill()
    return running.database.revive


def _freeze(running: Cluster) -> Callable[[], None]:
    """The primary's machine hangs, and wakes up later believing that it is the primary still."""
    primary = running.database.primary()
    assert primary is not None
    primary.freeze()
    return primary.thaw


def _kill_with_member(running: Cluster) -> Callable[[], None]:
    """The primary's machine loses its power, and so does one of etcd."""
    running.database.etcd[0].kill()
    return _kill(running)


STRIKES: dict[str, Callable[[Cluster], Callable[[], None]]] = {
    "kill": _kill,
    "freeze": _freeze,
    "etcd": _kill_with_member,
}


def _compare(running: Cluster, load: _Load, report: Report, seed: int) -> None:
    """When all is calm: everything is found out by the workers, and the books are equal to the cent."""
    ground, dice = running.ground, chance(seed, "end")
    api = Api(ground.urls, PATIENCE_S)
    wait_for_all(ground.mortals, WHOLE_WITHIN_S, ground)
    promises = [promise for client in load.clients for promise in list(client.promises)]
    report.faults += [f"{one.name} failed: {one.failure!r}" for one in load.clients if one.failure]
    settled = settle(api, ground.paypal, dice, SETTLED_WITHIN_S, has_worker=True)
    if not settled.by_worker:
        report.faults.append("the workers alone did not find everything out")
    report.faults += asked_again(api, dice, promises) + come_back(api, dice, promises)
    settle(api, ground.paypal, dice, SETTLED_WITHIN_S, has_worker=True)
    report.payments = load.queue.begun
    for promise in promises:
        report.told[promise.told] = report.told.get(promise.told, 0) + 1
    report.answers, report.truth = load.api.statuses.counts(), truth(ground)
    report.faults += lasting(lambda: _read_books(promises, running, api, dice))
    if errors := load.api.statuses.counts().get("500"):
        report.faults.append(f"{errors} answers were 500")


def _read_books(promises: list[Promise], running: Cluster, api: Api, dice: random.Random) -> list[str]:
    """Everybody's books as they stand, and all that is wrong with them."""
    found = verdict(promises, running.ground.paypal.state(), ours(api, dice))
    left = uncertain(api, dice)
    if found:
        print(found, time.time(), flush=True)
    return [*found, f"{left} are uncertain still"] if left else found


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.ha.failover", description=__doc__)
    parser.add_argument("--rounds", type=int, default=6)
    parser.add_argument("--seconds", type=float, help="no further round begins after so long")
    parser.add_argument("--seed", type=int, default=random.SystemRandom().randrange(1_000_000))
    parser.add_argument("--window-s", type=float, default=WINDOW_MAX_S, help="errors for longer are a fault")
    chosen = parser.parse_args(arguments)
    print(f"seed {chosen.seed}", flush=True)
    try:
        report = run(chosen.rounds, chosen.seconds, chosen.seed, lambda text: print(text, flush=True), chosen.window_s)
    except (Unavailable, RuntimeError) as error:
        print(error, file=sys.stderr)
        return UNUSABLE
    print(report.text(), flush=True)
    return BAD if report.faults else 0


if __name__ == "__main__":
    sys.exit(main())
