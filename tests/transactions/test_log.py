"""`solitude log`: a day as CSV. Statistics as often as one likes; revenue once, and never lost, whatever dies when."""

import csv
import io
import os
import signal
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import time_machine
from django.conf import settings
from django.db import connection, connections, transaction
from django.test.utils import CaptureQueriesContext
from tests.services.test_plugin import database_url
from tests.support.marketplace import Marketplace
from tests.support.processes import solitude
from tests.web.parallel import at_once

from solitude import cli, failpoints
from solitude.transactions import exports, locks, states
from solitude.transactions.models import ExportMarker, ExportType, RevenueDelivery, Status, Transaction

pytestmark = pytest.mark.long

DAY = date(2026, 2, 3)
NOON = datetime(2026, 2, 3, 12, tzinfo=UTC)
HEADER = "version,uuid,created,modified,amount,currency,status,reason,buyer,seller,source,carrier,region,provider"
DONE, NOT_DONE, UNUSABLE, NOT_MIGRATED = 0, 1, 2, 3
MOMENTS = (failpoints.REVENUE_TAKEN, failpoints.REVENUE_WRITTEN, failpoints.REVENUE_DELIVERED)
WITHIN_S = 60


class Died(BaseException):
    """The process is gone: nothing that cleans up may run for it."""


class Log:
    """Runs the command in this process, and reads what it wrote."""

    def __init__(self, capture: pytest.CaptureFixture[bytes]) -> None:
        self.capture = capture
        self.code, self.text, self.said = DONE, "", ""

    def __call__(self, kind: str, *more: Any, day: date | None = DAY) -> list[str]:
        """The uuids that went to standard output, in order."""
        named = ["--date", day.isoformat()] if day else []
        self.capture.readouterr()
        try:
            self.code = cli.main(["log", "--type", kind, *named, *map(str, more)])
        finally:
            wrote = self.capture.readouterr()
            self.text, self.said = wrote.out.decode(), wrote.err.decode()
        return uuids(self.text)


@pytest.fixture
def log(transactional_db: None, capsysbinary: pytest.CaptureFixture[bytes]) -> Log:
    return Log(capsysbinary)


def rows(text: str) -> list[dict[str, str]]:
    return list(csv.DictReader(io.StringIO(text, newline="")))


def uuids(text: str) -> list[str]:
    return [row["uuid"] for row in rows(text)]


def in_file(folder: Path, kind: str = "revenue", day: date = DAY) -> list[str]:
    return uuids((folder / f"{day.isoformat()}.{kind}.log").read_bytes().decode())


def kept(uuid: str, *, at: datetime = NOON, status: Status = Status.COMPLETED, **columns: Any) -> Transaction:
    """A transaction that changed last at this moment."""
    row = Transaction(uuid=uuid, modified=at, created=at, **columns)
    row.status = status
    row.save(force_insert=True)
    return row


def end_leases() -> None:
    RevenueDelivery.objects.filter(delivered_at=None).update(leased_until=NOON)


@contextmanager
def dying(moment: str) -> Iterator[None]:
    """The process dies at this moment of a delivery."""

    def die(name: str) -> None:
        if name == moment:
            raise Died

    with failpoints.hooked(die), pytest.raises(Died):
        yield


# --- what is in it -------------------------------------------------------------------------------------------------


