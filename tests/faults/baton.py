"""Threads that run one at a time, in an order that one number decides.

Each task is a thread that holds the baton from one moment to the next; between them the director holds it, and decides who goes
on. So whatever can happen between two processes can happen here, and what has happened once happens again.
"""

import faulthandler
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, field

# A task that does not give the baton back waits for somebody who waits for the baton.
STUCK_AFTER_S = 60


class Died(BaseException):
    """The process is gone: nothing that cleans up may run for it."""


class Stuck(Exception):
    """A task holds the baton and does not go on."""


@dataclass(eq=False, slots=True)
class Process:
    """What dies as a whole. `skew_s` is how wrong the clock of its node is."""

    node: int
    skew_s: int = 0
    dead: bool = False


@dataclass(eq=False, slots=True)
class Task:
    """Something under way in a process. `where` it waits, for the trace; `mortal`: whether a kill reaches it there; `pace`: how
    likely it goes on, compared with others."""

    name: str
    process: Process
    work: Callable[[], object]
    pace: float = 1
    where: str = "start"
    mortal: bool = True
    ended: bool = False
    died: bool = False
    error: Exception | None = None
    _runner: "_Runner | None" = field(default=None, repr=False)


class Baton:
    """Starts tasks and hands them the baton. All methods but `pause` are the director's."""

    def __init__(self, when_a_process_is_gone: Callable[[], None]) -> None:
        """`when_a_process_is_gone` runs in the thread of each task that died, as the operating system does: it closes."""
        self._back = _Turn()
        self._when_gone = when_a_process_is_gone
        self._idle: list[_Runner] = []
        self.tasks: list[Task] = []
        self.current: Task | None = None

    def start(self, task: Task) -> Task:
        """Takes the task in; it has not begun yet."""
        task._runner = self._idle.pop() if self._idle else _Runner(self)
        self.tasks.append(task)
        return task

    def go_on(self, task: Task) -> None:
        """The task runs to its next pause or to its end."""
        assert task._runner is not None
        self.current, task.mortal = task, True
        task._runner.turn.give(task)
        if not self._back.wait(STUCK_AFTER_S):
            faulthandler.dump_traceback(file=sys.stderr, all_threads=True)
            raise Stuck(f"{task.name} after {task.where}")
        self.current = None
        if task.ended:
            self.tasks.remove(task)
            self._idle.append(task._runner)
            task._runner = None
        if task.error:
            raise task.error

    def pause(self, where: str, *, mortal: bool = True) -> None:
        """Called by the task that runs: lets others go first. Raises Died if its process did meanwhile and it is mortal."""
        task = self.current
        if task is None:
            return
        assert task._runner is not None
        task.where, task.mortal = where, mortal
        self._back.give(None)
        task._runner.turn.wait(None)
        if mortal and task.process.dead:
            raise Died

    def unwind(self, process: Process) -> None:
        """The process has died: its tasks end where they are, except in what is not theirs, such as the provider's work."""
        process.dead = True
        for task in [task for task in self.tasks if task.process is process and task.mortal]:
            self.go_on(task)

    def abandon(self) -> None:
        """All that is under way dies."""
        for process in {id(task.process): task.process for task in self.tasks}.values():
            self.unwind(process)
        while self.tasks:
            self.go_on(self.tasks[0])

    def close(self) -> None:
        """Ends the threads."""
        self.abandon()
        for runner in self._idle:
            runner.turn.give(None)
            runner.join(STUCK_AFTER_S)
        self._idle.clear()

    def _run(self, task: Task) -> None:
        try:
            if task.process.dead:
                raise Died
            task.work()
        except Died:
            task.died = True
        except Exception as error:  # noqa: BLE001  # handed to the director, who raises it
            task.error = error
        if task.died:
            self._when_gone()
        task.ended = True
        self._back.give(None)


class _Turn:
    """One waits until another says so, and with it whose turn it is. A bare lock: this is what a step costs."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._lock.acquire()
        self._task: Task | None = None

    def give(self, task: Task | None) -> None:
        self._task = task
        self._lock.release()

    def wait(self, timeout_s: float | None) -> bool:
        return self._lock.acquire(timeout=-1 if timeout_s is None else timeout_s)

    def taken(self) -> Task | None:
        self.wait(None)
        return self._task


class _Runner(threading.Thread):
    """A thread that does one task after another, with the database connection that it has."""

    def __init__(self, baton: Baton) -> None:
        super().__init__(daemon=True)
        self._baton = baton
        self.turn = _Turn()
        self.start()

    def run(self) -> None:
        while (task := self.turn.taken()) is not None:
            self._baton._run(task)
        self._baton._when_gone()
