"""`solitude check`, as the monitoring runs it: one line, the exit code that goes with it, and data that plots."""

import os
import re
import subprocess
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from tests.payments.passing import age
from tests.support import isolation
from tests.support.free_port import free_port
from tests.support.marketplace import Marketplace
from tests.support.processes import solitude
from tests.support.simulator import Simulator

from solitude.payments import recovery
from solitude.payments.models import Notification
from solitude.services import plugin

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


def check(database: str = "", **more: str) -> tuple[int, str, dict[str, str]]:
    """Exit code, line and data of the real command."""
    environment = {
        "PATH": "/usr/bin:/bin",
        "SOLITUDE_DEBUG": "true",
        "SOLITUDE_ENV_FILE": "",
        "SOLITUDE_HOME": str(settings.SOLITUDE_HOME),
        "SOLITUDE_DATABASE_URL": database or database_url(),
        **more,
    }
    ended = subprocess.run(solitude("check"), env=environment, capture_output=True, text=True, timeout=60, check=False)
    found = LINE.fullmatch(ended.stdout)
    assert found, (ended.stdout, ended.stderr)
    assert found[1] == ("OK", "WARNING", "CRITICAL", "UNKNOWN")[ended.returncode]
    assert "Traceback" not in ended.stdout + ended.stderr
    assert CANARY not in ended.stdout + ended.stderr
    data = dict(datum.split("=") for datum in (found[2] or "").split())
    return ended.returncode, ended.stdout, data


def lose_a_payment(shop: Marketplace, paypal: Simulator) -> None:
    app_id = shop.product()
    paypal.fault("create_order", "disconnect_after")
    assert shop.pay(app_id).status == 504


def test_all_is_well(shop: Marketplace) -> None:
    code, line, data = check()

    assert code == OK
    assert line.startswith("SOLITUDE OK - 0 calls of unknown outcome, 0 notifications waiting, 0 orphans | ")
    assert data == {
        "uncertain": "0;;;0",
        "oldest": "0s;600;3600;0",
        "waiting": "0;;;0",
        "waiting_oldest": "0s;600;3600;0",
        "orphans": "0;0;;0",
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

    code, line, _ = check(nowhere[kind])

    assert (code, line) == (CRITICAL, "SOLITUDE CRITICAL - the database does not answer\n")


def test_a_database_that_is_behind_is_unknown(tmp_path: Path, shop: Marketplace) -> None:
    """Servers of the version before may be at work on it, and well."""
    code, line, _ = check(f"sqlite:///{tmp_path}/empty.sqlite3")

    assert code == UNKNOWN
    assert re.search(r"the database is [0-9]+ migrations behind; run `solitude migrate`", line)


@pytest.mark.parametrize("content", ["", "no json", "{}", '{"keys": []}', f'["{CANARY}"]'])
def test_keys_that_do_not_work_are_critical(tmp_path: Path, shop: Marketplace, content: str) -> None:
    file = tmp_path / "keys.json"
    file.write_text(content)
    file.chmod(0o600)

    code, line, _ = check(SOLITUDE_KEYS_FILE=str(file))

    assert (code, line) == (CRITICAL, "SOLITUDE CRITICAL - the keys do not work\n")


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

    assert plugin.run() == UNKNOWN

    assert capsys.readouterr().out == "SOLITUDE UNKNOWN - the check failed: ZeroDivisionError\n"
