"""`solitude check`, as the monitoring runs it: one line, the exit code that goes with it, and data that plots."""

import json
import os
import re
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from tests.client import server
from tests.client.server import FakeSolitude, Reply
from tests.outbound.peers import Connection, Peer
from tests.payments.passing import age
from tests.support import isolation, processes
from tests.support.free_port import free_port
from tests.support.marketplace import Marketplace
from tests.support.processes import solitude
from tests.support.simulator import Simulator

from solitude.payments import recovery
from solitude.payments.models import Notification
from solitude.services import health, plugin, signing
from solitude.services.plugin import Options
from solitude.web.clients import Client

pytestmark = pytest.mark.long

OK, WARNING, CRITICAL, UNKNOWN = 0, 1, 2, 3
CANARY = "canary-password-4711"
# As the guidelines of the monitoring plugins say: a text, a bar, and 'label'=value[unit];[warn];[crit];[min];[max] in a row.
NUMBER = r"-?[0-9]+(?:\.[0-9]+)?"
RANGE = rf"(?:@?(?:(?:~|{NUMBER})?:)?{NUMBER}?)"
DATUM = rf"[^\s='|;]{{1,19}}={NUMBER}(?:s|ms|us|%|B|KB|MB|GB|TB|c)?(?:;{RANGE}?(?:;{RANGE}?(?:;{NUMBER}?(?:;{NUMBER}?)?)?)?)?"
LINE = re.compile(rf"SOLITUDE (OK|WARNING|CRITICAL|UNKNOWN) - [^|\n]+(?: \| ({DATUM}(?: {DATUM})*))?\n")


def database_url() -> str:
    """The tests' own database, for another process."""
    name = str(connection.settings_dict["NAME"])
    if connection.vendor == "sqlite":
        return f"sqlite:///{name}"
    return urlsplit(os.environ[isolation.INHERITED_DATABASE])._replace(path=f"/{name}").geturl()


