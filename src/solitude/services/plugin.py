"""`solitude check`: a plugin for Nagios and its kin. One line: a state, what is the case, and performance data.

Format and exit codes: Monitoring Plugins Development Guidelines (https://www.monitoring-plugins.org/doc/guidelines.html).
"""

import sys
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from django.conf import settings
from django.db import Error, connections

from solitude import monthly
from solitude.audit import sealing
from solitude.client import NotSigned, Retries, Solitude, SolitudeError
from solitude.outbound import probes
from solitude.payments import recovery
from solitude.retention import plan
from solitude.services import health, proxy_plugin, schema, signing
from solitude.services.finding import CRITICAL, OK, UNKNOWN, WARNING, Finding, took
from solitude.telemetry import redaction
from solitude.transactions.failures import failed_products
from solitude.vault.keyring import KeyRingError
from solitude.web import known_clients
from solitude.web.clients import Client

_NAMES = {OK: "OK", WARNING: "WARNING", CRITICAL: "CRITICAL", UNKNOWN: "UNKNOWN"}
# The worst first, as plugins of the monitoring add states up.
_ORDER = (CRITICAL, WARNING, UNKNOWN, OK)
# So many times the age at which the check warns is critical.
CRITICAL_TIMES = 6


@dataclass(frozen=True, slots=True)
class Options:
    """What is looked at, and for how long in all.

    With `url` a running server is asked for its status, and whether it takes the signature of `client` (a key; it may be left out
    where there is one client only); with `server_only` nothing else is. `plain_http` allows http to other machines.
    """

    url: str = ""
    client: str = ""
    timeout_s: int = 10
    server_only: bool = False
    plain_http: bool = False


_NO_DATABASE = Finding(CRITICAL, "the database does not answer")


def run(options: Options) -> int:
    """Prints the line; the exit code."""
    found = sorted(_found_in_time(options), key=lambda one: _ORDER.index(one.state))
    state = found[0].state
    # The bar parts the text from the data.
    text = redaction.clean(", ".join(one.said for one in found)).replace("|", "/")
    data = " ".join(one.data for one in found if one.data)
    sys.stdout.write(f"SOLITUDE {_NAMES[state]} - {text}{f' | {data}' if data else ''}\n")
    return state


def _found_in_time(options: Options) -> list[Finding]:
    """What hangs, whatever it is, is named and left behind: the process ends, and its thread with it."""
    found: list[Finding] = []
    looking_at = ""

    def look() -> None:
        nonlocal looking_at
        try:
            for name, part in _parts(options).items():
                looking_at = name
                found.extend(part(options))
        except Exception as error:  # noqa: BLE001 - a traceback is no answer; of what went wrong, only the kind is surely no secret
            found.append(Finding(UNKNOWN, f"the check failed: {type(error).__name__}"))
        finally:
            connections.close_all()

    thread = threading.Thread(target=look, daemon=True)
    thread.start()
    thread.join(options.timeout_s)
    if thread.is_alive():
        return [*found, Finding(CRITICAL, f"{looking_at} has not answered for {options.timeout_s} s")]
    return found


def _parts(options: Options) -> dict[str, Callable[[Options], list[Finding]]]:
    if settings.SOLITUDE_PROXY or proxy_plugin.is_proxy(options.url):
        return {"the proxy": lambda asked: proxy_plugin.found(asked.url, asked.timeout_s)}
    here = {} if options.server_only else {"the database": _database}
    return here | ({"the server": _server} if options.url else {"this machine": _machine})


def _database(_options: Options) -> list[Finding]:
    try:
        if not health.database_answers():
            return [_NO_DATABASE]
        if behind := schema.migrations_behind():
            # Servers of the version before may be at work, and well: it is this check that cannot read what they write.
            return [Finding(UNKNOWN, f"the database is {behind} migrations behind; run `solitude migrate`")]
        found = [_backlog(), _failed_products(), *_retention(), *_sealing(), *_months()]
    except Error:
        return [_NO_DATABASE]
    return found if health.database_takes_a_write() else [*found, Finding(CRITICAL, "the database takes no write")]


def _backlog() -> Finding:
    now = recovery.backlog()
    warning_s = settings.SOLITUDE_UNCERTAIN_WARNING_S
    critical_s = warning_s * CRITICAL_TIMES
    said = f"{now.uncertain} calls of unknown outcome, {now.notifications} notifications waiting, {now.orphans} orphans"
    data = (
        f"uncertain={now.uncertain};;;0 oldest={now.oldest_s}s;{warning_s};{critical_s};0 "
        f"waiting={now.notifications};;;0 waiting_oldest={now.notification_oldest_s}s;{warning_s};{critical_s};0 "
        f"orphans={now.orphans};0;;0"
    )
    age_s = max(now.oldest_s, now.notification_oldest_s)
    if age_s > critical_s:
        return Finding(CRITICAL, said, data)
    return Finding(WARNING if age_s > warning_s or now.orphans else OK, said, data)


