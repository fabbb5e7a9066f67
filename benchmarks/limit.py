"""The limit: pgbench with the SQL of one unit, on the same database in the same minutes."""

import re
import subprocess
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from benchmarks.places import Database
from benchmarks.script import Script

CLIENTS, THREADS = 16, 2
_PER_SECOND = re.compile(r"^tps = ([0-9.]+) ", re.MULTILINE)
_DONE = re.compile(r"number of transactions actually processed: (\d+)")
START_S = 60


class LimitError(Exception):
    """pgbench does not run what was recorded; the text is what it said."""


@dataclass(frozen=True)
class Limit:
    """Scripts in a folder, each run as often as the others."""

    database: Database
    files: tuple[Path, ...]

    def per_second(self, seconds: float) -> float:
        """Units a second, as fast as the database can."""
        return float(_one(_PER_SECOND, self._run(self.files, "--time", str(max(1, round(seconds))))))

    def each_once(self) -> int:
        """Each script once, one after the other; how many units that were."""
        return sum(int(_one(_DONE, self._run([file], "--transactions", "1", clients=1))) for file in self.files)

    def _run(self, files: Sequence[Path], *arguments: str, clients: int = CLIENTS) -> str:
        command = [
            str(self.database.cluster.programs / "pgbench"),
            *("--no-vacuum", "--protocol", "prepared"),
            *("--client", str(clients), "--jobs", str(min(THREADS, clients)), *arguments),
            *(part for file in files for part in ("--file", str(file))),
            self.database.url,
        ]
        try:
            ran = subprocess.run(command, capture_output=True, text=True, check=False, timeout=START_S + 600)
        except FileNotFoundError:
            raise LimitError("there is no pgbench beside PostgreSQL (Debian: apt-get install postgresql)") from None
        if ran.returncode or "aborted" in ran.stderr:
            raise LimitError(ran.stderr[-3000:])
        return ran.stdout


@contextmanager
def limits(database: Database, scripts: dict[str, Sequence[Script]]) -> Iterator[dict[str, Limit]]:
    """One for each scenario, as files for the time of the block."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(TemporaryDirectory(prefix="solitude-bench-sql-")))
        made = {}
        for scenario, each in scripts.items():
            files = []
            for number, script in enumerate(each):
                file = folder / f"{scenario.replace(' ', '-')}-{number}.sql"
                file.write_text(script.text)
                files.append(file)
            made[scenario] = Limit(database, tuple(files))
        yield made


def _one(pattern: re.Pattern[str], text: str) -> str:
    found = pattern.search(text)
    if found is None:
        raise LimitError(f"pgbench says nothing of the kind: {text[-1000:]}")
    return found[1]
