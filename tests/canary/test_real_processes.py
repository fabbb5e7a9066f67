"""Values that must stay secret go through real processes: server, worker and proxy. Afterwards all that these wrote, sent, answered and
kept, and all that the operator's commands print, is read for them."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import urllib3

from tests.canary import day, planted, sensitive
from tests.canary.day import Heard
from tests.canary.sensitive import finds
from tests.proxy.test_full_process import Listener
from tests.support import processes, proxied
from tests.support.free_port import free_port
from tests.support.processes import House
from tests.support.waiting import until
from tests.telemetry.syslog.listeners import reader

pytestmark = pytest.mark.long
COMMANDS = (
    ("check",),
    ("keys", "list"),
    ("clients", "list"),
    ("audit", "accesses"),
    ("audit", "accesses", "--buyer", "canary"),
    ("audit", "verify"),
    ("retention", "--plan"),
    ("buyer", "erase", "canary", "--dry-run"),
    ("log", "--type", "stats", "--today"),
    ("--version",),
)
# Where a value may stand, by contract: what it is, and how the names of those sinks begin.
BY_CONTRACT = {
    # The marketplace names a card by it. Who has it can charge nothing without our key of Braintree's.
    # It is the key of the call that stored it: so a repeat stores it once.
    "the token of a card": ("answer", "table braintree_paymentmethod.provider_id", "table payments_providercall.key"),
    # It is shown as it is made, for the buyer to agree to at PayPal's page.
    "a temporary pre-approval key": ("answer",),
    # What the marketplace itself told, it may read; and a seller is sent to PayPal with the state in the URL.
    "a seller's name": ("answer of POST /paypal/seller/",),
    "a seller's street": ("answer of POST /paypal/seller/",),
    "an e-mail address": ("answer of POST /paypal/seller/",),
    "a seller's state of a log-in": ("answer of POST /paypal/permission-url/",),
    # Four digits stand in an answer by chance.
    "a PIN": ("answer",),
}
# Columns with a secret that we did not plant: it came from a provider. Of others only what was planted is looked for: they hold texts
# that stand elsewhere too.
CREDENTIALS_OF_OTHERS = {"key", "pp_key", "refresh_token", "token", "secret", "merchant_id"}
# Each row of each table, read past the models, as lines of JSON; and what stands encrypted in columns of credentials.
DUMP = """
import json, os, sys
import django
os.environ["DJANGO_SETTINGS_MODULE"] = "solitude.settings"
django.setup()
from django.db import connection
from solitude.vault import holders
with connection.cursor() as cursor:
    for table in connection.introspection.table_names(cursor):
        cursor.execute(f'SELECT * FROM "{table}"')
        names = [column[0] for column in cursor.description]
        for row in cursor.fetchall():
            text = [bytes(v).decode("latin-1") if isinstance(v, (bytes, memoryview)) else str(v) for v in row]
            print(json.dumps({"table": table, "row": dict(zip(names, text))}))
for model, column in holders.sealed_columns():
    for value in (getattr(row, column.name) for row in model._base_manager.all()):
        if isinstance(value, str) and value:
            print(json.dumps({"sealed": column.name, "place": column.place, "value": value}))
