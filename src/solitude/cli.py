"""The `solitude` command."""

import argparse
import logging
import os
import signal
import sys
from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

from solitude.configuration import ConfigurationError
from solitude.moving import command as moving
from solitude.providers.braintree import command as braintree

NOT_MIGRATED, UNUSABLE, NOT_DONE = 3, 2, 1
# What a plugin of the monitoring ends with when it cannot tell.
UNKNOWN = 3
CHECK_MAX_S = 3600


def main(arguments: Sequence[str] | None = None) -> int:
    chosen = _parser().parse_args(arguments)
    try:
        return int(chosen.run(chosen))
    except ConfigurationError as error:
        print(f"solitude: the configuration cannot be used: {error}", file=sys.stderr)
        return UNUSABLE
    except KeyboardInterrupt:
        return 130


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="solitude", description="A payment server for marketplaces.")
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    serve = commands.add_parser("serve", help="the API server")
    serve.add_argument("--host", default="127.0.0.1")
    serve.add_argument("--port", type=int, default=2602)
    serve.add_argument("--workers", type=int, default=1, help="server processes (default 1)")
    serve.set_defaults(run=_serve)

    worker = commands.add_parser("worker", help="background work: recovery, notifications, follow-ups")
    worker.set_defaults(run=_worker)

    check = commands.add_parser(
        "check", help="a plugin for the monitoring: exits with 0 (ok), 1 (warning), 2 (critical), 3 (unknown)"
    )
    check.add_argument("--url", default="", help="asks a running server too, e.g. http://127.0.0.1:2602")
    check.add_argument(
        "--client", metavar="KEY", default="", help="the client that signs; needed where there are several"
    )
    check.add_argument("--timeout-s", metavar="SECONDS", default="10", help="for the check as a whole (default 10)")
    check.add_argument("--server-only", action="store_true", help="with --url: leaves the database alone")
    check.add_argument("--plain-http", action="store_true", help="allows a --url of http to another machine")
    check.set_defaults(run=_check)

    log = commands.add_parser(
        "log", help="the transactions of a day as CSV: all (stats), or those that are paid, once only (revenue)"
    )
    log.add_argument("--type", choices=("stats", "revenue"), required=True)
    log.add_argument("--date", type=_day, metavar="YYYY-MM-DD", help="the day, in UTC (default: yesterday)")
    log.add_argument("--today", action="store_true", help="today, unless there is a --date")
    log.add_argument("--dir", type=Path, metavar="PATH", help="the folder of the file; else standard output")
    log.add_argument(
        "--with-type", action="store_true", help="a 15th column, which tells refunds and reversals from payments"
    )
    log.set_defaults(run=_log)

    migrate = commands.add_parser("migrate", help="brings the database up to date")
    migrate.set_defaults(run=_migrate)

    bring = commands.add_parser("import", help="moves data in from a file")
    moving.take_import(bring)
    bring.set_defaults(run=_import)
    take = commands.add_parser("export", help="writes data to a file that can be imported")
    moving.take_export(take)
    take.set_defaults(run=_export)

    sold = commands.add_parser("braintree", help="the catalogue of what is sold through Braintree")
    braintree.take(sold)
    sold.set_defaults(run=_braintree)

    sandbox = commands.add_parser("sandbox", help="simulators of the providers, for development and tests")
    sandbox.add_argument("--host", default="127.0.0.1")
    sandbox.add_argument("--port", type=int, default=2680)
    sandbox.set_defaults(run=_sandbox)

    new = commands.add_parser("new-provider", help="makes a package for a payment provider, which passes its tests")
    new.add_argument("name", metavar="NAME", help="of the provider: small letters, digits and _")
    new.add_argument("--into", type=Path, metavar="DIR", help="the new folder (default: solitude-NAME)")
    new.set_defaults(run=_new_provider)

    clients = commands.add_parser("clients", help="the clients of the API").add_subparsers(
        required=True, metavar="ACTION"
    )
    listing = clients.add_parser("list", help="who may call, and what")
    listing.set_defaults(run=_clients_list)
    sign = clients.add_parser("sign", help="prints an Authorization header for one request, for use with curl")
    sign.add_argument("method", metavar="METHOD")
    sign.add_argument("path", metavar="PATH", help="path and query, e.g. /generic/buyer/?uuid=shop%%3A77")
    sign.add_argument("--body", type=Path, metavar="FILE", help="the file that is sent as the body")
    sign.add_argument("--client", metavar="KEY", help="the client that signs; needed where there are several")
    sign.set_defaults(run=_clients_sign)
    return parser


def _serve(chosen: argparse.Namespace) -> int:
    """Runs the server; with the database behind it says so and ends with status 3."""
    settings = _setup()
    if _is_behind():
        return NOT_MIGRATED
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

    return server.run(chosen.host, chosen.port, chosen.workers)


def _worker(_chosen: argparse.Namespace) -> int:
    """Works until SIGTERM or Ctrl-C, and then ends what it has begun."""
    settings = _setup()
    if _is_behind():
        return NOT_MIGRATED
    from solitude.telemetry import logs, metrics
    from solitude.worker import Worker

    logs.configure(settings.SOLITUDE_DEBUG, settings.SOLITUDE_LOG_DIR)
    metrics.configure(settings.SOLITUDE_STATSD, settings.SOLITUDE_STATSD_PREFIX)
    worker = Worker(settings.SOLITUDE_WORKER_THREADS, settings.SOLITUDE_WORKER_IDLE_MS)
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: worker.stop())
    worker.start()
    print("solitude: working", flush=True)
    worker.join()
    return 0


