"""A log file that several processes write and that keeps within a size and a count.

The standard handler rotates for its own process only: others go on in the renamed file and rotate once more, so that
lines fall off the end. Here a process follows the file's name before each line, and rotation is done under a lock.
"""

import fcntl
import logging
import os
from logging.handlers import RotatingFileHandler
from pathlib import Path

from .handlers import Noting


class RotatingFile(Noting, RotatingFileHandler):
    """Writes to `path` and keeps `count` older files (`path.1` is the youngest), each about `limit_bytes`."""

    def __init__(self, path: Path, limit_bytes: int, count: int) -> None:
        # A half of a surrogate pair must cost its own escape, not the whole line.
        super().__init__(path, maxBytes=limit_bytes, backupCount=count, encoding="utf-8", errors="backslashreplace")

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: ARG002, N802
        return self._is_full()

    def doRollover(self) -> None:  # noqa: N802
        with Path(f"{self.baseFilename}.lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            # Another process may have rotated while this one waited.
            if self._is_full():
                super().doRollover()

    def _is_full(self) -> bool:
        stream = self.stream
        if stream is None or not self._is_named(stream.fileno()):
            if stream is not None:
                stream.close()
            stream = self.stream = self._open()
        return os.fstat(stream.fileno()).st_size >= self.maxBytes

    def _is_named(self, descriptor: int) -> bool:
        """Whether the file that is open is still the one that bears the name."""
        held = os.fstat(descriptor)
        try:
            named = Path(self.baseFilename).stat()
        except FileNotFoundError:
            return False
        return (named.st_dev, named.st_ino) == (held.st_dev, held.st_ino)
