"""A file comes in batch by batch or in one go, and whatever stops it, no row is lost and none comes in twice."""

import json
import logging
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.db import DatabaseError, connection, transaction
from tests.moving.mover import bring, brought, json_lines
from tests.support.marketplace import Marketplace
from tests.web.parallel import at_once

from solitude.buyers import closing
from solitude.buyers.models import Buyer
from solitude.moving import checking, writing
from solitude.moving.models import Import
from solitude.moving.source import Source
from solitude.sellers.models import Seller
from solitude.transactions.models import Transaction

ROWS = 25


@pytest.fixture
def file(shop: Marketplace, tmp_path: Path) -> Path:
    return json_lines(
        tmp_path / "buyers.jsonl", [{"uuid": f"shop:{n}", "email": f"{n}@example.net"} for n in range(ROWS)]
    )


def uuids() -> list[str]:
    return sorted(Buyer.objects.values_list("uuid", flat=True))


def all_of_them() -> list[str]:
    return sorted(f"shop:{number}" for number in range(ROWS))


def after_the_check(monkeypatch: pytest.MonkeyPatch, does: Callable[[], Any]) -> None:
    """Something happens between the first pass and the second."""
    check = checking.check

    def checked(*arguments: Any, **options: Any) -> int:
        rows = check(*arguments, **options)
        does()
        return rows

    monkeypatch.setattr(checking, "check", checked)


def before_batch(monkeypatch: pytest.MonkeyPatch, number: int, does: Callable[[], Any]) -> None:
    """Something happens when the batch of this number, from 1, is about to be written."""
    made, count = writing._made, iter(range(1, 10_000))

    def make(*arguments: Any) -> Any:
        if next(count) == number:
            does()
        return made(*arguments)

    monkeypatch.setattr(writing, "_made", make)


def fail() -> None:
    raise DatabaseError("the server is gone")


@pytest.mark.parametrize(
    "options", [("--batch", "10"), ("--batch", "1"), ("--batch", "100"), ("--all-or-nothing",), ()]
)
def test_all_rows_come_in_once(file: Path, options: tuple[str, ...]) -> None:
    assert brought("buyers", file, *options).said == ["25 rows are in"]

    assert uuids() == all_of_them()
    done = Import.objects.get()
    assert (done.kind, done.rows, done.rows_done, done.rows_skipped) == ("buyers", ROWS, ROWS, 0)


def test_checking_writes_nothing(file: Path) -> None:
    assert brought("buyers", file, "--check").said == ["25 rows are good"]

    assert uuids() == []
    assert Import.objects.count() == 0


def test_the_same_file_a_second_time_changes_nothing(file: Path, tmp_path: Path) -> None:
    brought("buyers", file)
    again = tmp_path / "under another name.jsonl"
    again.write_bytes(file.read_bytes())

    assert "imported before: 25 rows" in brought("buyers", again).remarks
    assert uuids() == all_of_them()


def test_the_same_file_may_be_of_another_kind(file: Path, tmp_path: Path) -> None:
    same = json_lines(tmp_path / "same.jsonl", [{"uuid": "one"}])

    brought("buyers", same)
    brought("sellers", same)

    assert Seller.objects.count() == 1