def test_the_row_of_the_contract(shop: Marketplace, log: Log) -> None:
    seller, other = shop.seller(paypal_id=None, uuid="dev:12"), shop.seller(paypal_id=None)
    product = shop.post("/generic/product/", {"seller": seller["resource_uri"], "external_id": "a", "public_id": "9"})
    payment = shop.post(
        "/generic/transaction/",
        {
            "uuid": "pay:501", "provider": 2, "seller_product": product["resource_uri"], "seller": other["resource_uri"],
            "buyer": shop.buyer("shop:77")["resource_uri"], "amount": "4.75", "currency": "EUR", "status": 1,
        },
    )  # fmt: skip
    Transaction.objects.filter(pk=payment["resource_pk"]).update(
        created=datetime(2026, 2, 3, 4, 5, 6, tzinfo=UTC), modified=datetime(2026, 2, 3, 4, 9, tzinfo=UTC)
    )
    # Column 10 is the product's seller, not the one who is paid.
    expected = "v5,pay:501,2026-02-03T04:05:06,2026-02-03T04:09:00,4.75,EUR,1,,shop:77,dev:12,,,,2"

    for kind in ("stats", "revenue"):
        log(kind)
        assert (log.code, log.text, log.said) == (DONE, f"{HEADER}\r\n{expected}\r\n", "")


def test_every_column_is_filled(log: Log) -> None:
    kept(
        "u", at=datetime(2026, 2, 3, 4, 5, 6, 789, tzinfo=UTC), amount=Decimal("1.505"), currency="KWD", status=Status.CHECKED,
        status_reason="why", source="s", carrier="c", region="r", provider=4,
    )  # fmt: skip
    log("stats")
    assert log.text.splitlines()[1] == (
        "v5,u,2026-02-03T04:05:06.000789,2026-02-03T04:05:06.000789,1.505,KWD,2,why,,,s,c,r,4"
    )


@pytest.mark.parametrize(
    ("amount", "currency", "shown"), [("150", "JPY", "150"), ("3", "EUR", "3.00"), ("3", "", "3.00"), (None, "", "")]
)
def test_an_amount_has_its_currencys_digits(log: Log, amount: str | None, currency: str, shown: str) -> None:
    kept("u", amount=amount and Decimal(amount), currency=currency)
    log("stats")
    (row,) = rows(log.text)
    assert (row["amount"], row["currency"]) == (shown, currency)


def test_only_what_needs_it_is_quoted(log: Log) -> None:
    kept("u", status_reason='a "b", c', source="line 1\nline 2", carrier="plain text", region="\u00fc;'")
    log("stats")
    assert '"a ""b"", c",,,"line 1\nline 2",plain text,\u00fc;\',' in log.text
    assert log.text.count('"') == 8
    (row,) = rows(log.text)
    assert (row["reason"], row["source"], row["region"]) == ('a "b", c', "line 1\nline 2", "\u00fc;'")


def test_a_missing_value_is_an_empty_cell(log: Log) -> None:
    kept("u")
    log("stats")
    assert log.text.splitlines()[1] == "v5,u,2026-02-03T12:00:00,2026-02-03T12:00:00,,,1,,,,,,,"


@pytest.mark.parametrize("kind", ["stats", "revenue"])
def test_no_rows_are_an_empty_log_without_a_header(log: Log, tmp_path: Path, kind: str) -> None:
    kept("of another day", at=NOON + timedelta(days=1))
    log(kind, "--dir", tmp_path)
    assert (log.code, log.text, log.said) == (DONE, "", "")
    assert (tmp_path / f"2026-02-03.{kind}.log").read_bytes() == b""
    log(kind)
    assert (log.code, log.text) == (DONE, "")


def test_the_newest_is_first(log: Log) -> None:
    for number in range(5):
        kept(f"u{number}")
    assert log("stats") == log("revenue") == ["u4", "u3", "u2", "u1", "u0"]


def test_a_day_is_from_midnight_to_before_midnight_in_utc(log: Log) -> None:
    """The old server had what changed at the very midnight in two days."""
    midnight = datetime(2026, 2, 3, tzinfo=UTC)
    tick = timedelta(microseconds=1)
    for name, at in {
        "before": midnight - tick,
        "first": midnight,
        "last": midnight + timedelta(days=1) - tick,
        "after": midnight + timedelta(days=1),
    }.items():
        kept(name, at=at)

    for kind in ("stats", "revenue"):
        assert log(kind) == ["last", "first"]
        assert log(kind, day=DAY - timedelta(days=1)) == ["before"]
        assert log(kind, day=DAY + timedelta(days=1)) == ["after"]


