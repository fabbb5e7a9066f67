"""What the kernel tells of processes: the time that they computed, and the memory that is theirs."""

import os
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

PROC = Path("/proc")
TICKS_PER_S = os.sysconf("SC_CLK_TCK")
# Fields of /proc/<pid>/stat behind the name, which may hold spaces and brackets: `state` is the first.
PARENT, TIMES = 1, slice(11, 15)


@dataclass(frozen=True, slots=True)
class Stat:
    """`ticks` of a process, and of those of its children that have ended and been waited for."""

    parent: int
    ticks: int


def read(text: str) -> Stat:
    """The content of /proc/<pid>/stat."""
    fields = text.rpartition(")")[2].split()
    return Stat(int(fields[PARENT]), sum(map(int, fields[TIMES])))


def stats(proc: Path = PROC) -> dict[int, Stat]:
    """All processes that there are."""
    found = {}
    for folder in proc.iterdir():
        if folder.name.isdecimal():
            try:
                found[int(folder.name)] = read((folder / "stat").read_text())
            except (FileNotFoundError, ProcessLookupError):
                continue  # it ended while we looked
    return found


def tree(root: int, of: Mapping[int, Stat]) -> list[int]:
    """`root` and all below it."""
    found = [root] if root in of else []
    for pid in found:
        found += [child for child, stat in of.items() if stat.parent == pid]
    return found


def cpu_s(roots: Mapping[str, int], proc: Path = PROC) -> dict[str, float]:
    """How long each part has computed since it began, with all that it started."""
    now = stats(proc)
    return {part: sum(now[pid].ticks for pid in tree(root, now)) / TICKS_PER_S for part, root in roots.items()}


def pss_mib(pid: int, proc: Path = PROC) -> float:
    """The memory of a process; what it shares with others counts by its share."""
    for line in (proc / str(pid) / "smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) / 1024
    raise ValueError(f"the kernel tells no Pss of process {pid}")


def memory_mib(root: int, proc: Path = PROC) -> list[float]:
    """Of each process of a part, the largest first."""
    found = []
    for pid in tree(root, stats(proc)):
        try:
            found.append(pss_mib(pid, proc))
        except (FileNotFoundError, ProcessLookupError):
            continue
    return sorted(found, reverse=True)
