"""The configurations of nginx and haproxy, as they stand in the repository but for ports and paths: run, and asked by web heads."""

import os
import shutil
import ssl
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import urllib3

from solitude.client.signing import authorization
from tests.support import processes
from tests.support.authority import Authority, Pair
from tests.support.environment import CLIENTS
from tests.support.free_port import free_port

pytestmark = pytest.mark.long
DEPLOY = Path(__file__).parents[2] / "deploy"
WEB_HEAD, STRANGER = "127.0.0.2", "127.0.0.3"
LISTENS_WITHIN_S = 30


@dataclass(frozen=True)
class Front:
    """A proxy that runs before a server."""

    port: int
    authority: Authority
    certificate: Pair

    def asks(
        self,
        method: str,
        target: str,
        body: bytes = b"",
        *,
        source: str = WEB_HEAD,
        certificate: Pair | None = None,
        **headers: str,
    ) -> urllib3.BaseHTTPResponse:
        """A signed request from this address, with the web head's certificate or another one."""
        pair = certificate or self.certificate
        context = ssl.create_default_context(cafile=str(self.authority.certificate))
        context.load_cert_chain(pair.certificate, pair.key)
        return self._pool(context, source).request(
            method, target, body=body or None, headers=_signed(method, target, body) | headers
        )

    def asks_without_certificate(self) -> urllib3.BaseHTTPResponse:
        context = ssl.create_default_context(cafile=str(self.authority.certificate))
        return self._pool(context, WEB_HEAD).request(
            "GET", "/generic/buyer/", headers=_signed("GET", "/generic/buyer/")
        )

    def _pool(self, context: ssl.SSLContext, source: str) -> urllib3.HTTPSConnectionPool:
        return urllib3.HTTPSConnectionPool(
            "127.0.0.1", self.port, ssl_context=context, source_address=(source, 0), retries=False, timeout=20
        )


def _signed(method: str, target: str, body: bytes = b"") -> dict[str, str]:
    secret = CLIENTS[processes.KEY]
    signature = authorization(key=processes.KEY, secret=secret, method=method, target=target, body=body)
    return {"Authorization": signature, "Content-Type": "application/json", "Accept": "application/json"}


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[int]:
    """The port of a server that believes what a proxy on this machine says."""
    home, port = tmp_path_factory.mktemp("home"), free_port()
    settings = {
        "SOLITUDE_TRUSTED_PROXIES": "127.0.0.1/32",
        "SOLITUDE_ALLOWED_NETWORKS": f"127.0.0.1/32, {WEB_HEAD}/32",
    }
    with (
        processes.house(home, serve=False, **settings) as house,
        processes.running(home, house.environment, "serve", "--port", str(port)),
    ):
        processes.wait_for(f"http://127.0.0.1:{port}/services/status/")
        yield port


@pytest.fixture(scope="module", params=["nginx", "haproxy"])
def front(request: pytest.FixtureRequest, server: int, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Front]:
    folder, port = tmp_path_factory.mktemp(request.param), free_port()
    authority = Authority(folder)
    pair = authority.signs("server")
    paths = {
        "/etc/solitude/tls/server.crt": pair.certificate,
        "/etc/solitude/tls/server.key": pair.key,
        "/etc/solitude/tls/server.pem": pair.both,
        "/etc/solitude/tls/web-heads.crt": authority.certificate,
    }
    command = (_nginx if request.param == "nginx" else _haproxy)(folder, port, server, paths)
    environment = {"PATH": "/usr/sbin:/usr/bin:/bin"}
    with processes.started(folder / "out.log", environment, command) as process:
        deadline = time.monotonic() + LISTENS_WITHIN_S
        processes.wait_for_port(port)
        found = Front(port, authority, authority.signs("web-head"))
        # Until haproxy has seen that the server is well.
        while found.asks("GET", "/generic/buyer/").status == 503:
            assert time.monotonic() < deadline
            assert process.poll() is None
            time.sleep(0.1)
        yield found