def test_statistics_have_every_status_and_revenue_what_is_paid(log: Log) -> None:
    for status in Status:
        kept(status.label.lower(), status=status)
    assert Counter(log("stats")) == Counter(status.label.lower() for status in Status)
    assert Counter(log("revenue")) == Counter(["completed", "checked"])


def test_refunds_are_told_from_payments_by_a_column_that_is_asked_for(log: Log) -> None:
    payment = kept("payment", amount=Decimal(3), currency="EUR")
    kept("refund", amount=Decimal(3), currency="EUR", type=1, related=payment)
    kept("reversal", amount=Decimal(3), currency="EUR", type=2, related=payment)

    log("revenue", "--with-type")

    assert log.text.splitlines()[0] == f"{HEADER},type"
    assert {row["uuid"]: row["type"] for row in rows(log.text)} == {"payment": "0", "refund": "1", "reversal": "2"}
    assert log.said == ""


def test_revenue_without_that_column_says_that_something_is_missing(log: Log) -> None:
    payment = kept("payment")
    kept("refund", type=1, related=payment)
    assert log("revenue") == ["refund", "payment"]
    assert "1 of the 2 rows are refunds or reversals, with positive amounts; --with-type" in log.said
    assert log.text.splitlines()[0] == HEADER


def test_a_payment_and_its_refund_through_paypal(shop: Marketplace, paid: dict[str, str], log: Log) -> None:
    refund = shop.refund(uuid=paid["uuid"], amount="1.00")

    log("revenue", "--today", "--with-type", day=None)

    assert [(row["uuid"], row["amount"], row["type"]) for row in rows(log.text)] == [
        (refund["uuid"], "1.00", "1"),
        (paid["uuid"], "2.49", "0"),
    ]


# --- how it is asked for -------------------------------------------------------------------------------------------


@pytest.mark.parametrize("arguments", [[], ["--type"], ["--type", "income"], ["--type", "Stats"]])
def test_without_a_type_it_is_no_command(arguments: list[str], capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["log", *arguments])
    assert ended.value.code == UNUSABLE
    assert "--type" in capsys.readouterr().err


@pytest.mark.parametrize(
    "day", ["", "today", "03-02-2026", "2026-2-3", "20260203", "2026-02-30", "2026-W06-2", "9999-12-31"]
)
def test_a_date_is_a_date(day: str, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["log", "--type", "stats", "--date", day])
    assert ended.value.code == UNUSABLE
    assert "--date" in capsys.readouterr().err


def test_the_day_is_yesterday_or_today_or_the_date(log: Log) -> None:
    kept("yesterday", at=NOON - timedelta(days=1))
    kept("today")
    kept("on a date", at=NOON - timedelta(days=30))
    # Whatever the clock on the wall says: days are UTC's.
    with time_machine.travel(datetime(2026, 2, 3, 0, 30, tzinfo=UTC), tick=False):
        assert log("stats", day=None) == ["yesterday"]
        assert log("stats", "--today", day=None) == ["today"]
        assert log("stats", day=DAY - timedelta(days=30)) == ["on a date"]
        assert log("stats", "--today", day=DAY - timedelta(days=30)) == ["on a date"]


def test_a_folder_is_made_and_gets_one_file(log: Log, tmp_path: Path) -> None:
    folder = tmp_path / "new" / "folder"
    kept("u")
    for kind in ("stats", "revenue"):
        log(kind, "--dir", folder)
        assert (log.code, log.text, log.said) == (DONE, "", "")
        assert in_file(folder, kind) == ["u"]
    assert sorted(path.name for path in folder.iterdir()) == ["2026-02-03.revenue.log", "2026-02-03.stats.log"]
    assert (folder / "2026-02-03.stats.log").stat().st_mode & 0o137 == 0


