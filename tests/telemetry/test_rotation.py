import logging
import os
import time
from pathlib import Path

import pytest
import time_machine

from solitude.telemetry.rotation import DAY_S, RotatingFile

LIMIT_BYTES = 1000
KEEP_DAYS = 30


def record(text: str) -> logging.LogRecord:
    return logging.LogRecord("x", logging.INFO, "", 1, text, (), None)


def lines(folder: Path) -> list[str]:
    return [line for path in sorted(folder.glob("a.log*"), reverse=True) for line in path.read_text().splitlines()]


def test_size_and_count_are_limited(tmp_path: Path) -> None:
    handler = RotatingFile(tmp_path / "a.log", LIMIT_BYTES, 2)
    for number in range(1000):
        handler.emit(record(f"line {number:04}"))
    handler.close()
    kept = lines(tmp_path)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.log", "a.log.1", "a.log.2", "a.log.lock"]
    assert all(path.stat().st_size <= LIMIT_BYTES + 20 for path in tmp_path.iterdir())
    assert kept == [f"line {number:04}" for number in range(1000 - len(kept), 1000)]


def test_two_handlers_of_one_file_lose_nothing(tmp_path: Path) -> None:
    """As two processes: neither knows when the other one rotates."""
    handlers = [RotatingFile(tmp_path / "a.log", LIMIT_BYTES, 50) for _ in range(2)]
    for number in range(500):
        handlers[number % 2].emit(record(f"line {number:04}"))
    for handler in handlers:
        handler.close()
    assert sorted(lines(tmp_path)) == [f"line {number:04}" for number in range(500)]
    assert all(path.stat().st_size <= LIMIT_BYTES + 20 for path in tmp_path.iterdir())


def test_processes_that_write_at_once_lose_nothing(tmp_path: Path) -> None:
    children = []
    for name in "abc":
        child = os.fork()
        if child == 0:
            try:
                handler = RotatingFile(tmp_path / "a.log", LIMIT_BYTES, 100)
                for number in range(300):
                    handler.emit(record(f"line {name} {number:04}"))
            finally:
                os._exit(0)
        children.append(child)
    for child in children:
        assert os.waitpid(child, 0)[1] == 0
    assert sorted(lines(tmp_path)) == sorted(f"line {name} {number:04}" for name in "abc" for number in range(300))


def test_a_file_that_another_process_has_just_rotated_is_not_rotated_again(tmp_path: Path) -> None:
    handler = RotatingFile(tmp_path / "a.log", LIMIT_BYTES, 2)
    handler.emit(record("one line"))
    handler.doRollover()
    handler.close()
    assert not (tmp_path / "a.log.1").exists()


@pytest.mark.parametrize("how", ["renamed", "deleted"])
def test_a_file_that_someone_took_away_is_begun_anew(tmp_path: Path, how: str) -> None:
    handler = RotatingFile(tmp_path / "a.log", LIMIT_BYTES, 2)
    handler.emit(record("before"))
    if how == "renamed":
        (tmp_path / "a.log").rename(tmp_path / "taken")
    else:
        (tmp_path / "a.log").unlink()
    handler.emit(record("after"))
    handler.close()
    assert (tmp_path / "a.log").read_text() == "after\n"