def _nginx(folder: Path, port: int, server: int, paths: dict[str, Path]) -> list[str]:
    """Below a main configuration that only says where a test's files are."""
    text = (DEPLOY / "nginx" / "solitude.conf").read_text()
    (folder / "solitude.conf").write_text(_placed(text, {"listen 443": f"listen 127.0.0.1:{port}"}, server, paths))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    temporary = "\n".join(f"{kind}_temp_path {folder}/{kind};" for kind in kinds)
    # Its processes give up root, and could not come into a test's folders any more.
    user = "" if os.getuid() else "user root;\n"
    (folder / "nginx.conf").write_text(
        f"{user}daemon off;\npid {folder}/pid;\nerror_log {folder}/error.log;\nevents {{}}\n"
        f"http {{\naccess_log off;\n{temporary}\ninclude {folder}/solitude.conf;\n}}\n"
    )
    command = [_program("nginx"), "-c", str(folder / "nginx.conf"), "-p", str(folder), "-e", str(folder / "error.log")]
    subprocess.run([*command, "-t"], check=True, capture_output=True, timeout=60)
    return command


def _haproxy(folder: Path, port: int, server: int, paths: dict[str, Path]) -> list[str]:
    text = (DEPLOY / "haproxy" / "solitude.cfg").read_text()
    (folder / "haproxy.cfg").write_text(_placed(text, {"bind :443": f"bind 127.0.0.1:{port}"}, server, paths))
    command = [_program("haproxy"), "-db", "-f", str(folder / "haproxy.cfg")]
    checked = subprocess.run([*command, "-c"], check=True, capture_output=True, text=True, timeout=60)
    assert "WARNING" not in checked.stdout + checked.stderr
    return command


def _program(name: str) -> str:
    found = shutil.which(name, path="/usr/sbin:/usr/bin:/usr/local/sbin:/usr/local/bin")
    if found is None:
        pytest.skip(f"there is no {name} on this machine")
    return found


def _placed(text: str, ports: dict[str, str], server: int, paths: dict[str, Path]) -> str:
    """The configuration with this test's ports and files; each must be there, and nothing else is changed."""
    own = {**ports, "127.0.0.1:2602": f"127.0.0.1:{server}"}
    own |= {name: str(path) for name, path in paths.items() if name in text}
    for name, instead in own.items():
        assert name in text, name
        text = text.replace(name, instead)
    assert "/etc/solitude" not in text
    return text


def test_a_signed_request_of_a_web_head_with_a_certificate_comes_through(front: Front) -> None:
    made = front.asks("POST", "/generic/buyer/", b'{"uuid": "%s"}' % f"shop:{front.port}".encode())
    assert made.status == 201
    assert front.asks("GET", made.json()["resource_uri"]).json()["uuid"] == f"shop:{front.port}"


def test_a_client_without_a_certificate_does_not_come_through(front: Front) -> None:
    try:
        assert front.asks_without_certificate().status == 400  # nginx says why; haproxy ends the handshake
    except (urllib3.exceptions.SSLError, urllib3.exceptions.ProtocolError):
        return


def test_a_client_with_a_certificate_of_another_authority_does_not_come_through(front: Front, tmp_path: Path) -> None:
    stranger = Authority(tmp_path, "another").signs("stranger")
    try:
        assert front.asks("GET", "/generic/buyer/", certificate=stranger).status == 400
    except (urllib3.exceptions.SSLError, urllib3.exceptions.ProtocolError):
        return


def test_the_address_of_the_web_head_is_what_counts(front: Front) -> None:
    assert front.asks("GET", "/generic/buyer/", source=WEB_HEAD).status == 200
    assert front.asks("GET", "/generic/buyer/", source=STRANGER).status == 403


@pytest.mark.parametrize("name", ["X-Forwarded-For", "X_Forwarded_For", "x_forwarded-for"])
def test_nobody_can_say_that_he_is_a_web_head(front: Front, name: str) -> None:
    headers = {name: WEB_HEAD}
    assert front.asks("GET", "/generic/buyer/", source=STRANGER, **headers).status == 403


@pytest.mark.parametrize(
    "target", ["/generic/buyer/?uuid=a%2Fb%20c&limit=2", "/generic//buyer/?limit=2", "/generic/buyer?limit=2"]
)
def test_path_and_query_arrive_as_they_were_signed(front: Front, target: str) -> None:
    """Otherwise the signature would be another one's: 401."""
    assert front.asks("GET", target).status in (200, 404)


def test_a_long_line_comes_through(front: Front) -> None:
    """As long as a token that signs it may be."""
    assert front.asks("GET", f"/generic/buyer/?uuid={'x' * 5_000}").status in (200, 400)


def test_a_body_of_the_largest_size_comes_through(front: Front) -> None:
    body = b'{"uuid": "%s"}' % (b"x" * 1_000_000)
    assert front.asks("POST", "/generic/buyer/", body).status == 400