def test_a_database_that_is_behind_ends_it_with_3(tmp_path: Path) -> None:
    ended = command("log", "--type", "revenue", database=f"sqlite:///{tmp_path}/empty.sqlite3")
    assert (ended.returncode, ended.stdout) == (NOT_MIGRATED, b"")
    assert b"run `solitude migrate` first" in ended.stderr


# --- statistics ----------------------------------------------------------------------------------------------------


def test_statistics_can_be_repeated_and_mark_each_transaction_once(log: Log, tmp_path: Path) -> None:
    row = kept("u")
    for _ in range(2):
        assert log("stats") == ["u"]
        log("stats", "--dir", tmp_path)
        assert in_file(tmp_path, "stats") == ["u"]
    assert list(ExportMarker.objects.values_list("transaction", "type")) == [(row.pk, ExportType.STATS)]
    kept("v")
    log("stats", "--dir", tmp_path)
    assert in_file(tmp_path, "stats") == ["v", "u"]
    assert ExportMarker.objects.count() == 2


def test_statistics_do_not_hinder_revenue(log: Log) -> None:
    kept("u")
    assert log("stats") == log("revenue") == log("stats") == ["u"]
    assert sorted(ExportMarker.objects.values_list("type", flat=True)) == [ExportType.STATS, ExportType.REVENUE]


# --- revenue, once -------------------------------------------------------------------------------------------------


def test_what_was_delivered_is_not_delivered_again_on_any_day(log: Log, tmp_path: Path) -> None:
    row = kept("u")
    assert log("revenue") == ["u"]
    assert (log("revenue"), log.code) == ([], DONE)
    Transaction.objects.filter(pk=row.pk).update(modified=NOON + timedelta(days=1))
    assert log("revenue", day=DAY + timedelta(days=1)) == []
    log("revenue", "--dir", tmp_path)
    assert in_file(tmp_path) == []


def test_what_is_paid_later_is_delivered_later(log: Log) -> None:
    kept("first")
    late = kept("late", status=Status.PENDING)
    assert log("revenue") == ["first"]
    Transaction.objects.filter(pk=late.pk).update(status=Status.COMPLETED)
    assert log("revenue") == ["late"]


def test_what_was_paid_before_the_marketplace_moved_in_was_revenue_there(log: Log) -> None:
    """It was reported by the server that it comes from. What is paid only here is revenue here."""
    with transaction.atomic():
        states.past([past("paid", Status.COMPLETED), past("checked", Status.CHECKED), past("open", Status.PENDING)])
    assert log("stats") == ["open", "checked", "paid"]
    assert log("revenue") == []
    Transaction.objects.filter(uuid="open").update(status=Status.COMPLETED)
    assert log("revenue") == ["open"]


def past(uuid: str, status: Status) -> Transaction:
    row = Transaction(uuid=uuid, modified=NOON, created=NOON)
    row.status = status
    return row


def test_a_file_that_was_delivered_is_never_replaced(log: Log, tmp_path: Path) -> None:
    """Whoever has not collected it yet would lose what is in it."""
    kept("first")
    log("revenue", "--dir", tmp_path)

    log("revenue", "--dir", tmp_path)
    assert (log.code, in_file(tmp_path)) == (DONE, ["first"])
    assert "there is nothing new" in log.said

    kept("second")
    log("revenue", "--dir", tmp_path)
    assert (log.code, in_file(tmp_path)) == (NOT_DONE, ["first"])
    assert "2026-02-03.revenue.log has been delivered before; move it away" in log.said

    (tmp_path / "2026-02-03.revenue.log").rename(tmp_path / "collected")
    log("revenue", "--dir", tmp_path)
    assert (log.code, in_file(tmp_path)) == (DONE, ["second"])
    assert [path.name for path in tmp_path.glob(".*")] == []


