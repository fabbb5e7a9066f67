"""What a run came to, in numbers, and how it is told."""

from collections import Counter
from dataclasses import dataclass, field


@dataclass(slots=True)
class Failure:
    """An episode in which something was wrong: its seed replays it."""

    seed: int
    problems: list[str]
    trace: list[str]


@dataclass(slots=True)
class Tally:
    """The sums over all episodes. Times to truth are in simulated seconds."""

    episodes: int = 0
    steps: int = 0
    kills: int = 0
    payments: int = 0
    refunds: int = 0
    notifications: int = 0
    charged: int = 0
    uncertain_ever: int = 0
    uncertain_now: int = 0
    lost: int = 0
    doubled: int = 0
    other_problems: int = 0
    requests: Counter[str] = field(default_factory=Counter)
    faults: Counter[str] = field(default_factory=Counter)
    killed_at: Counter[str] = field(default_factory=Counter)
    times_to_truth_s: list[float] = field(default_factory=list)
    failures: list[Failure] = field(default_factory=list)

    @property
    def clean(self) -> bool:
        return not (self.failures or self.lost or self.doubled or self.other_problems or self.uncertain_now)

    def time_to_truth_s(self, share: float) -> float | None:
        """The time within which this share of the uncertain calls was resolved; None if there was none."""
        times = sorted(self.times_to_truth_s)
        return times[min(int(len(times) * share), len(times) - 1)] if times else None


def table(tally: Tally, duration_s: float, seed: int, database: str) -> str:
    """The report for people."""
    median, most = tally.time_to_truth_s(0.5), tally.time_to_truth_s(0.99)
    rows = [
        ("seed", str(seed)),
        ("database", database),
        ("episodes", f"{tally.episodes:,}"),
        ("steps", f"{tally.steps:,} in {duration_s:.0f} s, {tally.steps / max(duration_s, 0.001) * 60:,.0f} a minute"),
        ("kills", f"{tally.kills:,}{_by_kind(tally.killed_at)}"),
        ("faults", f"{sum(tally.faults.values()):,}{_by_kind(tally.faults)}"),
        ("requests", f"{sum(tally.requests.values()):,}{_by_kind(tally.requests)}"),
        ("payments", f"{tally.payments:,}, {tally.charged:,} of them charged"),
        ("refunds", f"{tally.refunds:,}"),
        ("notifications", f"{tally.notifications:,}"),
        ("uncertain", f"{tally.uncertain_ever:,} in all, now {tally.uncertain_now:,}"),
        ("time to truth", f"median {_seconds(median)}, 99th percentile {_seconds(most)}, simulated"),
        ("other problems", f"{tally.other_problems:,}"),
        ("lost", f"{tally.lost:,}"),
        ("doubled", f"{tally.doubled:,}"),
    ]
    return "\n".join(f"{name:<16}{value}" for name, value in rows)


def story(failure: Failure) -> str:
    """A failed episode for people: what is wrong, and the last that happened before."""
    wrong = "\n".join(f"  {problem}" for problem in failure.problems)
    trace = "\n".join(f"  {line}" for line in failure.trace)
    return f"SEED={failure.seed} replays this as its first episode:\n{wrong}\nThe last of what happened:\n{trace}"


def _by_kind(counter: Counter[str]) -> str:
    return "".join(f"\n{'':<18}{count:>7,}  {kind}" for kind, count in sorted(counter.items()))


def _seconds(value: float | None) -> str:
    return "-" if value is None else f"{value:,.0f} s"
