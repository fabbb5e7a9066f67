"""Three PostgreSQL nodes that patroni keeps, three members of etcd, and haproxy in front, as processes of this machine.

What it starts it starts from the templates beside it, which are for real machines as well.
"""

import json
import os
import secrets
import shutil
import signal
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from string import Template

import psycopg
import urllib3
from tests.faults.processes.programs import Program, children, is_living, kill_process, wait_until
from tests.support.free_port import free_port
from tests.support.postgres_binaries import Account, account, find

HERE = Path(__file__).parent
ROOT = HERE.parents[1]
# Where `make failover` installs requirements/ha.txt.
PATRONI_HOME = ROOT / "build/ha"
HOST, NODES, MEMBERS = "127.0.0.1", 3, 3
DATABASE = OWNER = "solitude"
READY_WITHIN_S, ASK_WITHIN_S, GONE_WITHIN_S = 120, 3, 10
BALANCER = "/usr/sbin/haproxy"


class Unavailable(Exception):
    """This machine lacks something that the cluster is made of; the text says what."""


def missing() -> str:
    """What this machine lacks, in words; empty where nothing is missing."""
    lacking = [name for name in ("etcd", "haproxy") if not _program(name)]
    lacking += [] if _patroni_packages() else ["patroni (make failover installs it)"]
    return ", ".join(lacking)


@dataclass
class Node:
    """One PostgreSQL and its patroni."""

    name: str
    folder: Path
    port: int
    rest_port: int
    patroni: Program

    @property
    def postmaster(self) -> int | None:
        """The process id of its PostgreSQL, by the file that this has written."""
        with suppress(OSError, ValueError):
            pid = int((self.folder / "data/postmaster.pid").read_text().split("\n", 1)[0])
            return pid if is_living(pid) else None
        return None

    def kill(self) -> None:
        """As if the machine had lost its power: `kill -9` of patroni first, which would start PostgreSQL again."""
        postmaster = self.postmaster
        self.patroni.kill()
        if postmaster is None:
            return
        below = children(postmaster)
        for pid in (postmaster, *below):
            kill_process(pid)
        wait_until(lambda: not any(map(is_living, (postmaster, *below))), GONE_WITHIN_S)

    def freeze(self) -> None:
        """As if the machine hung: nobody answers, and no connection ends."""
        self._send(signal.SIGSTOP)

    def thaw(self) -> None:
        self._send(signal.SIGCONT)

    def _send(self, number: signal.Signals) -> None:
        postmaster = self.postmaster
        pids = [pid for pid in (self.patroni.pid, postmaster) if pid]
        for pid in [*pids, *(children(postmaster) if postmaster else [])]:
            with suppress(ProcessLookupError):
                os.kill(pid, number)

    def role(self) -> str:
        """What patroni says that it is: `primary`, `sync_standby`, `replica`; empty when it does not answer or does not run."""
        told = _asked(f"http://{HOST}:{self.rest_port}/patroni")
        if told.get("state") != "running":
            return ""
        return "sync_standby" if told.get("sync_standby") else {"master": "primary"}.get(told["role"], told["role"])


@dataclass
class Database:
    """The whole of it. `url` goes through haproxy, `hosts_url` names all nodes and lets libpq find the primary."""

    nodes: list[Node]
    etcd: list[Program]
    balancer: Program
    url: str
    hosts_url: str
    superuser_url: str
    logs: list[Path] = field(default_factory=list)

    def primary(self) -> Node | None:
        return next((node for node in self.nodes if node.role() == "primary"), None)

    def is_whole(self) -> bool:
        """Whether there is one primary, and two standbys of which one is synchronous."""
        return sorted(node.role() for node in self.nodes) == ["primary", "replica", "sync_standby"]

    def takes_writes(self) -> bool:
        """Whether a new connection through haproxy reaches a server that writes."""
        try:
            with psycopg.connect(self.superuser_url, connect_timeout=ASK_WITHIN_S) as opened:
                return opened.execute("SELECT pg_is_in_recovery()").fetchone() == (False,)
        except psycopg.Error:
            return False

    def revive(self) -> None:
        """Starts again what is dead, as systemd does."""
        for program in (*self.etcd, *(node.patroni for node in self.nodes)):
            if not program.is_alive:
                program.start()


@contextmanager
def database(folder: Path) -> Iterator[Database]:
    """Everything running, with an empty database; nothing of it afterwards. PostgreSQL's user must be able to enter `folder`.

    Raises:
        Unavailable: something is not installed, or does not start; the text ends with what its log says.
    """
    if lacking := missing():
        raise Unavailable(f"not on this machine: {lacking}")
    user = account()
    folder.mkdir(parents=True, exist_ok=True)
    folder.chmod(0o755)  # the nodes' folders below are closed
    with ExitStack() as stack:
        etcd, etcd_hosts = _members(folder)
        nodes, passwords = _nodes(folder, user, etcd_hosts)
        port = free_port()
        made = Database(
            nodes,
            etcd,
            _balancer(folder, nodes, port),
            url=f"postgresql://{OWNER}:{passwords['owner']}@{HOST}:{port}/{DATABASE}",
            hosts_url=_hosts_url(nodes, passwords["owner"]),
            superuser_url=f"postgresql://postgres:{passwords['superuser_password']}@{HOST}:{port}/postgres",
        )
        for program in (*etcd, made.balancer):
            stack.callback(program.stop)
            program.start()
        for node in nodes:
            stack.callback(_end, node)
            node.patroni.start()
        made.logs = [*(program.log for program in (*etcd, made.balancer)), *(node.patroni.log for node in nodes)]
        programs = (*etcd, made.balancer, *(node.patroni for node in nodes))
        wait_until(lambda: made.is_whole() or not all(one.is_alive for one in programs), READY_WITHIN_S)
        if not wait_until(made.takes_writes, ASK_WITHIN_S):
            raise Unavailable(f"the cluster is not whole within {READY_WITHIN_S} s\n{tails(made)}")
        _create_database(made.superuser_url, passwords["owner"])
        yield made