# --- revenue, whatever dies when -----------------------------------------------------------------------------------


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_that_dies_loses_nothing(log: Log, tmp_path: Path, moment: str) -> None:
    kept("u")
    with dying(moment):
        log("revenue", "--dir", tmp_path)
    file = tmp_path / "2026-02-03.revenue.log"
    # Between the name and the mark is the only moment that can show a transaction twice, and then in a file of the same name.
    assert file.exists() == (moment == failpoints.REVENUE_DELIVERED)
    kept("came meanwhile")
    end_leases()

    log("revenue", "--dir", tmp_path)

    assert (log.code, in_file(tmp_path)) == (DONE, ["came meanwhile", "u"])
    file.unlink()
    log("revenue", "--dir", tmp_path)
    assert in_file(tmp_path) == []
    assert RevenueDelivery.objects.filter(delivered_at=None).count() == 0


@pytest.mark.parametrize("moment", MOMENTS)
def test_what_a_dead_run_had_taken_stays_with_its_day(log: Log, tmp_path: Path, moment: str) -> None:
    """It changes on the next day, before anybody repeats the run: that day's revenue must not have it too."""
    row = kept("u")
    with dying(moment):
        log("revenue", "--dir", tmp_path)
    end_leases()
    Transaction.objects.filter(pk=row.pk).update(modified=NOON + timedelta(days=1))

    assert log("revenue", day=DAY + timedelta(days=1)) == []
    log("revenue", "--dir", tmp_path)
    assert in_file(tmp_path) == ["u"]


@pytest.mark.parametrize("moment", MOMENTS)
def test_standard_output_of_a_run_that_dies_is_not_marked(log: Log, moment: str) -> None:
    kept("u")
    with dying(moment):
        log("revenue")
    end_leases()
    assert log("revenue") == ["u"]
    assert log("revenue") == []


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_dead_run_is_taken_over_into_another_folder_too(log: Log, tmp_path: Path, moment: str) -> None:
    kept("u")
    with dying(moment):
        log("revenue", "--dir", tmp_path / "old")
    end_leases()
    log("revenue", "--dir", tmp_path / "new")
    assert (log.code, in_file(tmp_path / "new")) == (DONE, ["u"])


def test_days_that_were_never_delivered_as_a_whole_are_told(log: Log, tmp_path: Path) -> None:
    def run(days: int) -> str:
        with time_machine.travel(NOON + timedelta(days=days + 1)):
            log("revenue", "--dir", tmp_path, day=DAY + timedelta(days=days))
        # The database's clock is not moved.
        RevenueDelivery.objects.filter(day=DAY + timedelta(days=days)).update(begun_at=NOON + timedelta(days=days + 1))
        return log.said

    assert run(0) == ""
    assert run(1) == ""
    with dying(failpoints.REVENUE_TAKEN):
        log("revenue", day=DAY + timedelta(days=2))
    log("revenue", day=DAY + timedelta(days=3))
    RevenueDelivery.objects.filter(day=DAY + timedelta(days=3)).update(begun_at=NOON + timedelta(days=3))
    assert run(5).endswith("with --date: 2026-02-05, 2026-02-06, 2026-02-07\n")
    end_leases()
    for days in (2, 3, 4):
        run(days)
    assert run(6) == ""


def test_a_day_of_which_something_came_after_its_delivery_is_told(log: Log) -> None:
    """A process stood still before its commit, or its clock was behind: the row is of a day that nobody asks for again."""

    def run(days: int) -> list[str]:
        found = log("revenue", day=DAY + timedelta(days=days))
        RevenueDelivery.objects.filter(day=DAY + timedelta(days=days)).update(begun_at=NOON + timedelta(days=days + 1))
        return found

    kept("in time")
    assert run(0) == ["in time"]
    kept("late")
    kept("not paid", status=Status.PENDING)
    assert (run(1), log.said.endswith("with --date: 2026-02-03\n")) == ([], True)
    with dying(failpoints.REVENUE_WRITTEN):
        run(0)
    assert (run(2), log.said.endswith("with --date: 2026-02-03\n")) == ([], True)
    end_leases()
    assert run(0) == ["late"]
    assert (run(3), log.said) == ([], "")


