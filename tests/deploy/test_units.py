"""The units of systemd and the files of the container: as far as they can be tried where neither an engine nor systemd runs."""

import re
import shlex
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from solitude import cli
from solitude.settings import environment
from solitude.version import VERSION

pytestmark = pytest.mark.long

ROOT = Path(__file__).parents[2]
UNITS = sorted((ROOT / "deploy" / "systemd").glob("*.service"))
CONTAINER = ROOT / "deploy" / "container"
COMPOSE = yaml.safe_load((CONTAINER / "compose.yaml").read_text())
CONTAINERFILE = (CONTAINER / "Containerfile").read_text()
ANALYZE = shutil.which("systemd-analyze")
needs_analyze = pytest.mark.skipif(ANALYZE is None, reason="there is no systemd-analyze on this machine")
# Below 2 systemd says OK; what is left is the network, which a server has to have.
EXPOSURE_MAX_TENTHS = 20


def values(unit: Path, name: str) -> list[str]:
    """What the unit says by this name, with its continued lines as one."""
    text = unit.read_text().replace("\\\n", " ")
    return re.findall(rf"^{name}=(.*)$", text, re.MULTILINE)


def test_there_is_a_unit_for_each_part() -> None:
    assert [unit.name for unit in UNITS] == [f"solitude-{part}.service" for part in ("proxy", "serve", "worker")]


@needs_analyze
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_is_one(unit: Path, tmp_path: Path) -> None:
    """With a program that is there, because nothing is installed below /opt."""
    (tmp_path / unit.name).write_text(unit.read_text().replace("/opt/solitude/bin/solitude", "/bin/true"))
    ended = _analyze("verify", str(tmp_path / unit.name))
    assert (ended.returncode, ended.stderr) == (0, "")


@needs_analyze
@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_may_touch_little_of_the_machine(unit: Path) -> None:
    ended = _analyze("security", "--offline=true", f"--threshold={EXPOSURE_MAX_TENTHS}", str(unit))
    assert ended.returncode == 0, ended.stdout


def _analyze(*arguments: str) -> subprocess.CompletedProcess[str]:
    assert ANALYZE is not None
    command = [ANALYZE, "--no-pager", *arguments]
    return subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_what_a_unit_starts_is_a_command_of_ours(unit: Path) -> None:
    (line,) = values(unit, "ExecStart")
    program, *arguments = shlex.split(line)
    assert program == "/opt/solitude/bin/solitude"
    assert arguments[0] == unit.stem.removeprefix("solitude-")
    _parsed(arguments)


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_a_unit_sets_what_is_a_setting_and_uses_the_credentials_that_it_loads(unit: Path) -> None:
    set_here = {pair.partition("=")[0] for line in values(unit, "Environment") for pair in shlex.split(line)}
    assert set_here <= _settings()
    loaded = {line.partition(":")[0] for line in values(unit, "LoadCredential")}
    used = set(re.findall(r"(?:%d|\$\{CREDENTIALS_DIRECTORY\})/([\w.-]+)", unit.read_text()))
    assert used == loaded


