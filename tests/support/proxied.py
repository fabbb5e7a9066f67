"""A house in two processes: the proxy, over TLS with certificates of both sides, has the credentials; whoever asks it has none."""

import os
import signal
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from subprocess import Popen

import urllib3

from tests.support import processes
from tests.support.authority import Authority, Pair
from tests.support.free_port import free_port
from tests.support.processes import House, wait_for

SECRET = "the-secret-of-the-hop-in-tests-0123456789"


@dataclass(frozen=True)
class Plan:
    """A proxy that may run or not: where, and who is known to whom by which certificate."""

    port: int
    home: Path
    authority: Authority
    server: Pair
    client: Pair
    secret: str = field(default=SECRET, repr=False)

    @property
    def url(self) -> str:
        return f"https://127.0.0.1:{self.port}"

    @property
    def settings(self) -> dict[str, str]:
        """What a database process needs to ask it."""
        return {
            "SOLITUDE_PROXY_URL": self.url,
            "SOLITUDE_PROXY_SECRETS": self.secret,
            "SOLITUDE_PROXY_CA_FILE": str(self.authority.certificate),
            "SOLITUDE_PROXY_CLIENT_CERT": str(self.client.certificate),
            "SOLITUDE_PROXY_CLIENT_KEY": str(self.client.key),
        }

    def http(self) -> urllib3.PoolManager:
        """Asks the proxy as the database process does."""
        return urllib3.PoolManager(
            retries=False,
            ca_certs=str(self.authority.certificate),
            cert_file=str(self.client.certificate),
            key_file=str(self.client.key),
        )

    def logs(self) -> str:
        return "\n".join(log.read_text(errors="replace") for log in sorted(self.home.rglob("*.log*")))


def plan(home: Path) -> Plan:
    """One with a home of its own and a new authority."""
    home.mkdir(parents=True, exist_ok=True)
    authority = Authority(home / "authority")
    return Plan(free_port(), home, authority, authority.signs("proxy"), authority.signs("database"))


@contextmanager
def proxy(planned: Plan, sandbox: str, **settings: str) -> Iterator[Popen[bytes]]:
    """Starts it for the simulators at `sandbox` (`http://127.0.0.1:2680`), waits for it, and ends it; `settings` are further ones."""
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SOLITUDE_")} | {
        "SOLITUDE_DEBUG": "true",
        "SOLITUDE_HOME": str(planned.home),
        "SOLITUDE_ENV_FILE": "",
        "SOLITUDE_PROVIDERS": "",
        "SOLITUDE_PROXY_SECRETS": planned.secret,
        **of_simulators(sandbox),
        **settings,
    }
    options = {
        "--port": planned.port,
        "--tls-cert": planned.server.certificate,
        "--tls-key": planned.server.key,
        "--tls-client-ca": planned.authority.certificate,
    }
    arguments = [str(word) for option in options.items() for word in option]
    with processes.running(planned.home, environment, "proxy", *arguments) as process:
        wait_for(f"{planned.url}/services/status/", planned.http())
        yield process


def kill(process: Popen[bytes]) -> None:
    """As a power cut would: the server process below it too, in the middle of whatever it does."""
    children = Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
    for pid in (*map(int, children), process.pid):
        os.kill(pid, signal.SIGKILL)
    process.wait(10)


@contextmanager
def house(home: Path, planned: Plan, **settings: str) -> Iterator[House]:
    """A database process that asks all providers through this proxy, which whoever has the house starts (`house.paypal.root`)."""
    port = free_port()
    asked = of_database(f"http://127.0.0.1:{port}") | planned.settings | settings
    with processes.house(home, sandbox_port=port, **asked) as found:
        yield found


def of_simulators(sandbox: str) -> dict[str, str]:
    """Where the providers are, for either process."""
    return {
        "SOLITUDE_PAYPAL_URL": f"{sandbox}/paypal",
        "SOLITUDE_PAYPAL_WEB_URL": f"{sandbox}/paypal",
        "SOLITUDE_BANGO_URL": f"{sandbox}/bango",
        "SOLITUDE_BRAINTREE_URL": f"{sandbox}/braintree",
        "SOLITUDE_REFERENCE_PROVIDERS": (
            f'{{"reference": {{"url": "{sandbox}/reference", '
            '"auth": {"key": "sandbox-zippykey", "secret": "sandbox-zippyscr", "realm": "Zippy"}}}'
        ),
    }


def of_database(sandbox: str) -> dict[str, str]:
    """The same for the database process, which signs for nobody."""
    without = f'{{"reference": {{"url": "{sandbox}/reference"}}}}'
    return of_simulators(sandbox) | {"SOLITUDE_REFERENCE_PROVIDERS": without}