@pytest.mark.parametrize("moment", MOMENTS)
@pytest.mark.long
def test_a_killed_command_loses_nothing(shop: Marketplace, tmp_path: Path, moment: str) -> None:
    """The same with `kill -9`."""
    kept("u")
    killed = command("log", "--type", "revenue", "--date", "2026-02-03", "--dir", str(tmp_path), dies_at=moment)
    assert killed.returncode == -signal.SIGKILL
    unfinished = list(tmp_path.glob(".2026-02-03.revenue.log.*.unfinished"))
    assert len(unfinished) == (moment == failpoints.REVENUE_WRITTEN)
    end_leases()

    again = command("log", "--type", "revenue", "--date", "2026-02-03", "--dir", str(tmp_path))

    assert (again.returncode, again.stdout, again.stderr) == (DONE, b"", b"")
    assert in_file(tmp_path) == ["u"]
    assert command("log", "--type", "revenue", "--date", "2026-02-03").stdout == b""


# --- revenue, when it cannot go out --------------------------------------------------------------------------------


def test_a_folder_that_cannot_be_written_to_leaves_everything_as_it_was(log: Log, tmp_path: Path) -> None:
    (tmp_path / "a file").touch()
    kept("u")
    for kind in ("revenue", "stats"):
        log(kind, "--dir", tmp_path / "a file")
        assert (log.code, log.text) == (NOT_DONE, "")
        assert log.said.startswith("solitude: the log did not go out: ")
    assert (ExportMarker.objects.count(), RevenueDelivery.objects.count()) == (0, 0)
    # Nobody waits for a lease.
    assert (log("revenue"), log.said) == (["u"], "")