def _failed_products() -> Finding:
    count, most = failed_products().count(), settings.SOLITUDE_FAILED_PRODUCTS_WARNING
    return Finding(WARNING if count > most else OK, f"{count} failed products", f"failed_products={count};{most};;0")


def _sealing() -> list[Finding]:
    """As with retention. Sealing that has stopped is noticed by nobody else."""
    age_s = sealing.unsealed_s()
    late = age_s > settings.SOLITUDE_SEAL_WARNING_S
    return [Finding(WARNING, f"the oldest row without a seal is {age_s} s old")] if late else []


def _retention() -> list[Finding]:
    """Nothing at all where nothing is overdue: that is how it nearly always is."""
    late = plan.overdue()
    return [Finding(WARNING, f"kept for too long: {', '.join(late)}")] if late else []


def _months() -> list[Finding]:
    """Without the next month nothing can be written once it begins."""
    ahead = monthly.ahead()
    if ahead is None or ahead >= monthly.AHEAD_WARNING:
        return []
    return [
        Finding(WARNING if ahead > 0 else CRITICAL, f"tables have {max(ahead, 0)} months ahead; run `solitude migrate`")
    ]


def _machine(options: Options) -> list[Finding]:
    """Keys, providers and signatures, as a server on this machine with the same settings has them."""
    found = [] if health.keys_work() else [Finding(CRITICAL, "the keys do not work")]
    if not probes.all_answer(settings.SOLITUDE_STATUS_PROBE_LIFE_S):
        found.append(Finding(WARNING, "a provider does not answer"))
    clients = _clients()
    if options.client not in ("", *clients):
        return [*found, _no_client(options)]
    wanted = [clients[options.client]] if options.client else clients.values()
    if not wanted:
        return [*found, Finding(WARNING, "nobody can sign, for SOLITUDE_CLIENTS is empty")]
    wrong = [client.key for client in wanted if not signing.is_taken(client)]
    said = f"the signature of {', '.join(wrong)} is not taken" if wrong else "signing works"
    return [*found, Finding(CRITICAL if wrong else OK, said)]


def _server(options: Options) -> list[Finding]:
    client = _client(options.client)
    if client is None:
        return [_no_client(options)]
    try:
        server = Solitude(
            options.url,
            client.key,
            client.secrets[0],
            timeout_s=options.timeout_s,
            retries=Retries(tries=1),
            allow_plain_http=options.plain_http,
        )
    except ValueError as error:
        return [Finding(UNKNOWN, f"--url: {error}")]
    with server:
        return [_status(server), _signing(server, client.key)]


def _status(server: Solitude) -> Finding:
    begun = time.monotonic()
    try:
        status = server.status()
    except SolitudeError as error:
        return Finding(CRITICAL, f"the server does not answer ({error})")
    data = took("status", begun)
    wrong = [name for name in health.Health.__annotations__ if not getattr(status, name)]
    if not wrong:
        return Finding(OK, "the server is well", data)
    return Finding(WARNING if status.ok else CRITICAL, f"the server says false of {', '.join(wrong)}", data)


def _signing(server: Solitude, key: str) -> Finding:
    begun = time.monotonic()
    try:
        taken_for = server.whoami()
    except SolitudeError as error:
        why = error.detail if isinstance(error, NotSigned) else error
        return Finding(CRITICAL, f"the signature of {key} is not taken ({why})")
    data = took("request", begun)
    if taken_for != key:
        return Finding(CRITICAL, f"the signature of {key} is taken for that of {taken_for or 'nobody'}", data)
    return Finding(OK, "signing works", data)


def _client(key: str) -> Client | None:
    """The client of that key; without a key the only one there is."""
    clients = _clients()
    return clients.get(key or next(iter(clients), "")) if key or len(clients) == 1 else None


def _clients() -> dict[str, Client]:
    """Those of the key ring too, where it can be read: that it cannot be is told by another line."""
    try:
        return known_clients.known()
    except KeyRingError:
        return dict(settings.SOLITUDE_CLIENTS)


def _no_client(options: Options) -> Finding:
    known = ", ".join(_clients()) or "SOLITUDE_CLIENTS is empty"
    said = f"there is no client {options.client}" if options.client else "name a client with --client"
    return Finding(UNKNOWN, f"{said} ({known})")