def tails(made: Database) -> str:
    """The end of every log."""
    return "\n".join(f"--- {log.name}\n{log.read_bytes()[-1200:].decode(errors='replace')}" for log in made.logs)


def _members(folder: Path) -> tuple[list[Program], str]:
    ports = {f"etcd{number}": (free_port(), free_port()) for number in range(1, MEMBERS + 1)}
    members = ",".join(f"{name}=http://{HOST}:{peer}" for name, (_, peer) in ports.items())
    made = []
    for name, (client, peer) in ports.items():
        own = folder / name
        own.mkdir(mode=0o700)
        values = {"name": name, "folder": str(own), "host": HOST, "members": members}
        configuration = _filled("etcd.yml", own, values | {"client_port": str(client), "peer_port": str(peer)})
        command = [str(_program("etcd")), "--config-file", str(configuration)]
        made.append(Program(name, command, _environment(own), folder / f"{name}.log"))
    return made, ",".join(f"{HOST}:{client}" for client, _ in ports.values())


def _nodes(folder: Path, user: Account, etcd_hosts: str) -> tuple[list[Node], dict[str, str]]:
    programs = find(user, folder)
    packages = folder / "patroni"
    # A copy, for PostgreSQL's user may not enter the folder of the sources.
    shutil.copytree(str(_patroni_packages()), packages)
    passwords = {
        name: secrets.token_hex(16)
        for name in ("superuser_password", "replication_password", "rewind_password", "owner")
    }
    made = []
    for number in range(1, NODES + 1):
        name, port, rest_port = f"node{number}", free_port(), free_port()
        own = folder / name
        own.mkdir(mode=0o700)
        values = passwords | {
            "name": name,
            "folder": str(own),
            "host": HOST,
            "network": f"{HOST}/32",
            "port": str(port),
            "rest_port": str(rest_port),
            "etcd_hosts": etcd_hosts,
            "programs": str(programs),
            "shared_buffers": "64MB",
        }
        configuration = _filled("patroni.yml", own, values)
        if user.uid is not None and user.gid is not None:
            for path in (own, configuration):
                os.chown(path, user.uid, user.gid)
        environment = _environment(own) | {"PYTHONPATH": str(packages), "PYTHONDONTWRITEBYTECODE": "1"}
        command = [str(_system_python()), "-m", "patroni", str(configuration)]
        log = folder / f"{name}.log"
        made.append(
            Node(name, own, port, rest_port, Program(name, command, environment, log, options=user.process_options))
        )
    return made, passwords


def _balancer(folder: Path, nodes: list[Node], port: int) -> Program:
    servers = "\n".join(f"    server {one.name} {HOST}:{one.port} check port {one.rest_port}" for one in nodes)
    own = folder / "haproxy"
    own.mkdir(mode=0o700)
    configuration = _filled("haproxy.cfg", own, {"bind": f"{HOST}:{port}", "servers": servers})
    command = [str(_program("haproxy")), "-db", "-f", str(configuration)]
    return Program("haproxy", command, _environment(own), folder / "haproxy.log")


def _filled(name: str, own: Path, values: Mapping[str, str]) -> Path:
    made = own / name
    made.write_text(Template((HERE / f"{name}.template").read_text()).substitute(values))
    made.chmod(0o600)
    return made


def _create_database(superuser_url: str, password: str) -> None:
    with psycopg.connect(superuser_url, autocommit=True, connect_timeout=ASK_WITHIN_S) as opened:
        opened.execute(f"CREATE ROLE {OWNER} LOGIN PASSWORD '{password}'")
        opened.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER}")


def _hosts_url(nodes: list[Node], password: str) -> str:
    hosts, ports = ",".join(HOST for _ in nodes), ",".join(str(node.port) for node in nodes)
    query = f"host={hosts}&port={ports}&target_session_attrs=read-write"
    return f"postgresql://{OWNER}:{password}@/{DATABASE}?{query}"


def _end(node: Node) -> None:
    node.thaw()
    node.patroni.never_again()
    node.kill()


def _environment(home: Path) -> dict[str, str]:
    return {"PATH": f"{os.defpath}:/usr/sbin", "LC_ALL": "C.UTF-8", "TZ": "UTC", "HOME": str(home)}


def _program(name: str) -> str | None:
    return shutil.which(name, path=f"{os.environ.get('PATH', os.defpath)}:/usr/sbin")


def _patroni_packages() -> Path | None:
    return next((found.parent for found in PATRONI_HOME.glob("lib/python3*/site-packages/patroni")), None)


def _system_python() -> Path:
    """The interpreter behind that virtual environment: PostgreSQL's user can reach it."""
    return (PATRONI_HOME / "bin/python").resolve()


def _asked(url: str) -> dict[str, str]:
    try:
        with urllib3.PoolManager(retries=False, timeout=ASK_WITHIN_S) as http:
            found: dict[str, str] = json.loads(http.request("GET", url).data)
            return found
    except (urllib3.exceptions.HTTPError, ValueError):
        return {}
