"""The application server: granian over WSGI, with threads and back-pressure set and no surprise left to defaults."""

from django.conf import settings

from solitude.telemetry import logs


def run(host: str, port: int, workers: int) -> int:
    from granian import Granian
    from granian.constants import Interfaces

    server = Granian(
        target="solitude.wsgi:application",
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
