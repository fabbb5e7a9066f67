"""The application server: granian over WSGI, with threads and back-pressure set and no surprise left to defaults."""

import gc
import logging
import os
import resource
import signal
import sys
import threading
import time
from collections.abc import Iterator
from importlib import import_module
from typing import Any

from django.conf import settings
from django.utils.module_loading import import_string

from solitude import listening, processors, tls
from solitude.telemetry import logs

PARENT_LOOK_S = 1
# What a request may still take: a provider's time-out, and some.
END_WITHIN_S = 60
# Of the server processes that are forked from this one. One that asks for itself may have lost it already, and would wait for the end of
# whoever took it in.
_parent = 0
# None: they run wherever the system has them run.
_places: processors.Places | None = None


def application() -> Any:
    """The WSGI application in a server process; in the embedded default there is a worker beside it, which lives and dies with it."""
    from solitude.wsgi import application

    if _places:
        # Threads begin where the one is that begins them.
        _places.take()
    threading.Thread(target=_live_with, args=(_parent or os.getppid(),), name="parent", daemon=True).start()
    if settings.SOLITUDE_PROXY:
        # It has neither keys nor a database, and nothing to work at.
        from solitude.proxy import passing

        passing.begin()
        return application
    from solitude.vault import holding
    from solitude.vault.watching import Watcher

    # This process is forked from one that has the ring of its own start, and after SIGHUP there may be a newer one.
    holding.look(again=True)
    Watcher("server").start()
    if settings.SOLITUDE_SERVE_WORKER:
        from solitude.worker import Worker

        Worker(1, settings.SOLITUDE_WORKER_IDLE_MS, daemon=True).start()
    return application


def _live_with(parent: int) -> None:
    """Takes the place that a sibling has left, where it is a better one, and ends this process when its parent is gone: it would go on
    serving, with old code, beside the server that takes its place."""
    while os.getppid() == parent:
        time.sleep(PARENT_LOOK_S)
        if _places:
            _places.take()
    os.kill(os.getpid(), signal.SIGTERM)
    # The server process waits for its parent's word, which will not come; what it leaves undone, recovery finishes.
    time.sleep(END_WITHIN_S)
    os._exit(1)


def _import_all() -> None:
    """What answers a request, before the server processes are forked from this one: it is imported once, and its memory is theirs together.
    Nothing of it opens a connection or begins a thread."""
    gc.disable()
    import_module(settings.ROOT_URLCONF)
    for name in settings.MIDDLEWARE:
        import_string(name)
    # The collector writes into what it looks at, and so would copy it into each process.
    gc.freeze()
    gc.enable()


def _open_as_many_files_as_allowed() -> int:
    """A payment that waits has two sockets, and many systems begin with a limit of 1024 where more is allowed."""
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    return most


def doubts(files: int) -> Iterator[str]:
    """What does not go together in the settings, though the server can run with it; `files` is how many it may have open."""
    for_payments = settings.SOLITUDE_SERVE_THREADS - settings.SOLITUDE_SERVE_THREADS_READING
    given = "SOLITUDE_PAYMENTS_IN_PROGRESS_MAX" in settings.SETTINGS_GIVEN
    if given and for_payments < settings.SOLITUDE_PAYMENTS_IN_PROGRESS_MAX:
        yield f"SOLITUDE_PAYMENTS_IN_PROGRESS_MAX is never reached: SOLITUDE_SERVE_THREADS leaves {for_payments} threads to payments"
    if settings.SOLITUDE_SERVE_BACKLOG < settings.SOLITUDE_SERVE_THREADS:
        yield "SOLITUDE_SERVE_BACKLOG is less than SOLITUDE_SERVE_THREADS: nobody is told 503, all wait"
    if settings.SOLITUDE_SERVE_PINNED and not processors.ALL:
        yield "SOLITUDE_SERVE_PINNED does nothing: this system does not let a process choose its processor"
    yield from settings.WORLDS_IN_DOUBT
    if files < settings.SOLITUDE_SERVE_BACKLOG + settings.SOLITUDE_SERVE_THREADS:
        yield f"{files} open files are allowed, and SOLITUDE_SERVE_BACKLOG and SOLITUDE_SERVE_THREADS together may need more"


def are_pinned(workers: int) -> bool:
    """Whether each of so many processes stays on one processor."""
    if settings.SOLITUDE_SERVE_PINNED is None:
        # Where some processors had more processes than others, or none, the system would spread them better.
        return len(processors.ALL) > 1 and workers % len(processors.ALL) == 0
    return bool(processors.ALL) and settings.SOLITUDE_SERVE_PINNED


def run(host: str, port: int, workers: int, files: tls.Files | None = None) -> int:
    """Serves until it is told to end; with `files` over TLS. Raises ConfigurationError where another one serves at this address."""
    from granian import Granian
    from granian.constants import Interfaces

    listening.refuse_taken(host, port)
    global _parent, _places  # noqa: PLW0603
    _parent = os.getpid()
    if are_pinned(workers):
        _places = processors.Places()
    # It compares threads with processors; ours wait for providers, and who computes is `turns`' to say.
    logging.getLogger("_granian").addFilter(lambda record: "Python threads" not in str(record.msg))
    for doubt in doubts(_open_as_many_files_as_allowed()):
        print(f"solitude: {doubt}", file=sys.stderr)  # noqa: T201
    server = Granian(
        target="solitude.server:application",
        factory=True,
        address=host,
        port=port,
        interface=Interfaces.WSGI,
        workers=workers,
        blocking_threads=settings.SOLITUDE_SERVE_THREADS,
        backpressure=settings.SOLITUDE_SERVE_BACKLOG,
        backlog=1024,
        websockets=False,
        log_dictconfig=logs.configuration(
            debug=settings.SOLITUDE_DEBUG, directory=None, console=settings.SOLITUDE_CONSOLE_FORMAT
        ),
        respawn_failed_workers=True,
        **tls.granian_options(files),
    )
    scheme = "https" if files else "http"

    _import_all()
    # For what each process tells of itself at its start.
    os.environ["GRANIAN_WORKERS"] = str(workers)

    @server.on_startup
    def announce() -> None:
        print(f"solitude: serving on {scheme}://{host}:{port}/", flush=True)  # noqa: T201

    server.serve()
    return 0