def test_a_command_by_hand_runs_as_the_units_do(tmp_path: Path) -> None:
    """By a `systemd-run` that says what it is told."""
    told = tmp_path / "systemd-run"
    told.write_text('#!/bin/sh\nprintf "%s\\n" "$@"\n')
    told.chmod(0o755)
    asked = ("log", "--type", "stats", "--dir", "a folder")
    ended = subprocess.run(
        [ROOT / "deploy" / "systemd" / "solitude-run", *asked],
        env={"PATH": f"{tmp_path}:/usr/bin:/bin"}, capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    options = [line for line in ended.stdout.splitlines() if line.startswith("--")]
    (worker,) = [unit for unit in UNITS if unit.stem == "solitude-worker"]
    for name in ("EnvironmentFile", "LoadCredential", "DynamicUser", "User", "StateDirectory", "UMask"):
        assert [f"--property={name}={value}" for value in values(worker, name)] == [
            option for option in options if option.startswith(f"--property={name}=")
        ]
    inside = tmp_path / "inside"
    inside.write_text('#!/bin/sh\nprintf "%s\\n" "$SOLITUDE_KEYS_FILE" "$@"\n')
    inside.chmod(0o755)
    shell, dash_c, script, *rest = ended.stdout.splitlines()[-len(asked) - 4 :]
    assert (shell, dash_c) == ("/bin/sh", "-c")
    run = [shell, dash_c, script.replace("/opt/solitude/bin/solitude", str(inside)), *rest]
    handed = subprocess.run(
        run,
        env={"CREDENTIALS_DIRECTORY": "/run/credentials/it"},
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert handed.stdout.splitlines() == ["/run/credentials/it/keys.json", *asked]


@pytest.mark.parametrize("part", ["proxy", "serve"])
def test_the_processes_of_a_unit_that_serves_may_stay_on_one_processor(part: str) -> None:
    """In whatever has been taken from it before."""
    (unit,) = [unit for unit in UNITS if unit.stem == f"solitude-{part}"]
    assert values(unit, "SystemCallFilter")[-1] == "sched_setaffinity"


def test_the_metrics_of_each_unit_have_a_port_of_their_own_that_prometheus_asks() -> None:
    ports = re.findall(r"SOLITUDE_METRICS_PORT=(\d+)", "".join(unit.read_text() for unit in UNITS))
    example = yaml.safe_load((ROOT / "deploy" / "prometheus" / "prometheus.example.yml").read_text())
    asked = [target for job in example["scrape_configs"] for one in job["static_configs"] for target in one["targets"]]
    assert len(set(ports)) == len(UNITS)
    assert {f"127.0.0.1:{port}" for port in ports} == set(asked)


def test_what_the_containerfile_copies_and_runs_is_there() -> None:
    lines = CONTAINERFILE.replace("\\\n", " ").splitlines()
    copied = [shlex.split(line)[1:-1] for line in lines if line.startswith("COPY") and "--from" not in line]
    assert [name for names in copied for name in names if not (ROOT / name).exists()] == []
    locks = re.findall(r"--requirement (\S+)", CONTAINERFILE)
    assert locks
    assert all("--hash=" in (ROOT / lock).read_text() for lock in locks)
    _parsed(yaml.safe_load(next(line for line in lines if line.startswith("CMD")).removeprefix("CMD ")))


def test_the_containerfile_keeps_to_what_images_should() -> None:
    """What hadolint would say: versions are named, nothing runs as root, and nothing secret is in a layer."""
    lines = CONTAINERFILE.splitlines()
    assert all(re.search(r":[\w.-]*\d", line) for line in lines if line.startswith("FROM"))
    users = [line.split()[1] for line in lines if line.startswith("USER")]
    assert users == ["2602:2602"]
    assert not [line for line in lines if re.match(r"ADD |RUN .*(sudo|curl)", line)]
    assert "--require-hashes" in CONTAINERFILE
    assert not re.search(r"SECRET|PASSWORD|TOKEN", CONTAINERFILE)
    ignored = (ROOT / ".dockerignore").read_text().splitlines()
    assert {".git", "*.env", "var"} <= set(ignored)


@pytest.mark.parametrize("name", COMPOSE["services"])
def test_a_service_uses_only_what_the_compose_file_has(name: str) -> None:
    service: dict[str, Any] = COMPOSE["services"][name]
    assert set(service.get("networks", [])) <= set(COMPOSE["networks"])
    assert set(service.get("secrets", [])) <= set(COMPOSE["secrets"])
    assert {volume.partition(":")[0] for volume in service.get("volumes", [])} <= set(COMPOSE["volumes"])
    assert set(service.get("depends_on", {})) <= set(COMPOSE["services"])
    mounted = set(re.findall(r"/run/secrets/(\w+)", str(service)))
    assert mounted <= set(service.get("secrets", []))
    if name != "database":
        _parsed(service["command"])
        assert service["image"] == f"solitude:{VERSION}"
        assert service["read_only"]
        assert service["cap_drop"] == ["ALL"]
        for file in service["env_file"]:
            assert _names(file) <= _settings()
            used = set(re.findall(r"/run/secrets/(\w+)", _example(file)))
            assert used <= set(service["secrets"]) or name == "migrate"


def test_each_process_knows_only_what_it_needs() -> None:
    services = COMPOSE["services"]
    assert "data" not in services["proxy"]["networks"]
    assert [name for name, one in services.items() if "providers" in one["networks"]] == ["proxy"]
    assert all(COMPOSE["networks"][name]["internal"] for name in ("data", "hop"))
    assert not [name for name in _names("server.env") if re.search(r"CLIENT_SECRET|PASSWORD|PRIVATE_KEY", name)]
    assert not [name for name in _names("proxy.env") if "DATABASE" in name or "KEYS" in name]


def test_the_secrets_of_the_compose_file_are_no_part_of_the_repository() -> None:
    files = [one["file"] for one in COMPOSE["secrets"].values()]
    assert len(files) == len(set(files))
    assert not [name for name in files if (CONTAINER / name).exists()]


def _example(file: str) -> str:
    return (CONTAINER / f"{file}.example").read_text()


def _names(file: str) -> set[str]:
    return set(re.findall(r"^(\w+)=", _example(file), re.MULTILINE))


def _settings() -> set[str]:
    # Those of the proxy come with its command.
    return {one.name for one in environment.declared} | {
        "SOLITUDE_PROXY_URL",
        "SOLITUDE_PROXY_SECRETS",
        "SOLITUDE_PROXY_CA_FILE",
    }


def _parsed(arguments: list[str]) -> None:
    """Ends the test where the command does not know this."""
    if arguments[0] == "proxy":
        # It takes the options of `serve`, but for the processes.
        assert "--workers" not in " ".join(arguments)
        arguments = ["serve", *arguments[1:]]
    cli.parser().parse_args(arguments)
