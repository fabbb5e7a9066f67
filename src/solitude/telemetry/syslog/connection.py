"""The way to a receiver. All of it may wait, up to its time-outs, so only a sender's own thread comes here."""

import errno
import socket
import ssl
from typing import Protocol

from .message import counted
from .target import TLS, UDP, UNIX, Certificates, Target

CONNECT_TIMEOUT_S = 5
# A receiver that takes nothing for so long is one that hangs.
SEND_TIMEOUT_S = 5
# What the system still holds when a receiver goes is lost, and nobody can say how much it was: so it may not hold much.
BUFFER_BYTES = 64 * 1024


class Connection(Protocol):
    """An open way to a receiver."""

    def send(self, message: bytes) -> None:
        """Hands the message over to the system. Raises OSError: the way is then of no use any more."""

    def refused(self) -> int:
        """How many messages that were handed over the system has said since that nobody took. It says little; see `_Datagrams`."""

    def close(self) -> None: ...


def connect(target: Target, certificates: Certificates) -> Connection:
    """Opens a way there. Raises OSError, also where the receiver cannot show who it is."""
    if target.transport == UNIX:
        return _Datagrams(socket.AF_UNIX, target.path)
    if target.transport == UDP:
        family, _, _, _, address = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_DGRAM)[0]
        return _Datagrams(family, address)
    stream = socket.create_connection((target.host, target.port), CONNECT_TIMEOUT_S)
    try:
        stream.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
        stream.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, BUFFER_BYTES)
        if target.transport == TLS:
            stream = tls_context(certificates).wrap_socket(stream, server_hostname=target.host)
    except BaseException:
        stream.close()
        raise
    return _Frames(stream)


def tls_context(certificates: Certificates) -> ssl.SSLContext:
    """TLS 1.2 or newer, towards a receiver whose name its certificate must bear (RFC 5425, section 5). Raises OSError for files that
    cannot be used (`ssl.SSLError` is one)."""
    context = ssl.create_default_context(cafile=certificates.ca_file)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if certificates.certificate_file:
        # With a password of our own, or OpenSSL would ask for one at the console.
        context.load_cert_chain(certificates.certificate_file, certificates.key_file, password="")
    return context


class _Datagrams:
    """One message a datagram. The socket is connected, so that the system tells of a port where nobody listens.

    Over UDP it does so later, when the other machine's word is there (ICMP), instead of taking the next message, and once for all that were
    refused in the meantime; of one that got lost, or that a firewall dropped, it never tells.
    """

    def __init__(self, family: socket.AddressFamily, address: object) -> None:
        self._socket = socket.socket(family, socket.SOCK_DGRAM)
        self._tells_later, self._refused = family != socket.AF_UNIX, 0
        try:
            self._socket.settimeout(SEND_TIMEOUT_S)
            self._socket.connect(address)  # type: ignore[arg-type]  # a path or what getaddrinfo has given
        except BaseException:
            self._socket.close()
            raise

    def send(self, message: bytes) -> None:
        try:
            self._socket.send(message)
        except ConnectionRefusedError:
            # That is one before this. On a Unix socket it is this one, which is tried again.
            self._refused += self._tells_later
            raise

    def refused(self) -> int:
        if self._socket.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR) == errno.ECONNREFUSED:
            self._refused += self._tells_later
        return self._refused

    def close(self) -> None:
        self._socket.close()


class _Frames:
    """A stream of counted frames, over TCP or TLS."""

    def __init__(self, stream: socket.socket) -> None:
        self._stream = stream

    def send(self, message: bytes) -> None:
        self._see_that_it_is_there()
        self._stream.settimeout(SEND_TIMEOUT_S)
        # Of a frame that went half the receiver reads nothing that follows: after any error the stream is closed.
        self._stream.sendall(counted(message))

    def _see_that_it_is_there(self) -> None:
        """What is sent to a receiver that has closed is lost without an error; but its closing has come before."""
        self._stream.settimeout(0)
        try:
            if not self._stream.recv(1024):
                raise ConnectionResetError("closed by the receiver")
        except (BlockingIOError, ssl.SSLWantReadError):
            return  # it has nothing to say, as a receiver should

    def refused(self) -> int:
        return 0

    def close(self) -> None:
        self._stream.close()
