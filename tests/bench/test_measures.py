"""What the kernel says of processes is read rightly, also of odd names and of those that are gone."""

import os
import subprocess
import sys
from pathlib import Path

import pytest
from benchmarks import measures

BUSY = "import sys, time\nwhile time.process_time() < 0.4: pass\nprint('done', flush=True)\nsys.stdin.readline()"


def process(proc: Path, pid: int, parent: int, *times: int, name: str = "server") -> None:
    (proc / str(pid)).mkdir()
    numbers = [parent, *[0] * 9, *times]
    (proc / str(pid) / "stat").write_text(f"{pid} ({name}) S {' '.join(map(str, numbers))} 20 0 1\n")


def test_the_time_of_a_part_is_that_of_all_its_processes(tmp_path: Path) -> None:
    process(tmp_path, 10, 1, 100, 20, 3, 0)
    process(tmp_path, 11, 10, 50, 0, 0, 0, name="a) S 1 (b")
    process(tmp_path, 12, 11, 7, 0, 0, 0)
    process(tmp_path, 13, 1, 1000, 0, 0, 0)
    (tmp_path / "self").mkdir()

    ticks = (100 + 20 + 3) + 50 + 7

    assert measures.cpu_s({"server": 10}, tmp_path) == {"server": ticks / measures.TICKS_PER_S}


def test_a_process_that_ended_while_we_looked_is_left_out(tmp_path: Path) -> None:
    process(tmp_path, 10, 1, 1, 0, 0, 0)
    (tmp_path / "11").mkdir()

    assert list(measures.stats(tmp_path)) == [10]


def test_memory_is_what_the_kernel_says_is_theirs(tmp_path: Path) -> None:
    (tmp_path / "10").mkdir()
    (tmp_path / "10" / "smaps_rollup").write_text(
        "0-1 ---p 00 [rollup]\nRss:  9 kB\nPss:    2048 kB\nPss_Dirty:  1 kB\n"
    )
    (tmp_path / "11").mkdir()
    (tmp_path / "11" / "smaps_rollup").write_text("")

    assert measures.pss_mib(10, tmp_path) == 2
    with pytest.raises(ValueError, match="no Pss of process 11"):
        measures.pss_mib(11, tmp_path)


def test_a_real_child_that_computes_is_seen_to() -> None:
    with subprocess.Popen([sys.executable, "-c", BUSY], stdin=subprocess.PIPE, stdout=subprocess.PIPE) as child:
        assert child.stdout is not None
        child.stdout.readline()
        assert 0.3 < measures.cpu_s({"child": child.pid})["child"] < 5
        assert child.pid in measures.tree(os.getpid(), measures.stats())
        assert measures.memory_mib(child.pid)[0] > 1
        child.communicate(b"\n")
