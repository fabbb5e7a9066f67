"""The application server: granian over WSGI, with threads and back-pressure set and no surprise left to defaults."""

from typing import Any

from django.conf import settings

from solitude.telemetry import logs


def application() -> Any:
    """The WSGI application in a server process; in the embedded default there is a worker beside it, which lives and dies with it."""
    from solitude.wsgi import application

    if settings.SOLITUDE_SERVE_WORKER:
        from solitude.worker import Worker

        Worker(1, settings.SOLITUDE_WORKER_IDLE_MS, daemon=True).start()
    return application


def run(host: str, port: int, workers: int) -> int:
    from granian import Granian
    from granian.constants import Interfaces

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
        log_dictconfig=logs.configuration(debug=settings.SOLITUDE_DEBUG, directory=None),
        respawn_failed_workers=True,
    )

    @server.on_startup
    def announce() -> None:
        print(f"solitude: serving on http://{host}:{port}/", flush=True)  # noqa: T201

    server.serve()
    return 0