def test_a_name_that_cannot_be_opened_for_a_while_costs_the_lines_of_that_while(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    handler = RotatingFile(tmp_path / "a.log", LIMIT_BYTES, 2)
    handler.emit(record("before"))
    (tmp_path / "a.log").rename(tmp_path / "taken")
    lost = record("lost")
    with monkeypatch.context() as patch:
        patch.setattr(handler, "_builtin_open", refused)
        handler.emit(lost)
    # The very file that was closed is there again.
    (tmp_path / "taken").rename(tmp_path / "a.log")
    handler.emit(record("after"))
    handler.close()
    assert isinstance(lost.lost, PermissionError)  # type: ignore[attr-defined]
    assert (tmp_path / "a.log").read_text() == "before\nafter\n"


def refused(*_args: object, **_options: object) -> None:
    raise PermissionError


def test_half_a_surrogate_pair_does_not_cost_the_line(tmp_path: Path) -> None:
    handler = RotatingFile(tmp_path / "a.log", LIMIT_BYTES, 2)
    handler.emit(record("a\ud800b"))
    handler.close()
    assert (tmp_path / "a.log").read_text() == "a\\ud800b\n"


def aged(path: Path, days: float) -> Path:
    """A file whose last line is so old."""
    path.write_text("old\n")
    os.utime(path, times=(time.time() - days * DAY_S,) * 2)
    return path


def left(folder: Path) -> set[str]:
    return {path.name for path in folder.iterdir()} - {"a.log.lock"}


def test_the_first_line_of_a_process_removes_what_was_closed_too_long_ago(tmp_path: Path) -> None:
    aged(tmp_path / "a.log", KEEP_DAYS + 9)
    for number, days in ((1, 1), (2, KEEP_DAYS - 0.1), (3, KEEP_DAYS + 0.1), (12, 400)):
        aged(tmp_path / f"a.log.{number}", days)
    for other in ("a.log.gz", "a.log.1.bak", "b.log.1"):
        aged(tmp_path / other, 400)
    handler = RotatingFile(tmp_path / "a.log", LIMIT_BYTES, 10, KEEP_DAYS)
    handler.emit(record("new"))
    handler.close()
    assert left(tmp_path) == {"a.log", "a.log.1", "a.log.2", "a.log.gz", "a.log.1.bak", "b.log.1"}
    assert (tmp_path / "a.log").read_text() == "old\nnew\n", "the file in use stays, whatever its age"


def test_a_process_that_runs_for_long_looks_once_a_day(tmp_path: Path) -> None:
    handler = RotatingFile(tmp_path / "a.log", LIMIT_BYTES, 10, KEEP_DAYS)
    handler.emit(record("first"))
    aged(tmp_path / "a.log.1", KEEP_DAYS - 0.5)
    for days, stays in ((0.9, True), (1.1, False)):
        with time_machine.travel(time.time() + days * DAY_S):
            handler.emit(record("later"))
        assert (tmp_path / "a.log.1").exists() == stays
    handler.close()


def test_who_rotates_looks_as_well(tmp_path: Path) -> None:
    handler = RotatingFile(tmp_path / "a.log", LIMIT_BYTES, 10, KEEP_DAYS)
    handler.emit(record("x" * LIMIT_BYTES))
    aged(tmp_path / "a.log.1", KEEP_DAYS + 1)
    handler.emit(record("after"))
    handler.close()
    assert left(tmp_path) == {"a.log", "a.log.1"}
    assert (tmp_path / "a.log.1").read_text() == "x" * LIMIT_BYTES + "\n", (
        "the old one was a.log.2 by then, and is gone"
    )


def test_without_days_nothing_goes_by_its_age(tmp_path: Path) -> None:
    aged(tmp_path / "a.log.1", 4000)
    handler = RotatingFile(tmp_path / "a.log", LIMIT_BYTES, 10)
    handler.emit(record("new"))
    handler.close()
    assert left(tmp_path) == {"a.log", "a.log.1"}


def test_a_file_that_cannot_be_removed_costs_no_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def refused(path: Path) -> None:
        raise PermissionError(str(path))

    aged(tmp_path / "a.log.1", KEEP_DAYS + 1)
    monkeypatch.setattr(Path, "unlink", refused)
    handler = RotatingFile(tmp_path / "a.log", LIMIT_BYTES, 10, KEEP_DAYS)
    handler.emit(record("new"))
    handler.emit(record("next"))
    handler.close()
    assert (tmp_path / "a.log").read_text() == "new\nnext\n"
    (warned,) = caplog.messages
    assert "log_files_not_removed" in warned
    assert "PermissionError" in warned
