"""The key ring in a file that only its owner can read: read whole, made once, and changed by one at a time."""

import contextlib
import fcntl
import os
import stat
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

from .keyring import KeyRing
from .keys import KeyRingError
from .ring_document import DOCUMENT_MAX_BYTES, parsed, written

Stamp = tuple[int, int, int]


def load(path: Path) -> KeyRing:
    """Read the key ring. Raises `KeyRingError` if it is missing, malformed, or open to others than its owner."""
    with named(f"Key ring {path}"):
        return parsed(_private_bytes(path))


def ensure(path: Path) -> KeyRing:
    """Read the key ring, after generating one for development if there is none.

    Processes that start together end with the same ring: each writes one of its own beside it and links it to the name,
    which only the first can do. Raises `KeyRingError`.
    """
    try:
        if not path.exists():
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            with contextlib.suppress(FileExistsError):  # another process was first: its ring is the one
                _create(path, KeyRing.generate(development=True))
    except OSError as error:
        raise KeyRingError(f"Key ring {path}: cannot be created ({error.strerror}).") from error
    return load(path)


def make(path: Path) -> None:
    """Write a new ring for production. Raises `KeyRingError` where there is a file already, which stays as it is."""
    try:
        _create(path, KeyRing.generate(development=False))
    except FileExistsError:
        raise KeyRingError(f"Key ring {path}: there is a file already, and it is left as it is.") from None
    except OSError as error:
        raise KeyRingError(f"Key ring {path}: cannot be created ({error.strerror}).") from error


def stamp(path: Path) -> Stamp | None:
    """What another file of this name would have otherwise; None where there is none."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_ino, found.st_mtime_ns, found.st_size


def change(path: Path, edit: Callable[[KeyRing], KeyRing]) -> KeyRing:
    """Put what `edit` makes of the ring in its place, and return that. Raises `KeyRingError`, and whatever `edit` does.

    Whoever changes it holds a lock, so that two operators lose nothing of each other's; whoever reads it sees the old
    ring or the new one. A link is followed, owner and mode stay.
    """
    target = path.resolve()
    try:
        with _locked(target):
            ring = edit(load(target))
            _replace(target, ring)
    except OSError as error:
        raise KeyRingError(f"Key ring {path}: cannot be changed ({error.strerror}).") from error
    return ring


@contextlib.contextmanager
def named(source: str) -> Iterator[None]:
    """Put where the ring is from before what is wrong with it."""
    try:
        yield
    except KeyRingError as problem:
        # `from None`: the errors underneath may hold pieces of the document.
        raise KeyRingError(f"{source}: {problem}.") from None


def _private_bytes(path: Path) -> bytes:
    """Read the file, having made sure, on the open file itself, that it is one that others cannot read."""
    try:
        with path.open("rb") as file:
            status = os.fstat(file.fileno())
            if not stat.S_ISREG(status.st_mode):
                raise KeyRingError("is not a file")
            if status.st_mode & (stat.S_IRWXG | stat.S_IRWXO):
                raise KeyRingError(
                    f"others than its owner may use it (mode {stat.S_IMODE(status.st_mode):04o}); set mode 0600"
                )
            return file.read(DOCUMENT_MAX_BYTES + 1)
    except OSError as error:
        raise KeyRingError(f"cannot be read ({error.strerror})") from None


@contextlib.contextmanager
def _locked(path: Path) -> Iterator[None]:
    """The lock is a file of its own, because the ring's is replaced by the change."""
    descriptor = os.open(path.with_name(f".{path.name}.lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)


def _replace(path: Path, ring: KeyRing) -> None:
    before = path.stat()
    temporary = _temporary(path, ring)
    try:
        if (before.st_uid, before.st_gid) != (os.geteuid(), os.getegid()):
            os.chown(temporary, before.st_uid, before.st_gid)  # root has changed what the server's user must read
        temporary.replace(path)
    except OSError:
        temporary.unlink()
        raise
    _sync_folder(path.parent)


def _create(path: Path, ring: KeyRing) -> None:
    """Write the ring to a name that nobody has yet; leave an existing file alone, and raise FileExistsError."""
    temporary = _temporary(path, ring)
    try:
        os.link(temporary, path)
    finally:
        temporary.unlink()
    # The name must be as durable as what will be sealed with the keys behind it.
    _sync_folder(path.parent)


def _temporary(path: Path, ring: KeyRing) -> Path:
    """A file beside it, with mode 0600, that is on the disk."""
    descriptor, name = tempfile.mkstemp(dir=path.parent, prefix=".keys-")
    try:
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(written(ring))
            file.flush()
            os.fsync(file.fileno())
    except OSError:
        # Of a full disk, say. Keys do not lie about where nobody looks for them.
        Path(name).unlink()
        raise
    return Path(name)


def _sync_folder(folder: Path) -> None:
    directory = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