"""


@dataclass
class Read:
    """What was planted, by its value, and what was read, by where."""

    planted: dict[str, str] = field(default_factory=dict)
    sinks: dict[str, str] = field(default_factory=dict)

    def leaks(self) -> list[tuple[str, str]]:
        """Sink and planted field of each value that was found where it may not be."""
        found = [one for sink, text in self.sinks.items() for one in finds(sink, text, self.planted)]
        return [(sink, where) for sink, where in found if not sink.startswith(BY_CONTRACT.get(where, ("nowhere",)))]


def test_no_secret_is_found_in_anything_that_processes_write_send_answer_or_keep(tmp_path: Path) -> None:
    read, statsd = Read(), Listener()
    metrics = {"serve": free_port(), "worker": free_port()}
    home = tmp_path / "house"
    home.mkdir()
    of_ring, secrets = planted.ring(home / "keys.json")
    client_secret, event_password = planted.secret("client"), planted.secret("bango-event")
    read.planted |= of_ring | {
        client_secret: "a client's secret in the settings",
        event_password: "Bango's event password",
    }
    read.planted |= dict.fromkeys(planted.WORKING, "a credential with which a simulator is asked")
    settings = {
        "SOLITUDE_CLEANSED_SETTINGS_ACCESS": "true",
        "SOLITUDE_STATSD": statsd.address,
        "SOLITUDE_CLIENTS": json.dumps({planted.CLIENT_OF_SETTINGS: client_secret}),
        "SOLITUDE_BANGO_BASIC_AUTH_USER": planted.BANGO,
        "SOLITUDE_BANGO_BASIC_AUTH_PASSWORD": event_password,
        "SOLITUDE_SERVE_WORKER": "false",
    }
    with reader() as syslog, house_with_worker(home, metrics, f"tcp://127.0.0.1:{syslog.port}", settings) as house:
        clients = a_day(house, read, client_secret, secrets, event_password)
        until(lambda: "solitude_worker_last_turn" in scraped(metrics["worker"]))
        read.sinks |= {f"Prometheus of {role}": scraped(port) for role, port in metrics.items()}
        clients.append(through_a_proxy_with_wrong_credentials(tmp_path / "proxy", house, read, client_secret))
        read.sinks |= {f"solitude {' '.join(words)}": printed(house.environment, words) for words in COMMANDS}
        without_database(tmp_path / "away", house, read)
        of_tables(house, read)
        vault = dict.fromkeys(day.vault_tokens(house.paypal.state()), "a token of PayPal's vault")
        read.planted = vault | read.planted
    read.sinks |= {"syslog": "\n".join(syslog.messages), "statsd": "\n".join(statsd.heard)}
    for client in clients:
        of_answers(client, read)
    of_files(tmp_path, read)
    leaks = read.leaks()
    assert leaks == [], "\n".join(f"{sink}: {where}" for sink, where in leaks)
    assert_enough(read)


def test_a_leak_is_told_by_its_sink_and_by_where_the_value_was_planted() -> None:
    read = Read({"cnry-1-abcdef": "the ring's key of seals", "8426": "a PIN", "tok-zq-77": "the token of a card"})
    read.sinks = {
        "statsd": "pay.cnry-1-abcdef:1|c",
        "solitude.log": '{"pin":"8426"} tok-zq-77',
        "answer of GET /x/": "tok-zq-77 18426",
    }
    assert read.leaks() == [
        ("statsd", "the ring's key of seals"),
        ("solitude.log", "a PIN"),
        ("solitude.log", "the token of a card"),
    ]


@pytest.mark.parametrize("text", ['{"pin": "8426"}', "pin=8426", "x?pin=8426&y", "wrong PIN 8426", "('8426',)", "8426"])
def test_a_pin_in_a_line_is_seen(text: str) -> None:
    assert sensitive.shows(text, "8426")


@contextmanager
def house_with_worker(home: Path, metrics: dict[str, int], syslog: str, settings: dict[str, str]) -> Iterator[House]:
    with processes.house(
        home, SOLITUDE_SYSLOG=syslog, SOLITUDE_METRICS_PORT=str(metrics["serve"]), **settings
    ) as house:
        apart = house.environment | {"SOLITUDE_METRICS_PORT": str(metrics["worker"])}
        with processes.running(home, apart, "worker"):
            yield house


def a_day(house: House, read: Read, client_secret: str, of_ring: dict[str, str], event_password: str) -> list[Heard]:
    """Everything that can be asked; the clients that heard the answers."""
    client = Heard(house.url, planted.CLIENT_OF_SETTINGS, client_secret)
    other = Heard(house.url, planted.CLIENT_OF_RING, of_ring[planted.CLIENT_OF_RING])
    wrong_secret = planted.secret("no-client")
    wrong = Heard(house.url, planted.CLIENT_OF_SETTINGS, wrong_secret)
    read.planted |= {wrong_secret: "a wrong secret of a client"} | day.busy(client, house) | day.pins(client)
    read.planted |= day.cards(client, house)
    passwords = {
        event_password: "Bango's event password",
        of_ring[planted.BANGO]: "the ring's secret of notifications",
        planted.secret("no-event"): "a wrong password of Bango's",
    }
    read.planted |= day.bank_accounts(client, planted.BANGO, passwords)
    read.planted |= {
        **dict.fromkeys(day.EMAILS, "an e-mail address"),
        day.PRODUCT_SECRET: "a product's secret",
        day.STREET: "a seller's street",
        day.FAMILY: "a seller's name",
    }
    assert other.whoami() == planted.CLIENT_OF_RING
    with day.refused():
        wrong.whoami()
    day.looks(client)
    return [client, other, wrong]


def through_a_proxy_with_wrong_credentials(home: Path, house: House, read: Read, client_secret: str) -> Heard:
    """Every provider is asked by a proxy with credentials that it does not know."""
    plan, unknown, of_reference = proxied.plan(home), planted.credentials(), planted.secret("reference")
    root = house.paypal.root
    read.planted |= {value: f"{name} at the proxy" for name, value in unknown.items()}
    read.planted |= {of_reference: "the reference's secret at the proxy", plan.secret: "the secret of the hop"}
    port = free_port()
    environment = house.environment | proxied.of_database(root) | plan.settings
    environment.pop("SOLITUDE_METRICS_PORT", None)
    client = Heard(f"http://127.0.0.1:{port}", planted.CLIENT_OF_SETTINGS, client_secret)
    with (
        proxied.proxy(plan, root, **unknown, **planted.reference(f"{root}/reference", of_reference)),
        processes.running(home, environment, "serve", "--port", str(port)),
    ):
        processes.wait_for(f"{client_url(port)}/services/status/")
        for ask in (
            lambda: day.ordered(client, "canary"),
            client.create_braintree_token,
            lambda: client.list_at_provider("reference", "terms"),
            lambda: client.create_bango_package(client.create_seller("dev:canary-2").resource_uri, day.PACKAGE),
        ):
            with day.refused():
                ask()
    return client


def client_url(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def without_database(home: Path, house: House, read: Read) -> None:
    """What commands say that cannot get at the database, of which they have the password."""
    password = planted.secret("database")
    read.planted[password] = "the password of the database"
    url = f"postgresql://solitude:{password}@127.0.0.1:{free_port()}/solitude"
    environment = house.environment | {"SOLITUDE_DATABASE_URL": url, "SOLITUDE_LOG_DIR": str(home / "logs")}
    environment |= {"SOLITUDE_DATABASE_CONNECT_TIMEOUT_S": "2"}
    for words in (("check",), ("migrate",), ("worker",)):
        said = read.sinks[f"solitude {words[0]}, without database"] = printed(environment, words)
        assert "does not answer" in said or "Connection refused" in said


def printed(environment: Mapping[str, str], words: tuple[str, ...], within_s: int = 90) -> str:
    """What the operator sees of a command, on both outputs."""
    command = processes.solitude(*words)
    ended = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=within_s, check=False)
    assert ended.stdout + ended.stderr, words
    return ended.stdout + ended.stderr


def scraped(port: int) -> str:
    return urllib3.request("GET", f"http://127.0.0.1:{port}/metrics", timeout=10).data.decode()


def of_tables(house: House, read: Read) -> None:
    """Each column is a sink; what is encrypted in columns of credentials was planted by somebody else."""
    environment = house.environment | {"PYTHONPATH": os.pathsep.join(sys.path)}
    ended = subprocess.run(
        [sys.executable, "-c", DUMP], env=environment, capture_output=True, text=True, timeout=90, check=True
    )
    for line in map(json.loads, ended.stdout.splitlines()):
        if "table" in line:
            for column, text in line["row"].items():
                sink = f"table {line['table']}.{column}"
                read.sinks[sink] = f"{read.sinks.get(sink, '')}\n{text}"
        elif line["sealed"] in CREDENTIALS_OF_OTHERS and len(line["value"]) >= sensitive.LEAST_CHARS:
            read.planted.setdefault(line["value"], f"{line['place']}, encrypted")


def of_answers(client: Heard, read: Read) -> None:
    """PINs are left to the other sinks, and so is what an answer shows under the name of the field itself."""
    for name, answer in client.heard:
        shown = sensitive.SHOWN_BY_CONTRACT
        rest = json.dumps(sensitive.without(answer, set(shown)), ensure_ascii=False, default=str)
        sink = f"answer of {re.sub(r'[0-9]+', '<n>', name)}"
        read.sinks[sink] = f"{read.sinks.get(sink, '')}\n{rest}"


def of_files(home: Path, read: Read) -> None:
    """The log files of every process, and what it wrote to both of its outputs."""
    for path in sorted(home.rglob("*.log*")):
        read.sinks[str(path.relative_to(home))] = path.read_text(errors="replace")


def assert_enough(read: Read) -> None:
    """What was not read cannot show anything."""
    large = ["house/logs/solitude.log", "house/logs/cef.log", "house/serve.out.log", "proxy/logs/solitude.log"]
    large += ["syslog", "statsd", "Prometheus of serve", "Prometheus of worker"]
    assert [sink for sink in large if len(read.sinks.get(sink, "")) < 1000] == [], sorted(read.sinks)
    assert {"house/worker.out.log", "proxy/proxy.out.log", "proxy/logs/cef.log"} <= set(read.sinks)
    of_others = {where for where in read.planted.values() if where.endswith(", encrypted")}
    assert any("refresh_token" in where for where in of_others), of_others
    assert "Provider refuses our credentials" in read.sinks["house/logs/cef.log"]