def check(*arguments: str, database: str = "", **more: str) -> tuple[int, str, dict[str, str]]:
    """Exit code, line and data of the real command."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "SOLITUDE_DEBUG": "true",
        "SOLITUDE_ENV_FILE": "",
        "SOLITUDE_HOME": str(settings.SOLITUDE_HOME),
        "SOLITUDE_DATABASE_URL": database or database_url(),
        "SOLITUDE_CLIENTS": '{"nagios": "the-secret-of-nagios-in-tests-0123456789"}',
        "SOLITUDE_PAYPAL_URL": settings.SOLITUDE_PAYPAL_URL,
        # No worker seals what these tests make old.
        "SOLITUDE_SEAL_WARNING_S": str(30 * 86_400),
        **more,
    }
    ended = subprocess.run(
        solitude("check", *arguments), env=environment, capture_output=True, text=True, timeout=60, check=False
    )
    found = LINE.fullmatch(ended.stdout)
    assert found, (ended.stdout, ended.stderr)
    assert found[1] == ("OK", "WARNING", "CRITICAL", "UNKNOWN")[ended.returncode]
    assert "Traceback" not in ended.stdout + ended.stderr
    assert CANARY not in ended.stdout + ended.stderr
    data = dict(datum.split("=") for datum in (found[2] or "").split())
    return ended.returncode, ended.stdout, data


@pytest.fixture
def fake() -> Iterator[FakeSolitude]:
    with server.serving(FakeSolitude()) as served:
        yield served


def lose_a_payment(shop: Marketplace, paypal: Simulator) -> None:
    app_id = shop.product()
    paypal.fault("create_order", "disconnect_after")
    assert shop.pay(app_id).status == 504


def test_all_is_well(shop: Marketplace) -> None:
    code, line, data = check()

    assert code == OK
    assert line.startswith(
        "SOLITUDE OK - 0 calls of unknown outcome, 0 notifications waiting, 0 orphans, 0 failed products, signing works | "
    )
    assert data == {
        "uncertain": "0;;;0",
        "oldest": "0s;600;3600;0",
        "waiting": "0;;;0",
        "waiting_oldest": "0s;600;3600;0",
        "orphans": "0;0;;0",
        "failed_products": "0;0;;0",
    }


def test_what_is_uncertain_for_a_short_while_is_well(shop: Marketplace, paypal: Simulator) -> None:
    lose_a_payment(shop, paypal)

    code, line, data = check()

    assert (code, data["uncertain"]) == (OK, "1;;;0")
    assert "1 calls of unknown outcome" in line


@pytest.mark.parametrize(("minutes", "expected"), [(9, OK), (11, WARNING), (59, WARNING), (61, CRITICAL)])
def test_the_age_of_the_oldest_decides(shop: Marketplace, paypal: Simulator, minutes: int, expected: int) -> None:
    lose_a_payment(shop, paypal)
    age(minutes=minutes)
    lose_a_payment(shop, paypal)

    code, _, data = check()

    assert (code, data["uncertain"]) == (expected, "2;;;0")
    assert int(data["oldest"].partition("s;")[0]) // 60 == minutes


def test_what_counts_as_old_is_a_setting(shop: Marketplace, paypal: Simulator) -> None:
    lose_a_payment(shop, paypal)
    age(seconds=30)

    assert check(SOLITUDE_UNCERTAIN_WARNING_S="20")[0] == WARNING
    code, _, data = check(SOLITUDE_UNCERTAIN_WARNING_S="4")

    assert code == CRITICAL
    assert data["oldest"].endswith("s;4;24;0")


def notification(state: str, number: int) -> Notification:
    return Notification.objects.create(
        provider="paypal", fingerprint=f"{number}", headers={}, body="{}", state=state, event_id=f"WH-{number}"
    )


def test_an_orphan_warns_for_a_day(shop: Marketplace) -> None:
    notification("orphan", 1)
    Notification.objects.update(ended_at=recovery.Now())

    code, line, data = check()
    assert (code, data["orphans"]) == (WARNING, "1;0;;0")
    assert "1 orphans" in line
    age(hours=25)

    assert check()[0] == OK


def test_notifications_that_wait_are_as_bad_as_calls(shop: Marketplace) -> None:
    for number, state in enumerate(("received", "parked", "applied", "ignored", "refused")):
        notification(state, number)
    age(minutes=11)

    code, _, data = check()

    assert (code, data["waiting"]) == (WARNING, "2;;;0")
    assert data["waiting_oldest"].startswith("66")


@pytest.mark.parametrize("kind", ["sqlite", "postgresql"])
def test_a_database_that_does_not_answer_is_critical(tmp_path: Path, kind: str, shop: Marketplace) -> None:
    nowhere = {
        "sqlite": f"sqlite:///{tmp_path}/no-such-folder/{CANARY}.sqlite3",
        "postgresql": f"postgresql://solitude:{CANARY}@127.0.0.1:{free_port()}/solitude",
    }

    code, line, _ = check(database=nowhere[kind])

    assert (code, line) == (CRITICAL, "SOLITUDE CRITICAL - the database does not answer, signing works\n")


def test_a_database_that_is_behind_is_unknown(tmp_path: Path, shop: Marketplace) -> None:
    """Servers of the version before may be at work on it, and well."""
    code, line, _ = check(database=f"sqlite:///{tmp_path}/empty.sqlite3")

    assert code == UNKNOWN
    assert re.search(r"the database is [0-9]+ migrations behind; run `solitude migrate`", line)


@pytest.mark.parametrize("content", ["", "no json", "{}", '{"keys": []}', f'["{CANARY}"]'])
def test_keys_that_do_not_work_are_critical(tmp_path: Path, shop: Marketplace, content: str) -> None:
    file = tmp_path / "keys.json"
    file.write_text(content)
    file.chmod(0o600)

    code, line, _ = check(SOLITUDE_KEYS_FILE=str(file))

    assert code == CRITICAL
    assert line.startswith("SOLITUDE CRITICAL - the keys do not work, 0 calls of unknown outcome")


def test_settings_that_cannot_be_used_are_unknown_and_named(shop: Marketplace) -> None:
    code, line, _ = check(SOLITUDE_UNCERTAIN_WARNING_S="soon", SOLITUDE_CLIENTS=CANARY)

    assert code == UNKNOWN
    assert "SOLITUDE_UNCERTAIN_WARNING_S must be a whole number" in line
    assert "SOLITUDE_CLIENTS must be a JSON object" in line


def test_a_start_that_fails_is_unknown(tmp_path: Path, shop: Marketplace) -> None:
    (tmp_path / CANARY).write_text("a file where a folder should be")

    code, line, _ = check(SOLITUDE_HOME=str(tmp_path / CANARY / "home"))

    assert (code, line) == (UNKNOWN, "SOLITUDE UNKNOWN - the check cannot start: NotADirectoryError\n")


def test_whatever_goes_wrong_is_unknown_and_one_line(
    shop: Marketplace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def broken() -> None:
        raise ZeroDivisionError(f"{CANARY} | of\nmany lines")

    monkeypatch.setattr(recovery, "backlog", broken)

    assert plugin.run(Options()) == UNKNOWN

    assert capsys.readouterr().out == "SOLITUDE UNKNOWN - the check failed: ZeroDivisionError\n"


# --- what failed ---------------------------------------------------------------------------------------------------


def test_products_that_failed_warn(shop: Marketplace, paypal: Simulator) -> None:
    for _ in range(2):
        paypal.fault("create_order", "issue:PAYEE_ACCOUNT_RESTRICTED")
        assert shop.pay(shop.product()).status == 422

    code, line, data = check()

    assert (code, data["failed_products"]) == (WARNING, "2;0;;0")
    assert line.startswith("SOLITUDE WARNING - 2 failed products, ")


@pytest.mark.parametrize(("most", "expected"), [("1", OK), ("0", WARNING)])
def test_how_many_may_fail_is_a_setting(shop: Marketplace, paypal: Simulator, most: str, expected: int) -> None:
    paypal.fault("create_order", "issue:PAYEE_ACCOUNT_RESTRICTED")
    shop.pay(shop.product())

    assert check(SOLITUDE_FAILED_PRODUCTS_WARNING=most)[0] == expected


# --- this machine --------------------------------------------------------------------------------------------------


def test_a_provider_that_is_away_warns(shop: Marketplace) -> None:
    code, line, _ = check(SOLITUDE_PAYPAL_URL=f"http://127.0.0.1:{free_port()}")

    assert code == WARNING
    assert line.startswith("SOLITUDE WARNING - a provider does not answer, ")


def test_a_database_that_takes_no_write_is_critical(
    shop: Marketplace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(health, "database_takes_a_write", lambda: False)

    assert plugin.run(Options()) == CRITICAL

    assert capsys.readouterr().out.startswith("SOLITUDE CRITICAL - the database takes no write, 0 calls of unknown")


def test_nobody_who_could_sign_warns(shop: Marketplace) -> None:
    code, line, _ = check(SOLITUDE_CLIENTS="{}")

    assert code == WARNING
    assert "nobody can sign, for SOLITUDE_CLIENTS is empty" in line


def test_each_secret_of_each_client_is_tried() -> None:
    both = Client("web", (b"one-secret-0123456789-0123456789", b"two-secret-0123456789-0123456789"))

    assert signing.is_taken(both)
    assert not signing.is_taken(Client("web", (*both.secrets, b"")))
    assert not signing.is_taken(Client("w" * 100_000, both.secrets))  # longer than a token may be


def test_a_signature_that_is_not_taken_here_is_critical(
    shop: Marketplace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    taken = signing.is_taken
    monkeypatch.setattr(signing, "is_taken", lambda client: client.key != "nagios" and taken(client))

    assert plugin.run(Options()) == CRITICAL
    assert capsys.readouterr().out.startswith("SOLITUDE CRITICAL - the signature of nagios is not taken, ")

    assert plugin.run(Options(client="marketplace")) == OK
    assert "signing works" in capsys.readouterr().out


def test_a_client_that_is_not_there_is_unknown(shop: Marketplace) -> None:
    code, line, _ = check("--client", "nobody")

    assert code == UNKNOWN
    assert "there is no client nobody (nagios)" in line


# --- what hangs ----------------------------------------------------------------------------------------------------


def silent(connection: Connection) -> None:
    connection.hold()


@pytest.mark.parametrize(
    ("connect_s", "said"), [("2", "the database does not answer"), ("60", "the database has not answered for 4 s")]
)
def test_a_dead_host_is_critical_within_the_time_out(shop: Marketplace, connect_s: str, said: str) -> None:
    """The connection is taken, and then nobody says a word."""
    with Peer(silent) as peer:
        port = urlsplit(peer.url).port
        begun = time.monotonic()
        code, line, _ = check(
            "--timeout-s",
            "4",
            database=f"postgresql://solitude:{CANARY}@127.0.0.1:{port}/solitude",
            SOLITUDE_DATABASE_CONNECT_TIMEOUT_S=connect_s,
        )

    assert (code, said in line) == (CRITICAL, True), line
    assert time.monotonic() - begun < 20


# --- a running server ----------------------------------------------------------------------------------------------


def remote(fake: FakeSolitude, *arguments: str, **more: str) -> tuple[int, str, dict[str, str]]:
    return check("--url", fake.url, "--server-only", *arguments, **{"SOLITUDE_CLIENTS": ONE_CLIENT} | more)


ONE_CLIENT = json.dumps({server.KEY: server.SECRET})
WELL = {"proxies": True, "db": True, "cache": True, "settings": True}


def test_a_real_server_is_asked(tmp_path: Path) -> None:
    with processes.house(tmp_path) as house:
        more = {name: value for name, value in house.environment.items() if name.startswith("SOLITUDE_")}
        with_database = check(
            "--url",
            house.url,
            database=more.get("SOLITUDE_DATABASE_URL", f"sqlite:///{tmp_path}/solitude.sqlite3"),
            **more,
        )
        without = check(
            "--url",
            house.url,
            "--server-only",
            database=f"sqlite:///{tmp_path}/no/such.sqlite3",
            SOLITUDE_CLIENTS=more["SOLITUDE_CLIENTS"],
        )
        wrong_key = check(
            "--url",
            house.url,
            "--server-only",
            SOLITUDE_CLIENTS=f'{{"{processes.KEY}": "{CANARY}-0123456789-0123456789"}}',
        )
        unknown_key = check(
            "--url", house.url, "--server-only", SOLITUDE_CLIENTS=f'{{"nobody": "{CANARY}-0123456789-0123456789"}}'
        )

    code, line, data = with_database
    assert (code, "the server is well, signing works" in line, "0 failed products" in line) == (OK, True, True), line
    assert set(data) == {
        "uncertain",
        "oldest",
        "waiting",
        "waiting_oldest",
        "orphans",
        "failed_products",
        "status",
        "request",
    }
    code, line, data = without
    assert (code, set(data)) == (OK, {"status", "request"})
    assert line.startswith("SOLITUDE OK - the server is well, signing works | status=")
    said = "SOLITUDE CRITICAL - the signature of marketplace is not taken (The signature does not fit.), the server is well"
    assert (wrong_key[0], wrong_key[1].startswith(said)) == (CRITICAL, True)
    said = (
        "SOLITUDE CRITICAL - the signature of nobody is not taken (The claim iss names no client.), the server is well"
    )
    assert (unknown_key[0], unknown_key[1].startswith(said)) == (CRITICAL, True)


@pytest.mark.parametrize(
    ("http", "facts", "expected", "said"),
    [
        (200, {"proxies": False}, WARNING, "the server says false of proxies"),
        (500, {"db": False, "cache": False}, CRITICAL, "the server says false of db, cache"),
        (500, {"settings": False}, CRITICAL, "the server says false of settings"),
        (500, {"proxies": False, "cache": False}, CRITICAL, "the server says false of proxies, cache"),
    ],
)
def test_a_server_that_is_not_well(
    fake: FakeSolitude, http: int, facts: dict[str, bool], expected: int, said: str
) -> None:
    """Alive: not 200, or any value false."""
    fake.answers(Reply(http, WELL | facts), Reply(200, {"authenticated": server.KEY}))

    code, line, _ = remote(fake)

    assert (code, line.startswith(f"SOLITUDE {plugin._NAMES[expected]} - {said}")) == (expected, True), line


@pytest.mark.parametrize(("key", "said"), [("another", "another"), (None, "nobody")])
def test_a_signature_that_is_taken_for_anothers_is_critical(fake: FakeSolitude, key: str | None, said: str) -> None:
    fake.answers(Reply(200, WELL), Reply(200, {"authenticated": key}))

    code, line, _ = remote(fake)

    assert code == CRITICAL
    assert f"the signature of marketplace is taken for that of {said}" in line


def test_a_server_that_is_away_is_critical() -> None:
    code, line, _ = check("--url", f"http://127.0.0.1:{free_port()}", "--server-only", SOLITUDE_CLIENTS=ONE_CLIENT)

    assert code == CRITICAL
    assert "the server does not answer (GET /services/status/: NewConnectionError)" in line


def test_a_server_that_is_silent_is_critical_within_the_time_out(fake: FakeSolitude) -> None:
    fake.answers(server.HANGS)
    begun = time.monotonic()

    code, line, _ = remote(fake, "--timeout-s", "2")

    assert code == CRITICAL
    assert "the server" in line
    assert time.monotonic() - begun < 20


def test_a_server_that_is_none_of_ours_is_critical(fake: FakeSolitude) -> None:
    fake.answers(Reply(200, raw=b"<h1>Welcome</h1>", content_type="text/html"))

    code, line, _ = remote(fake)

    assert (code, "not from a Solitude server" in line) == (CRITICAL, True)


def test_the_client_that_signs_is_named_where_there_are_several(fake: FakeSolitude) -> None:
    several = json.dumps({"other": "x" * 40, server.KEY: server.SECRET})
    fake.answers(Reply(200, WELL), Reply(200, {"authenticated": server.KEY}))

    code, line, _ = remote(fake, SOLITUDE_CLIENTS=several)
    assert (code, "name a client with --client (other, marketplace)" in line) == (UNKNOWN, True)
    assert fake.received == []

    assert remote(fake, "--client", server.KEY, SOLITUDE_CLIENTS=several)[0] == OK


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["--url", "http://10.0.0.1:2602"], "Plain http is for loopback"),
        (["--url", f"http://user:{CANARY}@127.0.0.1"], "without user"),
        (["--url", "127.0.0.1:2602"], "The url is http"),
        (["--server-only"], "--server-only goes with --url"),
        (["--timeout-s", "0"], "--timeout-s is 1 to 3600 seconds"),
        (["--timeout-s", "soon"], "--timeout-s is 1 to 3600 seconds"),
    ],
)
def test_options_that_cannot_be_used_are_unknown(shop: Marketplace, arguments: list[str], said: str) -> None:
    code, line, _ = check(*arguments)

    assert (code, said in line) == (UNKNOWN, True), line
