"""`solitude import` and `solitude export` as an operator runs them: processes, files, and how they end."""

import json
import os
import re
import signal
import stat
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.moving.mover import bring, brought, empty_database, json_lines, take, took
from tests.support import processes
from tests.support.marketplace import Marketplace

from solitude.buyers.models import Buyer
from solitude.moving import command
from solitude.moving.kinds import KINDS
from solitude.vault import current, keyring

WITHIN_S = 120
MANY = 3000


@pytest.fixture
def environment(tmp_path: Path) -> Iterator[dict[str, str]]:
    """Of a server with an empty database."""
    home = tmp_path / "home"
    home.mkdir()
    with processes.database() as database:
        own = {name: value for name, value in os.environ.items() if not name.startswith("SOLITUDE_")}
        own |= {"SOLITUDE_DEBUG": "true", "SOLITUDE_HOME": str(home), "SOLITUDE_ENV_FILE": "", **database}
        run(own, "migrate")
        yield own


def run(environment: dict[str, str], *arguments: str, status: int = 0) -> subprocess.CompletedProcess[str]:
    ended = subprocess.run(
        processes.solitude(*arguments), env=environment, capture_output=True, text=True, timeout=WITHIN_S, check=False
    )
    assert ended.returncode == status, ended
    return ended


def many_buyers(folder: Path) -> Path:
    rows = [{"uuid": f"shop:{number}", "email": f"{number}@example.net"} for number in range(MANY)]
    return json_lines(folder / "buyers.jsonl", rows)


def killed_after(environment: dict[str, str], batches: int, folder: Path, *arguments: str) -> None:
    """Runs the command and kills it when it has written so many batches."""
    said = folder / "killed.log"
    with said.open("wb") as log:
        process = subprocess.Popen(processes.solitude(*arguments), env=environment, stdout=log, stderr=log)
    deadline = time.monotonic() + WITHIN_S
    try:
        while said.read_bytes().count(b"rows_imported") < batches:
            assert process.poll() is None, said.read_text()
            assert time.monotonic() < deadline
            time.sleep(0.005)
    finally:
        process.kill()
        process.wait()
    assert process.returncode == -signal.SIGKILL


@pytest.mark.long
def test_an_import_that_is_killed_goes_on_and_ends_with_all_rows_once(
    environment: dict[str, str], tmp_path: Path
) -> None:
    file = many_buyers(tmp_path)
    for _ in range(2):
        killed_after(environment, 3, tmp_path, "import", "buyers", str(file), "--batch", "10")

    ended = run(environment, "import", "buyers", str(file))

    assert ended.stdout == f"{MANY:,} rows are in\n"
    written = [int(found) for found in re.findall(r'rows["=: ]+([0-9]+) skipped', ended.stderr)]
    assert 0 < sum(written) <= MANY - 60
    uuids = [json.loads(line)["uuid"] for line in run(environment, "export", "buyers").stdout.splitlines()]
    assert uuids == [f"shop:{number}" for number in range(MANY)]


@pytest.mark.long
def test_what_is_killed_in_one_transaction_has_written_nothing(environment: dict[str, str], tmp_path: Path) -> None:
    file = many_buyers(tmp_path)
    killed_after(environment, 3, tmp_path, "import", "buyers", str(file), "--batch", "10", "--all-or-nothing")

    assert run(environment, "export", "buyers").stdout == ""
    run(environment, "import", "buyers", str(file), "--all-or-nothing")
    assert len(run(environment, "export", "buyers").stdout.splitlines()) == MANY


@pytest.mark.long
def test_two_processes_may_import_the_same_file(environment: dict[str, str], tmp_path: Path) -> None:
    file = many_buyers(tmp_path)
    command = processes.solitude("import", "buyers", str(file), "--batch", "200")
    both = [
        subprocess.Popen(command, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True)
        for _ in range(2)
    ]

    said = [process.communicate(timeout=WITHIN_S)[1] for process in both]

    assert [process.returncode for process in both] == [0, 0], said
    uuids = [json.loads(line)["uuid"] for line in run(environment, "export", "buyers").stdout.splitlines()]
    assert uuids == [f"shop:{number}" for number in range(MANY)]
    written = [text.count("rows_imported") for text in said]
    assert sum(written) == MANY / 200