def test_a_file_without_rows_is_none_to_remember(shop: Marketplace, tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text("uuid,email\n")

    assert brought("buyers", empty).said == ["0 rows are good"]
    assert Import.objects.count() == 0


@pytest.mark.parametrize("second", [("--batch", "10"), ("--batch", "7"), ("--all-or-nothing",)])
def test_what_was_stopped_between_batches_goes_on(
    file: Path, monkeypatch: pytest.MonkeyPatch, second: tuple[str, ...]
) -> None:
    with monkeypatch.context() as patch:
        before_batch(patch, 2, fail)
        stopped = bring("buyers", file, "--batch", "10")
    assert stopped.status == 4
    assert "10 rows were written now, 10 of the file are in" in stopped.remarks
    assert len(uuids()) == 10

    assert brought("buyers", file, *second).said == ["25 rows are in"]

    assert uuids() == all_of_them()


def test_all_or_nothing_is_nothing_when_it_is_stopped(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patch:
        after_the_check(patch, lambda: Buyer.objects.create(uuid="shop:20"))
        refused = bring("buyers", file, "--all-or-nothing")

    assert refused.status == 1
    assert refused.said == ["line 21: uuid: is there already"]
    assert uuids() == ["shop:20"]
    assert Import.objects.get().rows_done == 0


def test_a_row_that_comes_in_after_the_check_stops_its_batch_and_is_told(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch:
        after_the_check(patch, lambda: Buyer.objects.create(uuid="shop:15"))
        stopped = bring("buyers", file, "--batch", "10")

    assert stopped.status == 4
    assert stopped.said == ["line 16: uuid: is there already"]
    assert len(uuids()) == 11
    Buyer.objects.filter(uuid="shop:15").delete()
    brought("buyers", file)
    assert uuids() == all_of_them()


def test_a_file_that_is_changed_meanwhile_stops_the_import(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def change() -> None:
        with file.open("a") as more:
            more.write('{"uuid": "late"}\n')

    after_the_check(monkeypatch, change)
    stopped = bring("buyers", file)

    assert stopped.status == 1
    assert "the file was changed while it was read" in stopped.remarks
    assert uuids() == []


def test_rows_that_are_there_already_and_say_the_same_are_skipped(file: Path, shop: Marketplace) -> None:
    for number in (3, 24):
        shop.post("/generic/buyer/", {"uuid": f"shop:{number}", "email": f"{number}@example.net", "locale": "nl"})

    assert bring("buyers", file).said == ["line 4: uuid: is there already", "line 25: uuid: is there already"]
    said = brought("buyers", file, "--skip-existing", "--batch", "10").said

    assert said == ["25 rows are in, 2 of them were before"]
    assert uuids() == all_of_them()
    assert Buyer.objects.get(uuid="shop:3").locale == "nl"


def test_rows_that_are_there_already_and_say_something_else_are_told(file: Path, shop: Marketplace) -> None:
    shop.post("/generic/buyer/", {"uuid": "shop:3", "email": "another@example.net"})

    refused = bring("buyers", file, "--skip-existing")

    assert refused.status == 1
    assert refused.said == ["line 4: uuid: is there already, with another email"]


def test_a_mended_file_goes_on_where_the_first_one_stopped(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is another file, so that its rows have to be compared."""
    with monkeypatch.context() as patch:
        before_batch(patch, 2, fail)
        bring("buyers", file, "--batch", "10")
    with file.open("a") as more:
        more.write('{"uuid": "one more"}\n')

    assert bring("buyers", file).status == 1
    assert brought("buyers", file, "--skip-existing").said == ["26 rows are in, 10 of them were before"]

    assert uuids() == sorted([*all_of_them(), "one more"])


def test_skipped_rows_can_be_referred_to(shop: Marketplace, tmp_path: Path) -> None:
    payment = {"uuid": "pay:1", "status": 1, "amount": "3", "currency": "EUR", "provider": 0, "uid_pay": "U"}
    brought("transactions", json_lines(tmp_path / "first.jsonl", [payment]))
    refund = {"uuid": "back:1", "type": 1, "status": 1, "related": "pay:1"}

    brought("transactions", json_lines(tmp_path / "second.jsonl", [payment, refund]), "--skip-existing")

    assert Transaction.objects.get(uuid="back:1").related == Transaction.objects.get(uuid="pay:1")


def test_a_row_whose_parts_belong_to_two_others_is_told(shop: Marketplace, tmp_path: Path) -> None:
    base = {"status": 1, "provider": 0}
    there = [{"uuid": "pay:1", "uid_pay": "U-1", **base}, {"uuid": "pay:2", "uid_pay": "U-2", **base}]
    brought("transactions", json_lines(tmp_path / "first.jsonl", there))
    mixed = json_lines(tmp_path / "second.jsonl", [{"uuid": "pay:1", "uid_pay": "U-2", **base}])

    assert bring("transactions", mixed, "--skip-existing").said == [
        "line 1: uuid: is there already, with another uid_pay",
        "line 1: provider and uid_pay: is there already, in another row",
    ]


def test_several_may_import_the_same_file_at_the_same_time(file: Path) -> None:
    """Whoever finds that another was faster goes on after it; each batch is written by one of them."""

    def run(_: int) -> int:
        from solitude.moving.kinds import KINDS
        from solitude.moving.report import Report

        with Source(file, KINDS["buyers"], "jsonl") as source:
            rows = checking.check(source, Report(), lambda: writing.done(source), skip_existing=False)
            return writing.write(source, rows, batch_rows=2, whole=False, skip_existing=False).rows_done

    assert at_once(3, run) == [ROWS] * 3

    assert uuids() == all_of_them()


def test_who_checks_while_another_imports_does_not_take_its_rows_for_strangers(
    file: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    taken = checking._taken

    def meanwhile(*arguments: Any) -> Any:
        monkeypatch.setattr(checking, "_taken", taken)
        at_once(1, lambda _: brought_by_another(file))
        yield from taken(*arguments)

    monkeypatch.setattr(checking, "_taken", meanwhile)

    assert brought("buyers", file).said == ["25 rows are in"]
    assert uuids() == all_of_them()


def brought_by_another(file: Path) -> None:
    from solitude.moving.kinds import KINDS

    with Source(file, KINDS["buyers"], "jsonl") as source:
        writing.write(source, ROWS, batch_rows=10, whole=False, skip_existing=False)


def test_each_batch_leaves_a_line_in_the_log_without_what_is_in_it(
    file: Path, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, "solitude.moving"):
        brought("buyers", file, "--batch", "10")

    lines: list[Any] = [record.msg for record in caplog.records if record.name == "solitude.moving"]
    assert [(line["event"], line["kind"], line["rows"], line["done"], line["of"]) for line in lines] == [
        ("rows_imported", "buyers", 10, 10, ROWS),
        ("rows_imported", "buyers", 10, 20, ROWS),
        ("rows_imported", "buyers", 5, 25, ROWS),
    ]
    assert "example.net" not in json.dumps(lines)


def test_no_transaction_is_open_while_a_batch_is_made(file: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    open_at: list[bool] = []
    for number in (1, 2):
        before_batch(monkeypatch, number, lambda: open_at.append(connection.in_atomic_block))

    brought("buyers", file, "--batch", "10")

    assert open_at == [False, False]


def test_the_time_out_of_statements_does_not_end_an_import(file: Path) -> None:
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET statement_timeout = 1")  # ms

    brought("buyers", file)

    assert uuids() == all_of_them()


def test_a_pipe_is_no_file_that_can_be_read_twice(shop: Marketplace, tmp_path: Path) -> None:
    pipe = tmp_path / "pipe.csv"
    os.mkfifo(pipe)

    ended = bring("buyers", pipe)

    assert ended.status == 2
    assert ended.remarks == f"solitude: {pipe}: is not a file\n"


# --- what lines name goes while they come in -------------------------------------------------------------------------


def close(uuid: str) -> None:
    """As the marketplace does, which may be at work beside."""
    with transaction.atomic():
        closing.close(Buyer.objects.get(uuid=uuid).pk)


def payments(path: Path, rows: int) -> Path:
    """Each of another buyer, who are there."""
    found = [{"uuid": f"pay:{number}", "status": "completed", "buyer": f"shop:{number}"} for number in range(rows)]
    return json_lines(path, found)


def test_no_payment_comes_in_without_the_buyer_that_its_line_names(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought("buyers", file)
    after_the_check(monkeypatch, lambda: close("shop:7"))

    ended = bring("transactions", payments(tmp_path / "payments.jsonl", ROWS), "--batch", "5")

    assert (ended.status, ended.said) == (4, ["line 8: buyer: there is no buyer with this uuid"])
    assert Transaction.objects.count() == 5


def test_a_preapproval_whose_buyer_has_gone_is_told(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought("buyers", file)
    after_the_check(monkeypatch, lambda: close("shop:7"))
    row = {"buyer": "shop:7", "key": "B-7TQ40011"}

    ended = bring("paypal-buyers", json_lines(tmp_path / "keys.jsonl", [row]))

    assert (ended.status, ended.said) == (1, ["line 1: buyer: there is no buyer with this uuid"])


def test_a_file_goes_on_although_what_its_first_rows_named_has_gone(
    file: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    brought("buyers", file)
    some = payments(tmp_path / "payments.jsonl", ROWS)
    with monkeypatch.context() as broken:
        before_batch(broken, 2, fail)
        assert bring("transactions", some, "--batch", "10").status == 4
    close("shop:7")

    assert brought("transactions", some, "--batch", "10").said == ["25 rows are in"]
    assert Transaction.objects.filter(buyer__isnull=False).count() == ROWS