def _check(chosen: argparse.Namespace) -> int:
    """One line on standard output, whatever is the case: that is all that the monitoring reads."""
    timeout_s = int(chosen.timeout_s) if chosen.timeout_s.isascii() and chosen.timeout_s.isdigit() else 0
    if not 1 <= timeout_s <= CHECK_MAX_S or (chosen.server_only and not chosen.url):
        # argparse would end with 2, which is critical to the monitoring.
        print(f"SOLITUDE UNKNOWN - --timeout-s is 1 to {CHECK_MAX_S} seconds, and --server-only goes with --url")
        return UNKNOWN
    try:
        _setup()
        # What is wrong is the line; a library that logs has nowhere to write but the console.
        logging.disable()
        from solitude.services import plugin
    except ConfigurationError as error:
        print(f"SOLITUDE UNKNOWN - the configuration cannot be used: {' '.join(str(error).split())}".replace("|", "/"))
        return UNKNOWN
    except Exception as error:  # noqa: BLE001 - of what went wrong, only the kind is surely no secret
        print(f"SOLITUDE UNKNOWN - the check cannot start: {type(error).__name__}")
        return UNKNOWN
    options = plugin.Options(chosen.url, chosen.client, timeout_s, chosen.server_only, chosen.plain_http)
    return plugin.run(options)


def _log(chosen: argparse.Namespace) -> int:
    _setup()
    if _is_behind():
        return NOT_MIGRATED
    from solitude.transactions import exports
    from solitude.transactions.models import ExportType

    day = chosen.date or datetime.now(UTC).date() - timedelta(days=0 if chosen.today else 1)
    log = exports.Log(ExportType[chosen.type.upper()], day, chosen.dir, chosen.with_type)
    try:
        exports.write(log, lambda said: print(f"solitude: {said}", file=sys.stderr))
    except exports.NotDelivered as error:
        print(f"solitude: {error}", file=sys.stderr)
        return NOT_DONE
    except OSError as error:
        print(f"solitude: the log did not go out: {error}", file=sys.stderr)
        if chosen.dir is None:
            # Nobody reads: what is left in the buffer would fail once more when Python ends.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return NOT_DONE
    return 0


def _day(text: str) -> date:
    day = date.fromisoformat(text)
    # Python reads other forms too, and the day after the last one is none.
    if day.isoformat() != text or day == date.max:
        raise ValueError(text)
    return day


def _migrate(_chosen: argparse.Namespace) -> int:
    _setup()
    from django.core.management import call_command

    call_command("migrate", interactive=False, verbosity=1)
    return 0


def _import(chosen: argparse.Namespace) -> int:
    return _moving(moving.run_import, chosen)


def _export(chosen: argparse.Namespace) -> int:
    return _moving(moving.run_export, chosen)


def _moving(run: Callable[[argparse.Namespace], int], chosen: argparse.Namespace) -> int:
    settings = _setup()
    if _is_behind():
        return NOT_MIGRATED
    from solitude.telemetry import logs

    logs.configure(settings.SOLITUDE_DEBUG, settings.SOLITUDE_LOG_DIR)
    return run(chosen)


def _braintree(chosen: argparse.Namespace) -> int:
    _setup()
    return NOT_MIGRATED if _is_behind() else braintree.run(chosen)


def _sandbox(chosen: argparse.Namespace) -> int:
    import solitude_sandbox

    solitude_sandbox.serve(chosen.host, chosen.port)
    return 0


def _new_provider(chosen: argparse.Namespace) -> int:
    from solitude import new_provider

    into = chosen.into or Path(f"solitude-{chosen.name}")
    try:
        files = new_provider.make(chosen.name, into)
    except new_provider.NotMade as error:
        print(f"solitude: {error}", file=sys.stderr)
        return UNUSABLE
    print(
        f"solitude: {into} has the provider {chosen.name} in {len(files)} files; docs/providers/adding.md goes on from here"
    )
    return 0


def _clients_list(_chosen: argparse.Namespace) -> int:
    settings = _setup()
    for client in settings.SOLITUDE_CLIENTS.values():
        allowed = "everything" if client.allow is None else ", ".join(client.allow) or "nothing"
        print(f"{client.key}\t{len(client.secrets)} secret(s)\tmay call {allowed}")
    return 0


def _clients_sign(chosen: argparse.Namespace) -> int:
    settings = _setup()
    from solitude.client.signing import authorization

    clients = settings.SOLITUDE_CLIENTS
    if chosen.client is None and len(clients) != 1:
        print(
            f"solitude: name the client with --client: {', '.join(clients) or 'SOLITUDE_CLIENTS is empty'}",
            file=sys.stderr,
        )
        return UNUSABLE
    client = clients.get(chosen.client) if chosen.client else next(iter(clients.values()))
    if client is None:
        print("solitude: there is no such client in SOLITUDE_CLIENTS", file=sys.stderr)
        return UNUSABLE
    body = chosen.body.read_bytes() if chosen.body else b""
    try:
        header = authorization(
            key=client.key, secret=client.secrets[0], method=chosen.method, target=chosen.path, body=body
        )
    except ValueError as error:
        print(f"solitude: {error}", file=sys.stderr)
        return UNUSABLE
    print(f"Authorization: {header}")
    return 0


def _setup() -> Any:
    """Django with our settings; the settings module. Raises ConfigurationError."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "solitude.settings")
    import solitude.settings as settings

    settings.SOLITUDE_HOME.mkdir(mode=0o700, parents=True, exist_ok=True)
    import django

    django.setup()
    return settings


def _is_behind() -> bool:
    """Whether the database waits for `migrate`, and says so."""
    from solitude.services.schema import migrations_behind

    behind = migrations_behind()
    if behind:
        print(f"solitude: the database is {behind} migrations behind; run `solitude migrate` first", file=sys.stderr)
    return behind > 0


if __name__ == "__main__":
    sys.exit(main())
