"""What the operator reads while a file is moved: bad lines on standard output, how far it has come on standard error."""

import sys
import time
from collections.abc import Iterable
from itertools import groupby
from operator import attrgetter

from solitude.moving.reading import Problem

EVERY_S = 2.0
TOLD_MAX = 100


class Report:
    """Tells of the first `most` bad lines and counts them all."""

    def __init__(self, most: int = TOLD_MAX) -> None:
        self.bad_lines, self._most, self._next_at = 0, most, time.monotonic() + EVERY_S

    def add(self, problems: Iterable[Problem]) -> None:
        for _, of_line in groupby(sorted(problems, key=attrgetter("number")), key=attrgetter("number")):
            self.bad_lines += 1
            if self.bad_lines <= self._most:
                for problem in of_line:
                    say(str(problem))

    def progress(self, what: str, rows: int) -> None:
        """Now and then."""
        if time.monotonic() >= self._next_at:
            self._next_at = time.monotonic() + EVERY_S
            remark(f"{what} {rows:,} rows")


def say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def remark(text: str) -> None:
    sys.stderr.write(f"solitude: {text}\n")
    sys.stderr.flush()
