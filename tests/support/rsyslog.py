"""Debian's rsyslogd as it runs in production, on free ports and a socket of its own, in a folder of the test."""

import shutil
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.free_port import free_port
from tests.support.waiting import until

# Debian's packages rsyslog and rsyslog-gnutls.
PROGRAM = shutil.which("rsyslogd", path="/usr/sbin:/usr/bin:/sbin:/bin") or ""
MISSING = "there is no rsyslogd on this machine"
READY_WITHIN_S, PATIENCE_S = 20, 20

CONFIGURATION = """
global(workDirectory="{folder}" maxMessageSize="16k" {tls})
module(load="imudp")
module(load="imtcp" {tls_input})
module(load="imptcp")
module(load="imuxsock" sysSock.use="off")
input(type="imudp" address="127.0.0.1" port="{udp}")
input(type="imptcp" address="127.0.0.1" port="{tcp}")
{tls_listener}
input(type="imuxsock" socket="{socket}" usePIDFromSystem="off" ignoreTimestamp="off" useSpecialParser="off" parseHostname="on")
template(name="parts" type="list" option.jsonf="on") {{
    property(outname="facility" name="syslogfacility-text" format="jsonf")
    property(outname="severity" name="syslogseverity-text" format="jsonf")
    property(outname="time" name="timereported" dateFormat="rfc3339" format="jsonf")
    property(outname="tag" name="syslogtag" format="jsonf")
    property(outname="app" name="app-name" format="jsonf")
    property(outname="id" name="msgid" format="jsonf")
    property(outname="facts" name="structured-data" format="jsonf")
    property(outname="text" name="msg" format="jsonf")
    property(outname="input" name="inputname" format="jsonf")
}}
action(type="omfile" file="{folder}/received.log" template="parts")
"""
TLS = (
    'defaultNetstreamDriver="gtls" defaultNetstreamDriverCAFile="{ca}" '
    'defaultNetstreamDriverCertFile="{certificate}" defaultNetstreamDriverKeyFile="{key}"'
)
TLS_INPUT = 'streamDriver.name="gtls" streamDriver.mode="1" streamDriver.authMode="x509/certvalid"'


@dataclass(frozen=True)
class Rsyslog:
    folder: Path
    udp: int
    tcp: int
    tls: int
    socket: Path

    def lines(self) -> list[str]:
        """One JSON object for each message that it has received: its parts as rsyslog has read them."""
        file = self.folder / "received.log"
        return file.read_text(errors="replace").splitlines() if file.exists() else []

    def waits_for(self, text: str) -> str:
        return until(lambda: next((line for line in self.lines() if text in line), ""), repr(text), PATIENCE_S)


@contextmanager
def rsyslog(
    folder: Path, *, tls: tuple[Path, Path, Path] | None = None, ports: Rsyslog | None = None
) -> Iterator[Rsyslog]:
    """Runs one until the block ends. `tls` are the files of authority, certificate and key; `ports` those of one that ran before."""
    here = ports or Rsyslog(folder, free_port(), free_port(), free_port(), folder / "socket")
    files = dict(zip(("ca", "certificate", "key"), map(str, tls), strict=True)) if tls else {}
    listener = f'input(type="imtcp" address="127.0.0.1" port="{here.tls}")' if tls else ""
    configuration = CONFIGURATION.format(
        folder=folder,
        udp=here.udp,
        tcp=here.tcp,
        socket=here.socket,
        tls=TLS.format(**files) if tls else "",
        tls_input=TLS_INPUT if tls else "",
        tls_listener=listener,
    )
    (folder / "rsyslog.conf").write_text(configuration)
    here.socket.unlink(missing_ok=True)
    command = [PROGRAM, "-n", "-f", str(folder / "rsyslog.conf"), "-i", str(folder / "rsyslogd.pid")]
    with (folder / "rsyslogd.out").open("ab") as output:
        process = subprocess.Popen(command, stdout=output, stderr=output)
    try:
        deadline = time.monotonic() + READY_WITHIN_S
        while not here.socket.exists():
            assert process.poll() is None, (folder / "rsyslogd.out").read_text()
            assert time.monotonic() < deadline, "rsyslogd has not started"
            time.sleep(0.02)
        yield here
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
