"""A real process, with all that it starts, that may be killed at any moment and started again."""

import contextlib
import os
import random
import signal
import subprocess
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from tests.support.postgres_binaries import ProcessOptions

KILLED_WITHIN_S = 10
POLL_S = 0.02
STAT_PARENT, STAT_STATE = 1, 0


class Program:
    """`is_ready` asks whether it does its work; `ended` counts how often it ended without being told to."""

    def __init__(
        self,
        name: str,
        command: Sequence[str | Path],
        environment: Mapping[str, str],
        log: Path,
        is_ready: Callable[[], bool] = lambda: True,
        options: ProcessOptions | None = None,
    ) -> None:
        self.name, self.command, self.environment, self.log = name, command, environment, log
        self.is_ready, self.options = is_ready, options or ProcessOptions()
        self.ended = 0
        self._process: subprocess.Popen[bytes] | None = None
        self._starting, self._is_over = threading.Lock(), False

    def start(self) -> None:
        """Starts it, unless it was stopped for good."""
        with self._starting:
            if not self._is_over:
                self._start()

    def _start(self) -> None:
        # As a supervisor does it: what an earlier one left behind is ended first.
        self._signal(signal.SIGKILL)
        with self.log.open("ab") as log:
            # A session of its own: a Ctrl-C at the terminal is for us, and what it starts can be killed with it.
            self._process = subprocess.Popen(
                self.command,
                env=self.environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                **self.options,
            )

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def is_alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    def kill(self) -> None:
        """`kill -9` of the process and of all that it started."""
        self._signal(signal.SIGKILL)
        self._wait(KILLED_WITHIN_S)

    def kill_it_alone(self) -> None:
        """`kill -9` of the process only: what it started works on as orphans until it is started again."""
        if self.pid:
            kill_process(self.pid)
        self._wait(KILLED_WITHIN_S)

    def kill_one_of_its_own(self, chance: random.Random) -> bool:
        """`kill -9` of one process that it started. False: there was none."""
        below = self.victims()
        if not below:
            return False
        return kill_process(chance.choice(below))

    def victims(self) -> list[int]:
        """The processes that it started and that may be killed on their own."""
        return children(self.pid) if self.pid and self.is_alive else []

    def stop(self) -> None:
        """Ends it for good. By force, for its data are nobody's any more, and those who come after it must be ended too."""
        self.never_again()
        self.kill()

    def never_again(self) -> None:
        with self._starting:
            self._is_over = True

    def _signal(self, number: signal.Signals) -> None:
        if self._process is not None:
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, number)

    def _wait(self, seconds: float) -> None:
        with contextlib.suppress(subprocess.TimeoutExpired):
            if self._process is not None:
                self._process.wait(seconds)


def kill_process(pid: int) -> bool:
    """`kill -9` of one process; False: it was gone already."""
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, signal.SIGKILL)
        return True
    return False


def children(parent: int) -> list[int]:
    """The processes that `parent` started and that live."""
    numbers = [int(entry.name) for entry in Path("/proc").iterdir() if entry.name.isdecimal()]
    return sorted(pid for pid in numbers if (stat := _stat(pid)) and stat == ("alive", parent))


def is_living(pid: int) -> bool:
    stat = _stat(pid)
    return stat is not None and stat[0] == "alive"


def command_of(pid: int) -> str:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
    except OSError:
        return ""


def _stat(pid: int) -> tuple[str, int] | None:
    """Whether the process lives or waits to be buried, and its parent; None: there is no such process."""
    try:
        # The name, in parentheses, may hold anything; what is wanted comes after it.
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return ("dead" if fields[STAT_STATE] in "ZX" else "alive", int(fields[STAT_PARENT]))


def wait_until(holds: Callable[[], bool], within_s: float) -> bool:
    """Polls until `holds()`; whether it did in time."""
    deadline = time.monotonic() + within_s
    while not holds():
        if time.monotonic() >= deadline:
            return False
        time.sleep(POLL_S)
    return True
