"""Where the key ring comes from: a file, the environment, or what a command prints (a key management service's, say)."""

import os
import selectors
import subprocess
import time
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from django.conf import settings

from . import ring_file
from .keyring import KeyRing
from .keys import KeyRingError
from .ring_document import DOCUMENT_MAX_BYTES, parsed

READ_BYTES = 65_536
END_WITHIN_S = 5


@dataclass(frozen=True, slots=True)
class File:
    """`SOLITUDE_KEYS_FILE`. It is looked at every few seconds."""

    path: Path
    development: bool

    def read(self) -> KeyRing:
        """Raises `KeyRingError`. In development a missing file is made."""
        return ring_file.ensure(self.path) if self.development else ring_file.load(self.path)

    def stamp(self) -> Any:
        return ring_file.stamp(self.path)

    def __str__(self) -> str:
        return f"Key ring {self.path}"


@dataclass(frozen=True, slots=True)
class Variable:
    """`SOLITUDE_KEYS`. It stays what it was when the process was started."""

    text: str = field(repr=False)

    def read(self) -> KeyRing:
        """Raises `KeyRingError`."""
        with ring_file.named(str(self)):
            return parsed(self.text.encode())

    def stamp(self) -> Any:
        return None

    def __str__(self) -> str:
        return "Key ring SOLITUDE_KEYS"


@dataclass(frozen=True, slots=True)
class Command:
    """`SOLITUDE_KEYS_COMMAND`. It is run at the start, and again for SIGHUP."""

    argv: tuple[str, ...]
    timeout_s: int

    def read(self) -> KeyRing:
        """Raises `KeyRingError`, which tells nothing of what the command has printed."""
        with ring_file.named(str(self)):
            return parsed(output_of(self.argv, self.timeout_s))

    def stamp(self) -> Any:
        return None

    def __str__(self) -> str:
        return "Key ring of SOLITUDE_KEYS_COMMAND"


Source = File | Variable | Command


def chosen() -> Source:
    """The source that the settings name; they allow one."""
    if settings.SOLITUDE_KEYS:
        return Variable(settings.SOLITUDE_KEYS)
    if settings.SOLITUDE_KEYS_COMMAND:
        return Command(settings.SOLITUDE_KEYS_COMMAND, settings.SOLITUDE_KEYS_COMMAND_TIMEOUT_S)
    return _file(settings.SOLITUDE_KEYS_FILE, development=bool(settings.SOLITUDE_DEBUG))


@lru_cache(maxsize=4)
def _file(path: str | Path, *, development: bool) -> File:
    """The source is asked for with every value that is sealed, opened or hashed: to make its path anew each time is most of that."""
    return File(Path(path), development)


def output_of(argv: tuple[str, ...], timeout_s: int) -> bytes:
    """What the command prints, without a shell. Raises `KeyRingError` if it fails, takes longer or prints too much.

    What it writes to standard error goes nowhere: it might be of the keys.
    """
    try:
        process = subprocess.Popen(  # noqa: S603  # the operator's own command
            argv, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, close_fds=True
        )
    except OSError as error:
        raise KeyRingError(f"the command cannot be started ({error.strerror})") from None
    try:
        output = _read(process, time.monotonic() + timeout_s)
        status = process.wait(END_WITHIN_S)
    except subprocess.TimeoutExpired:
        raise KeyRingError(f"the command took longer than {timeout_s} s") from None
    finally:
        process.kill()
        process.wait()
        if process.stdout:
            process.stdout.close()
    if status:
        raise KeyRingError(f"the command ended with status {status}")
    return output


def _read(process: "subprocess.Popen[bytes]", deadline: float) -> bytes:
    """Everything up to the end of its output. Raises `TimeoutExpired` and `KeyRingError`."""
    output = b""
    with selectors.DefaultSelector() as selector:
        selector.register(process.stdout, selectors.EVENT_READ)  # type: ignore[arg-type]  # it is a pipe
        while True:
            left_s = deadline - time.monotonic()
            if left_s <= 0 or not selector.select(left_s):
                raise subprocess.TimeoutExpired(process.args, 0)
            part = os.read(process.stdout.fileno(), READ_BYTES)  # type: ignore[union-attr]  # as above
            if not part:
                return output
            output += part
            if len(output) > DOCUMENT_MAX_BYTES:
                raise KeyRingError(f"the command prints more than {DOCUMENT_MAX_BYTES} bytes")
