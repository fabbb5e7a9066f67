"""One run: the arena, the clients, the kills and the bad weather; then calm, and the books."""

import contextlib
import json
import random
import subprocess
import sys
import time
from collections import Counter, defaultdict
from decimal import Decimal
from pathlib import Path
from typing import Any

import urllib3

from tests.faults.books import OurBooks, ProviderBooks, compare
from tests.faults.processes import feed, judge
from tests.faults.processes.arena import Arena, Database, arena, wait_for_all
from tests.faults.processes.chance import chance
from tests.faults.processes.clients import Client, Queue, heard
from tests.faults.processes.notices import Forwarder
from tests.faults.processes.plans import Promise
from tests.faults.processes.report import Report
from tests.faults.processes.settling import lasting, ours, settle, uncertain
from tests.faults.processes.supervisor import Supervisor
from tests.faults.processes.weather import Weather
from tests.faults.processes.wire import Api
from tests.support.postgres import heed

ROOT = Path(__file__).parents[3]
STORM_MAX_S = 900.0
READY_WITHIN_S = 90.0
SETTLED_WITHIN_S = 90.0
JOINED_WITHIN_S = 20.0
NOTICES_WITHIN_S = 60.0
TRUTH_WITHIN_S = 60
PATIENCE_S = 20.0
# With SQLite one writer at a time works, and more clients only wait.
CLIENTS = {"sqlite": 16, "postgresql": 40}
KILLS_PER_MINUTE = {"sqlite": 40.0, "postgresql": 60.0}
FINAL_PATIENCE_S = 30.0
ASKED_AGAIN = 50
LOOK_S = 0.5
COME_BACK_WITHIN_S = 60.0


def run(
    *,
    database: Database,
    payments: int | None,
    seconds: float | None = None,
    seed: int,
    kills_per_minute: float | None = None,
    clients: int | None = None,
    patience_s: float = PATIENCE_S,
) -> Report:
    """Runs until so many payments were begun, or for so long, whichever comes first. Every wait in it has a limit.

    Raises RuntimeError when the processes do not start.
    """
    began = time.monotonic()
    report = Report(database, seed)
    with arena(database, READY_WITHIN_S) as ground:
        storm = _Storm(ground, seed, payments, clients or CLIENTS[database], patience_s)
        rate = KILLS_PER_MINUTE[database] if kills_per_minute is None else kills_per_minute
        supervisor = Supervisor(ground, chance(seed, "kills"), rate)
        try:
            supervisor.start()
            storm.rage(min(seconds or STORM_MAX_S, STORM_MAX_S))
            supervisor.calm()
            storm.abate()
            wait_for_all(ground.mortals, READY_WITHIN_S, ground)
            storm.hear_out()
            storm.tell(report)
            if payments and not seconds and report.payments < payments:
                report.faults_found.append(f"only {report.payments} of {payments} payments were begun in time")
            _tell_end(report, ground, storm, seed)
        except Exception as error:  # noqa: BLE001  # it must not hide what was found before
            report.faults_found.append(f"the run broke off: {type(error).__name__}: {error}")
        finally:
            supervisor.leave()
            supervisor.join(JOINED_WITHIN_S)
            storm.end()
        if supervisor.failure:
            report.faults_found.append(f"the supervisor failed: {supervisor.failure!r}")
        report.kills = dict(sorted(supervisor.kills.items()))
        report.ended_by_themselves = {one.name: one.ended for one in ground.mortals if one.ended}
        report.logs = "" if report.is_good else ground.tails()
    report.seconds = time.monotonic() - began
    return report


class _Storm:
    """Everybody who acts while things are killed."""

    def __init__(self, ground: Arena, seed: int, payments: int | None, clients: int, patience_s: float) -> None:
        self.api = Api(ground.urls, patience_s)
        self.queue = Queue(payments)
        self.weather = Weather(ground.paypal, chance(seed, "weather"))
        self.forwarder = Forwarder(self.api, ground.paypal, chance(seed, "notices"))
        self.reader = feed.Reader(self.api, chance(seed, "feed"))
        self.clients = [
            Client(f"client-{number}", seed, self.api, ground.paypal, self.queue) for number in range(clients)
        ]

    def rage(self, seconds: float) -> None:
        """Until all payments are done, or for so long."""
        for thread in (self.weather, self.forwarder, self.reader, *self.clients):
            thread.start()
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and (acting := [client for client in self.clients if client.is_alive()]):
            heed()
            acting[0].join(LOOK_S)
        self.queue.close()

    def abate(self) -> None:
        """The weather clears, and everybody ends what was begun."""
        self.weather.clear()
        deadline = time.monotonic() + JOINED_WITHIN_S + self.api.patience_s
        for client in self.clients:
            client.join(max(0.0, deadline - time.monotonic()))

    def hear_out(self) -> None:
        """Everything is up again: the last notifications are delivered."""
        self.forwarder.finish(NOTICES_WITHIN_S)
        self.reader.finish(NOTICES_WITHIN_S)

    def end(self) -> None:
        """Whatever has happened, nobody acts any more. The simulator may be gone."""
        self.queue.close()
        with contextlib.suppress(urllib3.exceptions.HTTPError):
            self.weather.clear()
        self.forwarder.finish(0)
        self.reader.finish(JOINED_WITHIN_S)

    def promises(self) -> list[Promise]:
        return [promise for client in self.clients for promise in list(client.promises)]

    def tell(self, report: Report) -> None:
        report.payments = self.queue.begun
        report.told = dict(sorted(Counter(promise.told for promise in self.promises()).items()))
        report.answers, report.oddities = self.api.statuses.counts(), self.api.oddities.counts()
        report.notices = self.forwarder.delivered.counts()
        if report.database == "sqlite" and report.answers.get("500"):
            # There is no server of a database that could have been away.
            report.faults_found.append(f"{report.answers['500']} answers were 500")
        for thread in (self.weather, self.forwarder, self.reader, *self.clients):
            if thread.failure:
                report.faults_found.append(f"{thread.name} failed: {thread.failure!r}")
            if thread.is_alive():
                report.faults_found.append(f"{thread.name} does not end")