@pytest.mark.long
def test_how_the_commands_end(environment: dict[str, str], tmp_path: Path) -> None:
    file = json_lines(tmp_path / "buyers.jsonl", [{"uuid": "shop:1"}, {"uuid": ""}])

    assert run(environment, "import", "buyers", str(file), status=1).stdout == "line 2: uuid: FIELD_REQUIRED\n"
    not_migrated = environment | {"SOLITUDE_DATABASE_URL": f"sqlite:///{tmp_path}/empty.sqlite3"}
    assert "solitude migrate" in run(not_migrated, "export", "buyers", status=3).stderr
    unusable = environment | {"SOLITUDE_DEBUG": "no such"}
    assert "SOLITUDE_DEBUG" in run(unusable, "import", "buyers", str(file), status=2).stderr


def test_what_is_no_file_of_a_kind_cannot_be_imported(shop: Marketplace, tmp_path: Path) -> None:
    ended = bring("buyers", tmp_path / "none.csv")
    assert (ended.status, ended.remarks) == (2, f"solitude: {tmp_path}/none.csv: No such file or directory\n")
    with pytest.raises(SystemExit):
        bring("nonsense", tmp_path / "none.csv")


def test_without_keys_nothing_is_moved(shop: Marketplace, tmp_path: Path, settings: Any) -> None:
    settings.SOLITUDE_DEBUG, settings.SOLITUDE_KEYS_FILE = False, tmp_path / "none.json"
    file = json_lines(tmp_path / "b.jsonl", [{"uuid": "shop:1"}])

    for ended in (bring("buyers", file), take("buyers", tmp_path / "out.csv")):
        assert ended.status == 2
        assert "Key ring" in ended.remarks


def test_the_kinds_that_the_command_offers_are_those_that_there_are() -> None:
    assert list(KINDS) == list(command.KINDS)


def test_the_format_is_told_by_the_file_or_by_the_operator(shop: Marketplace, tmp_path: Path) -> None:
    unnamed = tmp_path / "buyers"
    unnamed.write_text("uuid\nshop:1\n")

    ended = bring("buyers", unnamed)

    assert ended.status == 2
    assert ended.remarks == "solitude: name the format with --format: csv or jsonl\n"
    brought("buyers", unnamed, "--format", "csv")
    assert took("buyers", tmp_path / "out.CSV").read_text().startswith("uuid,")
    assert took("buyers", tmp_path / "out").read_text().startswith("{")


def test_an_export_is_its_owners_alone_and_takes_no_files_place(shop: Marketplace, tmp_path: Path) -> None:
    old = os.umask(0)
    try:
        file = took("buyers", tmp_path / "buyers.csv", "--with-secrets")
    finally:
        os.umask(old)
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    before = file.read_bytes()

    again = take("buyers", file)

    assert again.status == 1
    assert "is there already" in again.remarks
    assert file.read_bytes() == before
    assert [entry.name for entry in tmp_path.iterdir()] == ["buyers.csv"]


def test_an_export_that_fails_leaves_no_file(shop: Marketplace, tmp_path: Path) -> None:
    brought("buyers", json_lines(tmp_path / "b.jsonl", [{"uuid": "shop:1", "email": "ada@example.net"}]))
    with current.use_ring(keyring.KeyRing.generate(development=True)):
        ended = take("buyers", tmp_path / "out.csv")

    assert ended.status == 1
    assert "buyers.buyer:email" in ended.remarks
    assert not (tmp_path / "out.csv").exists()
    assert not (tmp_path / "out.csv.part").exists()


def test_an_export_of_many_rows_has_each_of_them_once(shop: Marketplace, tmp_path: Path) -> None:
    rows = [{"uuid": f"shop:{number}"} for number in range(2500)]
    brought("buyers", json_lines(tmp_path / "b.jsonl", rows))
    file = took("buyers", tmp_path / "out.csv")
    empty_database()
    brought("buyers", file)

    assert Buyer.objects.count() == 2500
