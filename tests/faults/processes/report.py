"""What a run came to, and whether it may be called good."""

from collections.abc import Mapping
from dataclasses import dataclass, field

SENTENCES_MAX = 40


@dataclass(slots=True)
class Report:
    """`faults_found` is empty after a good run: a sentence for each thing that is wrong."""

    database: str
    seed: int
    seconds: float = 0.0
    payments: int = 0
    told: dict[str, int] = field(default_factory=dict)
    captured: dict[str, str] = field(default_factory=dict)
    refunds: int = 0
    kills: dict[str, int] = field(default_factory=dict)
    ended_by_themselves: dict[str, int] = field(default_factory=dict)
    weather: dict[str, int] = field(default_factory=dict)
    answers: dict[str, int] = field(default_factory=dict)
    oddities: dict[str, int] = field(default_factory=dict)
    notices: dict[str, int] = field(default_factory=dict)
    events: int = 0
    truth: dict[str, float] = field(default_factory=dict)
    settled: str = ""
    uncertain: int = -1
    lost: int = 0
    doubled: int = 0
    faults_found: list[str] = field(default_factory=list)
    logs: str = ""

    @property
    def is_good(self) -> bool:
        return not self.faults_found

    def table(self) -> str:
        rows = [
            ("database", self.database),
            ("seed", str(self.seed)),
            ("time", f"{self.seconds:.1f} s"),
            ("payments begun", str(self.payments)),
            ("clients were told", _listed(self.told)),
            ("captured at PayPal", _listed(self.captured)),
            ("refunds at PayPal", str(self.refunds)),
            ("kill -9", _listed(self.kills)),
            ("ended by themselves", _listed(self.ended_by_themselves)),
            ("PayPal's faults", _listed(self.weather)),
            ("answers by status", _listed(self.answers)),
            ("refusals and errors", _listed(self.oddities)),
            ("notifications", _listed(self.notices)),
            ("events in the feed", str(self.events)),
            ("time to the truth", _listed(self.truth)),
            ("settled", self.settled),
            ("uncertain now", str(self.uncertain)),
            ("lost", str(self.lost)),
            ("doubled", str(self.doubled)),
            ("verdict", "to the cent" if self.is_good else f"{len(self.faults_found)} FAULTS"),
        ]
        width = max(len(name) for name, _ in rows)
        lines = [f"{name:<{width}}  {value}" for name, value in rows]
        return "\n".join([*lines, *(f"  {fault}" for fault in self.faults_found[:SENTENCES_MAX])])

    def told_in_full(self) -> str:
        """The table and, after a bad run, the ends of the logs."""
        return self.table() if self.is_good else f"{self.logs}\n\n{self.table()}"


def _listed(counts: Mapping[str, object]) -> str:
    return ", ".join(f"{name} {count}" for name, count in counts.items()) or "none"
