"""Wheel and sdist: built from what the repository holds, complete, and at work where there is no checkout."""

import os
import re
import shutil
import subprocess
import sys
import sysconfig
import tarfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

import pytest

from solitude import cli
from solitude.client import Solitude
from solitude.version import VERSION
from tests.support import processes
from tests.support.environment import CLIENTS

ROOT = Path(__file__).parents[2]
PARTS = ("src", "requirements", "deploy", "pyproject.toml", "README.md", "CHANGELOG.md", "MANIFEST.in")
LEFT_OUT = shutil.ignore_patterns("__pycache__", "*.egg-info")


@dataclass(frozen=True)
class Built:
    wheel: Path
    sdist: Path


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Built:
    """The wheel is built from the sdist, so that it shows that nothing is missing there."""
    tree, out = tmp_path_factory.mktemp("tree"), tmp_path_factory.mktemp("dist")
    for part in PARTS:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, tree / part, ignore=LEFT_OUT)
        else:
            shutil.copy(ROOT / part, tree / part)
    command = [sys.executable, "-m", "build", "--no-isolation", "--outdir", str(out), str(tree)]
    ended = subprocess.run(command, capture_output=True, text=True, timeout=170, check=False)
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return Built(next(out.glob("*.whl")), next(out.glob("*.tar.gz")))


@pytest.mark.long
def test_the_wheel_holds_every_file_of_the_source(built: Built) -> None:
    there = {
        path.relative_to(ROOT / "src").as_posix()
        for path in (ROOT / "src").rglob("*")
        if path.is_file() and not {"__pycache__"} & set(path.parts) and ".egg-info" not in str(path)
    }
    with zipfile.ZipFile(built.wheel) as wheel:
        held = set(wheel.namelist())
        metadata = wheel.read(f"solitude-{VERSION}.dist-info/METADATA").decode()
    assert len(there) > 300
    assert there - held == set()
    assert f"Version: {VERSION}\n" in metadata
    assert "Requires-Dist: granian" in metadata
    assert re.search(r'Requires-Dist: opentelemetry-sdk.*extra == "tracing"', metadata)


@pytest.mark.long
def test_the_sdist_holds_the_locks_and_what_is_deployed(built: Built) -> None:
    with tarfile.open(built.sdist) as sdist:
        held = {name.partition("/")[2] for name in sdist.getnames()}
    deployed = {
        path.relative_to(ROOT).as_posix()
        for folder in ("deploy", "requirements")
        for path in (ROOT / folder).rglob("*")
        if path.is_file() and "__pycache__" not in path.parts
    }
    assert deployed - held == set()
    assert "CHANGELOG.md" in held


@pytest.mark.long
def test_it_takes_a_payment_where_there_is_no_checkout(
    built: Built, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """In an environment of its own, into which only what the locks name comes from this one."""
    bin_folder = tmp_path / "venv" / "bin"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(tmp_path / "venv")], check=True, timeout=120)
    pip = [
        sys.executable,
        "-m",
        "pip",
        "--python",
        str(bin_folder / "python"),
        "--disable-pip-version-check",
        "install",
    ]
    subprocess.run(
        [*pip, "--quiet", "--no-index", "--no-deps", "--no-compile", str(built.wheel)], check=True, timeout=170
    )
    own = next((tmp_path / "venv" / "lib").glob("python*/site-packages"))
    # A path, and not a folder of packages: what stands in files like this one there is not read.
    (own / "locked.pth").write_text(sysconfig.get_paths()["purelib"] + "\n")
    monkeypatch.delenv("PYTHONPATH", raising=False)
    monkeypatch.chdir(tmp_path)
    where = [
        str(bin_folder / "python"),
        "-c",
        "import solitude, solitude_sandbox as s; print(solitude.__file__, s.__file__)",
    ]
    assert subprocess.check_output(where, text=True).count(str(own)) == 2
    monkeypatch.setattr(processes, "solitude", lambda *arguments: [str(bin_folder / "solitude"), *arguments])
    (tmp_path / "home").mkdir()
    with (
        processes.house(tmp_path / "home") as house,
        Solitude(house.url, processes.KEY, str(CLIENTS[processes.KEY])) as client,
    ):
        seller = client.create_seller("dev:ada")
        client.create_paypal_seller(seller, paypal_id="ada@dev.example")
        client.create_product(seller=seller, external_id="map", public_id="5530")
        urls = {"return_url": "https://shop.example/ok", "cancel_url": "https://shop.example/no"}
        payment = client.pay(user_id=1, app_id="5530", amount="2.49", currency="EUR", **urls)
        assert payment.pay_url is not None
        house.paypal.approve(payment.pay_url)
        assert client.check(uuid=payment.uuid).status == "COMPLETED"


def test_the_command_says_what_runs(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        cli.main(["--version"])
    said = capsys.readouterr().out.splitlines()
    assert ended.value.code == 0
    assert said[0] == f"solitude {VERSION}"
    assert [line.split()[0] for line in said[1:]] == ["Python", "Django", "SQLite", "psycopg"]
    assert all(re.search(r"\d+\.\d+", line) for line in said)


def test_it_says_so_without_any_setting() -> None:
    environment = {
        "PATH": os.environ["PATH"],
        "PYTHONPATH": os.pathsep.join(sys.path),
        "SOLITUDE_PAYPAL_TIMEOUT_MS": "x",
    }
    ended = subprocess.run(
        [sys.executable, "-m", "solitude.cli", "--version"], env=environment, capture_output=True, text=True, check=True
    )
    assert VERSION in ended.stdout


def test_the_changelog_tells_of_this_version_first() -> None:
    text = (ROOT / "CHANGELOG.md").read_text()
    versions = re.findall(r"^## \[(.+?)\](?: - (\d{4}-\d\d-\d\d))?$", text, re.MULTILINE)
    assert versions[0] == ("Unreleased", "")
    assert versions[1][0] == VERSION
    assert re.fullmatch(r"\d+\.\d+\.\d+", VERSION)
    assert all(date for _, date in versions[1:])
