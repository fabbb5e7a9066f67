"""A log file that several processes write and that keeps within a size, a count and an age.

The standard handler rotates for its own process only: others go on in the renamed file and rotate once more, so that
lines fall off the end. Here a process follows the file's name before each line, and rotation is done under a lock.

Old files go by their age as well, also where so little is written that they never would by their number. Each process looks: with its
first line, when it rotates, and once a day.
"""

import fcntl
import logging
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from io import TextIOWrapper
from logging.handlers import RotatingFileHandler
from pathlib import Path

from .handlers import Noting
from .logs import get_logger

log = get_logger("solitude.telemetry")
DAY_S = 86_400


class RotatingFile(Noting, RotatingFileHandler):
    """Writes to `path` and keeps `count` older files (`path.1` is the youngest), each about `limit_bytes`.

    With `keep_days` an older file in which nothing was written for so long is removed; never the one that is in use. `unopened` is why the
    file could not be opened at first: then each line tries it again, and those that come before it succeeds are not in it.
    """

    def __init__(self, path: Path, limit_bytes: int, count: int, keep_days: int = 0) -> None:
        # A half of a surrogate pair must cost its own escape, not the whole line.
        super().__init__(
            path, maxBytes=limit_bytes, backupCount=count, encoding="utf-8", delay=True, errors="backslashreplace"
        )
        self._keep_s, self._look_at = keep_days * DAY_S, 0.0
        self.unopened: OSError | None = None
        try:
            self.stream = self._open()
        except OSError as error:
            self.unopened = error

    def _open(self) -> TextIOWrapper:
        stream = super()._open()
        self._held = _identity(os.fstat(stream.fileno()))
        return stream

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: ARG002, N802
        if self._keep_s and time.time() >= self._look_at:
            self._remove_old()
        return self._is_full()

    def doRollover(self) -> None:  # noqa: N802
        with self._alone():
            # Another process may have rotated while this one waited.
            if self._is_full():
                super().doRollover()
        if self._keep_s:
            self._remove_old()

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """No other process renames or removes a file meanwhile."""
        with Path(f"{self.baseFilename}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            yield

    def _remove_old(self) -> None:
        """A rotated file's time is that of its last line: renaming leaves it as it is."""
        self._look_at = time.time() + DAY_S
        path = Path(self.baseFilename)
        try:
            with self._alone():
                for old in path.parent.glob(f"{path.name}.*"):
                    if old.suffix[1:].isdigit() and old.stat().st_mtime < time.time() - self._keep_s:
                        old.unlink()
        except OSError as error:
            # The line that is being written must not be lost for it; tomorrow it is tried again.
            log.warning("log_files_not_removed", error=type(error).__name__)

    def _is_full(self) -> bool:
        # Before each line: one question to the system says both whether the open file still bears the name and how large it is.
        named = self._named()
        if self.stream is None or named is None or _identity(named) != self._held:
            if self.stream is not None:
                self.stream.close()
                self.stream = None
            self.stream = self._open()
            named = os.fstat(self.stream.fileno())
        return named.st_size >= self.maxBytes

    def _named(self) -> os.stat_result | None:
        """What bears the name now."""
        try:
            return os.stat(self.baseFilename)  # noqa: PTH116 - pathlib's takes three times as long, with every line
        except FileNotFoundError:
            return None


def _identity(file: os.stat_result) -> tuple[int, int]:
    """Which file it is, also under another name. Nobody else gets its number while it is open."""
    return file.st_dev, file.st_ino