def _tell_end(report: Report, ground: Arena, storm: _Storm, seed: int) -> None:
    """Waits until all is settled and compares the books."""
    api, dice = Api(ground.urls, FINAL_PATIENCE_S), chance(seed, "end")
    has_worker = bool(ground.workers)
    settled = settle(api, ground.paypal, dice, SETTLED_WITHIN_S, has_worker=has_worker)
    report.settled = f"in {settled.seconds:.1f} s by {'the workers alone' if settled.by_worker else 'pay-check'}"
    report.faults_found += asked_again(api, dice, storm.promises())
    report.faults_found += come_back(api, dice, storm.promises())
    settle(api, ground.paypal, dice, SETTLED_WITHIN_S, has_worker=has_worker)
    found = lasting(lambda: _read_books(report, ground, storm, api, dice))
    if errors := api.statuses.counts().get("500"):
        found.append(f"{errors} answers were 500 when all was calm")
    report.faults_found += found
    report.lost = sum("lost" in fault for fault in found)
    report.doubled = sum("doubled" in fault for fault in found)


def _read_books(report: Report, ground: Arena, storm: _Storm, api: Api, dice: random.Random) -> list[str]:
    """Everybody's books as they stand, and all that is wrong with them."""
    state, rows = ground.paypal.state(), ours(api, dice)
    report.uncertain, report.truth = uncertain(api, dice), truth(ground)
    _tell_provider(report, state)
    found = verdict(storm.promises(), state, rows)
    found += _read_feed(report, storm, api, dice, rows)
    if report.uncertain:
        found.append(f"{report.uncertain} are uncertain still")
    if report.truth["open"]:
        found.append(f"{report.truth['open']:.0f} provider calls have no known outcome")
    return found


def _read_feed(report: Report, storm: _Storm, api: Api, dice: random.Random, rows: list[dict[str, Any]]) -> list[str]:
    """What is wrong with the feed, from its beginning and as the reader followed it."""
    try:
        storm.reader.read_on(api)
        report.events = len(storm.reader.heard)
        return list(feed.faults(storm.reader.heard, feed.read(api, dice), rows))
    except RuntimeError as error:
        return [str(error)]


def verdict(promises: list[Promise], state: dict[str, Any], rows: list[dict[str, Any]]) -> list[str]:
    """All that is wrong, a sentence each: between the provider's books and ours, and between it and what clients were told."""
    provider = ProviderBooks.from_state(state)
    return [*compare(provider, OurBooks.from_api(rows), settled=True), *judge.broken(promises, provider)]


def come_back(api: Api, dice: random.Random, promises: list[Promise]) -> list[str]:
    """Clients that died or gave up ask once more under their key, now that all is calm: each must be told what became of it."""
    found: list[str] = []
    deadline = time.monotonic() + COME_BACK_WITHIN_S
    for promise in promises:
        if promise.told == "nothing" and not promise.uuid and time.monotonic() < deadline:
            answer = api.insist(dice, "POST", "/paypal/pay", promise.asked, promise.key)
            heard(promise, answer)
            if answer is None or answer.status not in (201, 422):
                found.append(f"payment {promise.plan.number}: its key gets no answer when all is calm: {answer}")
    return found


def asked_again(api: Api, dice: random.Random, promises: list[Promise]) -> list[str]:
    """Some clients ask once more under the key of their payment: they must be told of the same one."""
    answered = [promise for promise in promises if promise.uuid]
    found = []
    for promise in dice.sample(answered, min(ASKED_AGAIN, len(answered))):
        answer = api.insist(dice, "POST", "/paypal/pay", promise.asked, promise.key)
        if answer is None or answer.status != 201 or answer.json["uuid"] != promise.uuid:
            found.append(f"payment {promise.plan.number} was {promise.uuid}, and its key is answered with {answer}")
    return found


def _tell_provider(report: Report, state: dict[str, Any]) -> None:
    provider = ProviderBooks.from_state(state)
    sums: dict[str, Decimal] = defaultdict(Decimal)
    for charge in provider.charges:
        if charge.moved:
            sums[charge.currency] += charge.amount
    moved = sum(charge.moved for charge in provider.charges)
    report.captured = {"captures": str(moved)} | {name: str(total) for name, total in sorted(sums.items())}
    report.refunds = len(provider.returns)
    struck = Counter(str(request["fault"]) for request in state["requests"] if request["fault"])
    report.weather = dict(sorted(struck.items()))


def truth(ground: Arena) -> dict[str, float]:
    """From the database, in a process of its own: this one may have no Django, or another database."""
    asked = subprocess.run(
        [sys.executable, "-m", "tests.faults.processes.truth"],
        cwd=ROOT,
        env=ground.environment,
        capture_output=True,
        text=True,
        timeout=TRUTH_WITHIN_S,
        check=False,
    )
    if asked.returncode:
        raise RuntimeError(f"the database does not tell the truth: {asked.stderr[-1000:]}")
    found: dict[str, float] = json.loads(asked.stdout)
    return found


def new_seed() -> int:
    return random.SystemRandom().randrange(1_000_000)
