"""Peers on loopback that behave as real ones do on their worst days, each connection by a script of its own."""

import contextlib
import datetime
import ipaddress
import socket
import ssl
import struct
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from types import TracebackType

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

# How long a script may wait for something: far longer than any test takes, so that only a hanging test gets there.
PATIENCE_S = 20

OK = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok"


class Connection:
    """The peer's end of one connection, with the verbs that the scripts are written in."""

    def __init__(self, sock: socket.socket, peer: "Peer") -> None:
        self.sock = sock
        self.peer = peer

    def read_request(self) -> bytes:
        """The head and body of the next request; "" when the client has closed."""
        data = b""
        while b"\r\n\r\n" not in data:
            part = self._receive()
            if not part:
                return data
            data += part
        head, _, body = data.partition(b"\r\n\r\n")
        length = next(
            (int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")), 0
        )
        while len(body) < length:
            part = self._receive()
            if not part:
                break
            body += part
        request = head + b"\r\n\r\n" + body
        self.peer.requests.append(request)
        return request

    def _receive(self) -> bytes:
        part = self.sock.recv(65536)
        self.peer.received += part
        return part

    def send(self, data: bytes) -> None:
        self.sock.sendall(data)

    def drip(self, data: bytes, every_s: float) -> None:
        """Sends one byte after another until the client has had enough."""
        for place in range(len(data)):
            if self.peer.over.wait(every_s):
                return
            self.sock.sendall(data[place : place + 1])

    def reset(self) -> None:
        self.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.sock.close()

    def hold(self) -> None:
        """Keeps the connection open and silent until the test is over."""
        self.peer.over.wait(PATIENCE_S)


Script = Callable[[Connection], None]


class Peer:
    """A server on a free port of loopback. The first connection follows the first script, and so on; the last is for
    all further ones."""

    def __init__(self, *scripts: Script, tls: ssl.SSLContext | None = None, host: str = "127.0.0.1") -> None:
        self.scripts = scripts
        self.tls = tls
        self.received = b""
        self.requests: list[bytes] = []
        self.connections = 0
        self.closed = threading.Semaphore(0)
        """Released once for each connection that the peer has closed."""
        self.over = threading.Event()
        self.listener = socket.create_server((host, 0), family=socket.AF_INET6 if ":" in host else socket.AF_INET)
        scheme = "https" if tls else "http"
        self.url = f"{scheme}://{f'[{host}]' if ':' in host else host}:{self.listener.getsockname()[1]}"

    def __enter__(self) -> "Peer":
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.over.set()
        self.listener.close()

    def _accept(self) -> None:
        while True:
            try:
                sock, _ = self.listener.accept()
            except OSError:
                return
            sock.settimeout(PATIENCE_S)
            sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
            script = self.scripts[min(self.connections, len(self.scripts) - 1)]
            self.connections += 1
            threading.Thread(target=self._serve, args=(sock, script), daemon=True).start()

    def _serve(self, sock: socket.socket, script: Script) -> None:
        # Clients that hang up are what most of these tests are about.
        with contextlib.suppress(OSError), contextlib.closing(sock):
            if self.tls:
                sock = self.tls.wrap_socket(sock, server_side=True)
            with contextlib.closing(sock):
                script(Connection(sock, self))
        self.closed.release()


def answering(*answers: bytes) -> Script:
    """Answers the requests of a connection with these bytes in turn, the last of them again and again."""
    given = answers or (OK,)

    def script(connection: Connection) -> None:
        place = 0
        while connection.read_request():
            connection.send(given[min(place, len(given) - 1)])
            place += 1

    return script


def answering_once(data: bytes) -> Script:
    """Answers one request and closes, whatever the answer said about its length."""

    def script(connection: Connection) -> None:
        connection.read_request()
        connection.send(data)

    return script


def echo(connection: Connection) -> None:
    while request := connection.read_request():
        body = request.partition(b"\r\n\r\n")[2]
        connection.send(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%b" % (len(body), body))


def silent(connection: Connection) -> None:
    connection.read_request()
    connection.hold()


def deaf(connection: Connection) -> None:
    """Accepts, reads nothing, says nothing."""
    connection.hold()


def closing_at_once(connection: Connection) -> None:
    connection.sock.close()


def closing_after_request(connection: Connection) -> None:
    connection.read_request()


def resetting_after_request(connection: Connection) -> None:
    connection.read_request()
    connection.reset()


@contextlib.contextmanager
def closed_port() -> Iterator[str]:
    """The URL of a port on which nobody listens, and which nobody else is given meanwhile."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"


class Certificate:
    """A certificate made for a test: self-signed, for these names, valid from a year ago for so many days."""

    def __init__(self, directory: Path, *names: str, valid_days: int = 730) -> None:
        key = ec.generate_private_key(ec.SECP256R1())
        name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "a test")])
        start = datetime.datetime.now(datetime.UTC) - datetime.timedelta(days=365)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(name)
            .issuer_name(name)
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(start)
            .not_valid_after(start + datetime.timedelta(days=valid_days))
            .add_extension(x509.SubjectAlternativeName([_general_name(name) for name in names]), critical=False)
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .sign(key, hashes.SHA256())
        )
        self.file = directory / "certificate.pem"
        self.file.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))
        key_file = directory / "key.pem"
        key_file.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
            )
        )
        self.context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self.context.load_cert_chain(self.file, key_file)


def _general_name(name: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        return x509.DNSName(name)
