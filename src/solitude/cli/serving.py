"""`serve`, `worker`, `migrate`, `sandbox`: what runs, and what must be done before."""

import argparse
import signal
import sys
from contextlib import AbstractContextManager
from typing import Any

from solitude import listening, tls

from . import start


def take(commands: Any) -> None:
    serve = commands.add_parser("serve", help="the API server")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=2602)
    serve.add_argument("--workers", type=int, default=1, help="server processes (default 1)")
    take_tls(serve)
    serve.set_defaults(run=_serve)

    worker = commands.add_parser("worker", help="background work: recovery, notifications, follow-ups")
    worker.set_defaults(run=_worker)

    migrate = commands.add_parser("migrate", help="brings the database up to date")
    migrate.set_defaults(run=_migrate)

    sandbox = commands.add_parser("sandbox", help="simulators of the providers, for development and tests")
    sandbox.add_argument("--host", default="127.0.0.1")
    sandbox.add_argument("--port", type=int, default=2680)
    sandbox.set_defaults(run=_sandbox)


def take_tls(command: argparse.ArgumentParser) -> None:
    """The options of a command that can serve over TLS; `tls.files` reads them."""
    command.add_argument(
        "--tls-cert", default="", metavar="FILE", help="PEM certificate, with its chain: serve over TLS"
    )
    command.add_argument(
        "--tls-key", default="", metavar="FILE", help="its private key, PEM, which others may not read"
    )
    command.add_argument(
        "--tls-client-ca",
        default="",
        metavar="FILE",
        help="let in only clients with a certificate that one of these signed",
    )


def _serve(chosen: argparse.Namespace) -> int:
    """Runs the server; with the database behind it says so and ends with status 3."""
    files = tls.files(chosen.tls_cert, chosen.tls_key, chosen.tls_client_ca)
    settings = start.set_up()
    if start.is_behind():
        return start.NOT_MIGRATED
    # Missing development keys are made here, once, and not by several server processes at the same time.
    from solitude.vault.checks import self_test

    self_test()
    if settings.environment.undeclared():
        print(
            f"solitude: unknown settings are ignored: {', '.join(settings.environment.undeclared())}", file=sys.stderr
        )
    # The server processes read the variables themselves, and remove them; this one serves no request.
    settings.environment.give_back()
    from solitude import server

    with collecting("serve", settings):
        return server.run(chosen.host, chosen.port, chosen.workers, files)


def _worker(_chosen: argparse.Namespace) -> int:
    """Works until SIGTERM or Ctrl-C, and then ends what it has begun."""
    settings = start.set_up()
    if start.is_behind():
        return start.NOT_MIGRATED
    from solitude.services import starting
    from solitude.telemetry import metrics, tracing
    from solitude.vault.checks import self_test
    from solitude.vault.watching import Watcher
    from solitude.worker import Worker

    self_test()
    with collecting("worker", settings):
        starting.begin("worker")
        metrics.configure(settings.SOLITUDE_STATSD, settings.SOLITUDE_STATSD_PREFIX)
        watcher = Watcher("worker").start()
        signal.signal(signal.SIGHUP, lambda *_: watcher.again())
        tracing.configure(settings.SOLITUDE_TRACING_ENDPOINT, "worker")
        worker = Worker(settings.SOLITUDE_WORKER_THREADS, settings.SOLITUDE_WORKER_IDLE_MS)
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: worker.stop())
        worker.start()
        print("solitude: working", flush=True)
        worker.join()
        watcher.stop()
        tracing.close()
    return 0


def collecting(part: str, settings: Any) -> AbstractContextManager[None]:
    """Within the block, what this command and its processes count is shown to Prometheus, where the settings want that."""
    from solitude.telemetry import metrics_endpoint

    port = settings.SOLITUDE_METRICS_PORT
    address = (settings.SOLITUDE_METRICS_HOST, port) if port else None
    networks = settings.SOLITUDE_METRICS_ALLOWED_NETWORKS
    return metrics_endpoint.collecting(part, address, networks, settings.SOLITUDE_METRICS_DIR)


def _migrate(_chosen: argparse.Namespace) -> int:
    """With status 1: a lock or a statement took too long, and it can be run again."""
    start.set_up()
    from django.db import OperationalError

    from solitude.services.migrating import migrate

    try:
        count = migrate(lambda text: print(text, flush=True))
    except OperationalError as error:
        print(f"solitude: {str(error).strip()}\nsolitude: the last migration is undone; run it again", file=sys.stderr)
        return start.NOT_DONE
    print(f"solitude: {count or 'no'} migrations applied")
    return 0


def _sandbox(chosen: argparse.Namespace) -> int:
    import solitude_sandbox

    listening.refuse_taken(chosen.host, chosen.port)
    solitude_sandbox.serve(chosen.host, chosen.port)
    return 0
