"""A queue of messages and the thread that sends them: whoever writes a line never waits for syslog.

When the queue is full the newest lines are lost: what waits stays whole, and the gap is at one place, where a line says how many are
missing. That line and the metric are the only trace of them here; the files have every line.
"""

import random
import threading
import time
from collections.abc import Callable
from queue import Empty, Full, Queue

from .connection import Connection, connect
from .target import UDP, Stream

BACK_OFF_FIRST_S, BACK_OFF_MOST_S = 0.2, 15.0
# How long the end of the process may wait for what is in the queue.
FLUSH_WITHIN_S = 2.0
LOOK_S = 0.5
# Over UDP a message that was sent shows nothing: a receiver is back when for so long none was refused.
SURE_AFTER_S = 10.0


class Sender:
    """For one stream of one process.

    `gap` makes the message that says how many lines are missing. `told` hears, in the sender's thread, when the receiver is gone
    (`away`, with the name of the error) and there again (`back`), and `refused` how many messages went that nobody took.
    """

    def __init__(
        self,
        stream: Stream,
        gap: Callable[[int], bytes],
        told: Callable[[str, str], None],
        refused: Callable[[int], None],
    ) -> None:
        self._stream, self._gap, self._told, self._refused = stream, gap, told, refused
        self._queue: Queue[bytes] = Queue(stream.queue_lines)
        self._lost, self._counting = 0, threading.Lock()
        self._ending = threading.Event()
        self._connection: Connection | None = None
        self._away, self._failed_s = False, 0.0
        self._sure_after_s = SURE_AFTER_S if stream.target.transport == UDP else 0.0
        self._thread = threading.Thread(target=self._work, name="syslog", daemon=True)
        self._thread.start()

    def put(self, message: bytes) -> bool:
        """Takes the message, unless there is no room for it; whether it did."""
        with self._counting:
            if self._lost:
                # Room for the line that tells of the gap as well, which must stand before the first line after it.
                if self._queue.qsize() + 2 > self._stream.queue_lines:
                    self._lost += 1
                    return False
                self._queue.put_nowait(self._gap(self._lost))
                self._lost = 0
            try:
                self._queue.put_nowait(message)
            except Full:
                self._lost += 1
                return False
            return True

    def unsent(self) -> int:
        """How many lines wait, with the one that is being sent."""
        return self._queue.unfinished_tasks

    def flush(self, within_s: float = FLUSH_WITHIN_S) -> bool:
        """Waits until all that was taken is sent, or the time is over; whether it is sent."""
        with self._queue.all_tasks_done:
            return self._queue.all_tasks_done.wait_for(lambda: not self._queue.unfinished_tasks, within_s)

    def close(self, within_s: float = FLUSH_WITHIN_S) -> None:
        """Sends what waits, as far as the time goes, and nothing after that."""
        self._ending.set()
        self._thread.join(within_s)

    def _work(self) -> None:
        while not (self._ending.is_set() and self._queue.empty()):
            try:
                message = self._queue.get(timeout=LOOK_S)
            except Empty:
                self._see_refused()
                continue
            if not self._deliver(message):
                break
            self._queue.task_done()
            self._tell_gap()
        self._drop_connection()

    def _tell_gap(self) -> None:
        """With nothing left to send, a gap is told at once: the next line may be long in coming."""
        with self._counting:
            if self._lost and self._queue.empty():
                self._queue.put_nowait(self._gap(self._lost))
                self._lost = 0

    def _deliver(self, message: bytes) -> bool:
        """Tries until the message is sent; False at the end of the process, where there is one try."""
        pause_s = BACK_OFF_FIRST_S
        while True:
            try:
                self._send(message)
            except OSError as error:
                self._drop_connection()
                self._tell_away(error)
            else:
                self._tell_back()
                return True
            # All processes lose their receiver at the same moment, and should not come back at the same.
            if self._ending.wait(pause_s * random.uniform(0.5, 1)):  # noqa: S311  # spreads load
                return False
            pause_s = min(pause_s * 2, BACK_OFF_MOST_S)

    def _send(self, message: bytes) -> None:
        if self._connection is None:
            self._connection = connect(self._stream.target, self._stream.certificates)
        self._connection.send(message)

    def _see_refused(self) -> None:
        """Of what was sent last one hears only afterwards, if at all."""
        if self._connection is not None and self._connection.refused():
            self._drop_connection()
            self._tell_away(ConnectionRefusedError())

    def _drop_connection(self) -> None:
        connection, self._connection = self._connection, None
        if connection is not None:
            try:
                if lines := connection.refused():
                    self._refused(lines)
                connection.close()
            except OSError:
                return  # it is gone all the same

    def _tell_away(self, error: OSError) -> None:
        self._failed_s = time.monotonic()
        if not self._away and not self._ending.is_set():
            self._away = True
            self._told("away", type(error).__name__)

    def _tell_back(self) -> None:
        is_sure = time.monotonic() - self._failed_s >= self._sure_after_s
        if self._away and is_sure and not self._ending.is_set():
            self._away = False
            self._told("back", "")