def test_a_disk_that_is_full_leaves_everything_as_it_was(
    log: Log, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    kept("u")
    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        log("revenue", "--dir", tmp_path)
        assert (log.code, list(tmp_path.iterdir())) == (NOT_DONE, [])
        assert "No space left" in log.said
    log("revenue", "--dir", tmp_path)
    assert (log.code, in_file(tmp_path)) == (DONE, ["u"])


@pytest.mark.long
def test_a_reader_that_goes_away_leaves_everything_as_it_was(shop: Marketplace, log: Log) -> None:
    for number in range(3000):
        kept(f"u{number}", status_reason="long " * 40)
    with subprocess.Popen(
        solitude("log", "--type", "revenue", "--date", "2026-02-03"),
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        process.stdout.read(1000)
        process.stdout.close()
        said = process.stderr.read().decode()
        assert process.wait(WITHIN_S) == NOT_DONE
    assert said == "solitude: the log did not go out: [Errno 32] Broken pipe\n"
    assert len(log("revenue")) == 3000


def test_what_its_client_moves_on_meanwhile_is_no_revenue_yet(log: Log) -> None:
    row = kept("moved")
    kept("stays")

    def move(name: str) -> None:
        if name == failpoints.REVENUE_TAKEN:
            Transaction.objects.filter(pk=row.pk).update(status=Status.PENDING)

    with failpoints.hooked(move):
        assert log("revenue") == ["stays"]
    Transaction.objects.filter(pk=row.pk).update(status=Status.COMPLETED)
    assert log("revenue") == ["moved"]


# --- revenue, several at once --------------------------------------------------------------------------------------


@pytest.mark.long
def test_of_runs_at_the_same_time_each_transaction_is_in_one(shop: Marketplace, tmp_path: Path) -> None:
    expected = [f"u{number}" for number in range(1500)]
    Transaction.objects.bulk_create(Transaction(uuid=uuid, modified=NOON, status=Status.COMPLETED) for uuid in expected)
    ended = at_once(3, lambda _: command("log", "--type", "revenue", "--date", "2026-02-03"))

    assert [run.returncode for run in ended] == [DONE] * 3, ended
    assert Counter(uuid for run in ended for uuid in uuids(run.stdout.decode())) == Counter(expected)


def test_who_comes_second_waits_and_finds_nothing_new(log: Log, tmp_path: Path) -> None:
    kept("u")
    second = threading.Event()
    said: list[str] = []

    def wait_in_vain() -> None:
        try:
            asked = exports.Log(ExportType.REVENUE, DAY, tmp_path, with_type=False)
            exports.write(asked, lambda text: (said.append(text), second.set()))
        finally:
            connections.close_all()

    thread = threading.Thread(target=wait_in_vain)

    def meet(name: str) -> None:
        if name == failpoints.REVENUE_WRITTEN:
            thread.start()
            assert second.wait(WITHIN_S)

    with failpoints.hooked(meet):
        log("revenue", "--dir", tmp_path)
    thread.join(WITHIN_S)

    assert (log.code, in_file(tmp_path)) == (DONE, ["u"])
    assert [text.partition(":")[0] for text in said] == [
        "another run is at the revenue of 2026-02-03",
        "there is nothing new",
    ]


def test_who_waits_too_long_gives_up(log: Log, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(exports, "WAIT_MAX_S", 0)
    kept("u")
    with dying(failpoints.REVENUE_TAKEN):
        log("revenue")
    assert (log("revenue"), log.code) == ([], NOT_DONE)
    assert "another run is still at the revenue" in log.said


@pytest.mark.parametrize("moment", MOMENTS)
def test_a_run_that_is_taken_for_dead_does_not_mark_what_another_one_has(log: Log, tmp_path: Path, moment: str) -> None:
    """It stood still for longer than its lease, and goes on when the other has ended."""
    kept("u")
    taken_over = False

    def stand_still(name: str) -> None:
        nonlocal taken_over
        if name == moment and not taken_over:
            taken_over = True
            end_leases()
            run_apart(lambda: exports.write(exports.Log(ExportType.REVENUE, DAY, tmp_path, with_type=False), print))

    with failpoints.hooked(stand_still):
        log("revenue", "--dir", tmp_path)

    assert (log.code, in_file(tmp_path)) == (NOT_DONE, ["u"])
    assert "another one has taken its delivery over" in log.said
    assert log("revenue") == []


def run_apart(work: Callable[[], None]) -> None:
    """In a thread with a database connection of its own, until it has ended."""

    def run() -> None:
        try:
            work()
        finally:
            connections.close_all()

    thread = threading.Thread(target=run)
    thread.start()
    thread.join(WITHIN_S)
    assert not thread.is_alive()


@pytest.mark.parametrize("kind", ["stats", "revenue"])
def test_payments_go_on_while_a_log_is_written(
    shop: Marketplace, log: Log, app_id: str, kind: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It holds no lock: its transactions change, and new ones come."""
    row = kept("u")
    kept("v")
    statuses: list[int] = []
    add = exports.Table.add

    def change() -> None:
        with transaction.atomic():
            locks.lock(row.pk).change(notes="changed")
        statuses.append(Marketplace().pay(app_id).status)

    def add_and_change(table: exports.Table, found: list[Any]) -> None:
        add(table, found)
        run_apart(change)

    monkeypatch.setattr(exports.Table, "add", add_and_change)
    monkeypatch.setattr(exports, "BATCH_ROWS", 1)

    with failpoints.hooked(lambda name: run_apart(change) if name in MOMENTS else None):
        wrote = log(kind)

    # On the day after, "u" is in another day's statistics; revenue had it already.
    assert wrote == (["v"] if kind == "stats" else ["v", "u"])
    assert statuses == [201] * (2 if kind == "stats" else 2 + len(MOMENTS))


@pytest.mark.parametrize("kind", ["stats", "revenue"])
def test_a_payment_that_is_being_recorded_does_not_hold_a_log_up(log: Log, kind: str) -> None:
    row = kept("u")
    # SQLite knows no locks of rows: there, who writes waits for who writes.
    with transaction.atomic() if connection.vendor == "postgresql" else nullcontext():
        if connection.vendor == "postgresql":
            locks.lock(row.pk)
        ended = command("log", "--type", kind, "--date", "2026-02-03")
    assert (ended.returncode, uuids(ended.stdout.decode())) == (DONE, ["u"])


# --- how much it costs ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["stats", "revenue"])
def test_a_batch_takes_the_same_number_of_statements_whatever_its_size(
    shop: Marketplace, log: Log, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    def statements(batch_rows: int, count: int) -> int:
        # So far apart that none looks back at another one.
        day = DAY + timedelta(days=batch_rows * (exports.LOOK_BACK_DAYS + 1))
        seller = shop.seller(paypal_id=None)
        for number in range(count):
            external = f"{batch_rows}-{number}"
            product = {"seller": seller["resource_uri"], "external_id": external, "public_id": external}
            row = kept(external, at=datetime(day.year, day.month, day.day, 12, tzinfo=UTC))
            Transaction.objects.filter(pk=row.pk).update(
                buyer=shop.buyer()["resource_pk"], seller_product=shop.post("/generic/product/", product)["resource_pk"]
            )
        monkeypatch.setattr(exports, "BATCH_ROWS", batch_rows)
        with CaptureQueriesContext(connection) as captured:
            log(kind, day=day)
        assert len(rows(log.text)) == count
        return len(captured)

    assert statements(1, 2) == statements(20, 40) == statements(50, 100)


def test_the_day_is_found_by_an_index(log: Log) -> None:
    days = (DAY + timedelta(days=number) for number in range(-1000, 1000))
    moments = [datetime(day.year, day.month, day.day, tzinfo=UTC) for day in days]
    Transaction.objects.bulk_create([Transaction(uuid=f"{at}", created=at, modified=at) for at in moments])
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE transactions_transaction")
    for rows in (exports._changed_on(DAY), exports._changed_on(DAY).filter(exports.IS_PAID)):
        assert "transactions_modified" in rows.values_list("pk", flat=True).explain()


# --- the command as a process --------------------------------------------------------------------------------------


def environment(database: str = "") -> dict[str, str]:
    return {
        "PATH": "/usr/bin:/bin",
        # A locale that knows no letters: the log is UTF-8 all the same.
        "LC_ALL": "C",
        "SOLITUDE_DEBUG": "true",
        "SOLITUDE_ENV_FILE": "",
        "SOLITUDE_HOME": str(settings.SOLITUDE_HOME),
        "SOLITUDE_DATABASE_URL": database or database_url(),
    }


DYING = """
import os, signal, sys
from solitude import cli, failpoints

def die(name):
    if name == sys.argv[1]:
        os.kill(os.getpid(), signal.SIGKILL)

with failpoints.hooked(die):
    sys.exit(cli.main(sys.argv[2:]))
"""


def command(*arguments: str, database: str = "", dies_at: str = "") -> subprocess.CompletedProcess[bytes]:
    line = [sys.executable, "-c", DYING, dies_at, *arguments] if dies_at else solitude(*arguments)
    return subprocess.run(line, env=environment(database), capture_output=True, timeout=WITHIN_S, check=False)


@pytest.mark.long
def test_the_command_writes_utf8_with_the_ends_of_lines_of_csv(shop: Marketplace, tmp_path: Path) -> None:
    kept("u", region="\u00fc\u6f22")
    ended = command("log", "--type", "stats", "--date", "2026-02-03")
    assert (ended.returncode, ended.stderr) == (DONE, b"")
    assert ended.stdout == (
        f"{HEADER}\r\nv5,u,2026-02-03T12:00:00,2026-02-03T12:00:00,,,1,,,,,,\u00fc\u6f22,\r\n".encode()
    )
    with (tmp_path / "redirected").open("wb") as file:
        line = solitude("log", "--type", "revenue", "--date", "2026-02-03")
        subprocess.run(line, env=environment(), stdout=file, timeout=WITHIN_S, check=True)
    assert (tmp_path / "redirected").read_bytes() == ended.stdout
