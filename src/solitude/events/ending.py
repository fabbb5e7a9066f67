"""That this process is to end, for those who wait in it.

The application server waits for the requests that it has before it ends, and tells nobody.
"""

import os
import signal
import threading

SIGNALS = (signal.SIGTERM, signal.SIGINT)
begun = threading.Event()


def watch() -> None:
    """From now on one of the signals sets `begun`. Only the main thread may ask for it; in another one nothing is done.

    The server installs handlers of its own later, which would replace ours. But whoever handles a signal, the interpreter
    writes its number into this pipe.
    """
    if threading.current_thread() is not threading.main_thread():
        return
    reading, writing = os.pipe()
    os.set_blocking(writing, False)
    signal.set_wakeup_fd(writing, warn_on_full_buffer=False)
    threading.Thread(target=_listen, args=(reading,), name="ending", daemon=True).start()


def _listen(reading: int) -> None:
    while number := os.read(reading, 1):
        if number[0] in SIGNALS:
            begun.set()
            return
