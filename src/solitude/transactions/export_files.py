"""Where a log goes: a file that appears whole or not at all, or standard output."""

import io
import os
import secrets
import stat
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TextIO

# Its owner writes it, and whoever collects it may be of the group.
MODE = 0o640


@contextmanager
def opened(file: Path | None) -> Iterator[TextIO]:
    """What is written in the block has arrived when the block has ended well. None is standard output. Raises OSError."""
    with _standard_output() if file is None else _new_file(file) as out:
        yield out


@contextmanager
def _new_file(file: Path) -> Iterator[TextIO]:
    """A reader finds the old file or the new one, also after a loss of power; never a part of one."""
    file.parent.mkdir(parents=True, exist_ok=True)
    # Another name each time: two runs must not write to the same file. A run that is killed leaves it behind.
    unfinished = file.with_name(f".{file.name}.{secrets.token_hex(4)}.unfinished")
    try:
        descriptor = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, MODE)
        with os.fdopen(descriptor, "w", encoding="utf-8", newline="") as out:
            yield out
            out.flush()
            os.fsync(out.fileno())
        unfinished.replace(file)
    except (Exception, KeyboardInterrupt):
        unfinished.unlink(missing_ok=True)
        raise
    folder = os.open(file.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)


@contextmanager
def _standard_output() -> Iterator[TextIO]:
    """UTF-8 whatever the locale says. A pipe has what was written, whatever its reader makes of it."""
    out = io.TextIOWrapper(sys.stdout.buffer, encoding="utf-8", newline="")
    try:
        yield out
        out.flush()
        if _is_file(out):
            os.fsync(out.fileno())
    finally:
        out.detach()


def _is_file(out: TextIO) -> bool:
    try:
        return stat.S_ISREG(os.fstat(out.fileno()).st_mode)
    except io.UnsupportedOperation:
        return False
