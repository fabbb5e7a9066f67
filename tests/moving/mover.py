"""`solitude import` and `solitude export` in the process of the tests."""

import argparse
import io
import json
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from django.core.management import call_command
from django.db import connection

from solitude.moving import command


@dataclass(frozen=True)
class Ended:
    status: int
    said: list[str]
    remarks: str


def bring(kind: str, file: Path, *options: str) -> Ended:
    return _run(command.take_import, command.run_import, kind, str(file), *options)


def take(kind: str, file: Path | str, *options: str) -> Ended:
    return _run(command.take_export, command.run_export, kind, str(file), *options)


def took(kind: str, file: Path, *options: str) -> Path:
    ended = take(kind, file, *options)
    assert ended.status == 0, ended
    return file


def brought(kind: str, file: Path, *options: str) -> Ended:
    ended = bring(kind, file, *options)
    assert ended.status == 0, ended
    return ended


def _run(
    describe: Callable[[argparse.ArgumentParser], None], run: Callable[[argparse.Namespace], int], *arguments: str
) -> Ended:
    parser = argparse.ArgumentParser()
    describe(parser)
    chosen = parser.parse_args(arguments)
    with redirect_stdout(io.StringIO()) as out, redirect_stderr(io.StringIO()) as err, _own_time_out():
        status = run(chosen)
    return Ended(status, out.getvalue().splitlines(), err.getvalue())


@contextmanager
def _own_time_out() -> Iterator[None]:
    """The commands change the session, which the tests share."""
    try:
        yield
    finally:
        if connection.vendor == "postgresql":
            with connection.cursor() as cursor:
                cursor.execute("RESET statement_timeout")


def json_lines(file: Path, rows: Iterable[dict[str, Any]]) -> Path:
    file.write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return file


def of_json_lines(file: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]


def empty_database() -> None:
    """As it is after `migrate`: primary keys begin anew."""
    call_command("flush", interactive=False, verbosity=0)
