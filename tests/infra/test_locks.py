"""What `pip install --require-hashes` will take, and from where: the locks name no address."""

import re
from collections.abc import Mapping
from pathlib import Path

import pytest

REQUIREMENTS = Path(__file__).parents[2] / "requirements"
LOCKS = sorted(REQUIREMENTS.glob("*.txt"))
FILES = sorted(path for path in REQUIREMENTS.iterdir() if path.is_file())
PIN = re.compile(
    r"(?P<name>[a-z0-9][a-z0-9-]*)(\[[a-z0-9,-]+\])?==(?P<version>[\w.!+]+)"
    r"( ; [^\\]+?)?"  # the platforms it is for
    r"( --hash=sha256:[0-9a-f]{64})+"
)


def entries(lock: str) -> list[str]:
    """The lock's requirements, each with its hashes on one line."""
    lines = re.sub(r"\s*\\\n\s*", " ", lock).splitlines()
    return [line.strip() for line in lines if line.strip() and not line.startswith("#")]


def pins(path: Path) -> Mapping[str, str]:
    """Version by name; a package may be pinned several times, for different platforms."""
    found: dict[str, str] = {}
    for entry in entries(path.read_text()):
        match = PIN.fullmatch(entry)
        assert match, f"{path.name}: not a pin with hashes: {entry[:80]}"
        found[match["name"]] = (
            f"{found[match['name']]} {match['version']}" if match["name"] in found else match["version"]
        )
    return found


def faults(text: str) -> list[str]:
    """The lines that tell pip where to look."""
    return [
        line
        for line in text.splitlines()
        if re.search(r"://|--(extra-)?index-url|--find-links|--trusted-host|^-[if]\b| @ ", line)
    ]


@pytest.mark.parametrize("path", LOCKS, ids=lambda path: path.name)
def test_everything_in_a_lock_is_pinned_with_hashes(path: Path) -> None:
    assert len(pins(path)) > 0


@pytest.mark.parametrize("entry", ["django", "django>=5", "django==5.2", "django==5.2 --hash=md5:00", "-e ."])
def test_an_entry_without_pin_or_hash_would_be_found(tmp_path: Path, entry: str) -> None:
    lock = tmp_path / "bad.txt"
    lock.write_text(f"{entry}\n")

    with pytest.raises(AssertionError, match="not a pin"):
        pins(lock)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_no_file_names_a_place_to_download_from(path: Path) -> None:
    assert faults(path.read_text()) == []


@pytest.mark.parametrize(
    "line",
    [
        "--index-url x",
        "--extra-index-url=x",
        "-i x",
        "-f x",
        "--find-links x",
        "--trusted-host x",
        "a @ file:x",
        "# from http://x",
    ],
)
def test_a_place_to_download_from_would_be_found(line: str) -> None:
    assert faults(f"django==5\n{line}\n") == [line]


def test_every_lock_has_its_source_and_every_source_its_lock() -> None:
    # What builds the package has no lock of its own: it is in those of the server and of development.
    sources = {path.stem for path in REQUIREMENTS.glob("*.in")} - {"build"}
    assert {path.stem for path in LOCKS} == sources


def test_development_has_everything_that_the_server_has_in_the_same_versions() -> None:
    server, development = pins(REQUIREMENTS / "server.txt"), pins(REQUIREMENTS / "dev.txt")

    assert {name: development.get(name) for name in server} == server


def test_the_build_backend_is_in_the_servers_lock() -> None:
    """`make` builds the package without isolation, so that nothing is downloaded that has no hash."""
    assert "setuptools" in pins(REQUIREMENTS / "server.txt")
