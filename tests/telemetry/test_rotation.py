import logging
import os
from pathlib import Path

import pytest

from solitude.telemetry.rotation import RotatingFile

LIMIT_BYTES = 1000


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


def test_half_a_surrogate_pair_does_not_cost_the_line(tmp_path: Path) -> None:
    handler = RotatingFile(tmp_path / "a.log", LIMIT_BYTES, 2)
    handler.emit(record("a\ud800b"))
    handler.close()
    assert (tmp_path / "a.log").read_text() == "a\\ud800b\n"
