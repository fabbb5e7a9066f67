"""Lines on their way: they arrive, and whoever writes them never waits."""

import json
import logging
import os
import subprocess
import sys
import time
from pathlib import Path

import pytest

from solitude.telemetry import cef, context, logs
from solitude.telemetry.logs import get_logger
from solitude.telemetry.syslog import sender
from solitude.telemetry.syslog.handler import Syslog
from solitude.telemetry.syslog.target import FACILITIES, RFC3164, Stream, Streams, Target
from tests.support.free_port import free_port
from tests.support.statsd import Daemon
from tests.support.waiting import until
from tests.telemetry.conftest import Setup

from .listeners import datagrams, hanging, reader

pytestmark = pytest.mark.long

log = get_logger("solitude.payments")
# Less than the time-outs of the way to syslog; a machine under load takes its time.
AT_ONCE_S = 4.0


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "BACK_OFF_FIRST_S", 0.01)
    monkeypatch.setattr(sender, "BACK_OFF_MOST_S", 0.05)
    monkeypatch.setattr(sender, "LOOK_S", 0.02)


def to(target: Target, form: str = "rfc5424", **more: int) -> Streams:
    return Streams(
        Stream(target, FACILITIES["local7"], form, **more),  # type: ignore[arg-type]
        Stream(target, FACILITIES["local4"], form, **more),  # type: ignore[arg-type]
    )


def tcp(port: int) -> Target:
    return Target("tcp", "127.0.0.1", port)


def application() -> Syslog:
    return next(handler for handler in logging.getLogger().handlers if isinstance(handler, Syslog))


def test_both_logs_arrive_over_udp_each_with_its_facility(setup: Setup) -> None:
    with datagrams() as listening:
        logged = setup(to_files=True, syslog=to(Target("udp", *listening.getsockname())))
        context.bind(request_id="r1", client="shop", transaction="t1", correlation_id="c1")
        log.info("paid", amount="2.49")
        line = listening.recv(4096).decode()
        cef.event("Network refused", 1)
        event = listening.recv(4096).decode()
    assert line.startswith("<190>1 ")
    facts = '[solitude@32473 request_id="r1" client="shop" transaction="t1" correlation_id="c1"] '
    head, _, text = line.partition(facts)
    assert head.endswith(f" solitude {os.getpid()} paid ")
    assert text == logged.file()[0]
    assert event.startswith("<166>1 ")
    assert event.endswith(logged.file("cef.log")[0].partition(" CEF:")[2])


def test_the_older_form_is_text_with_client_request_and_place(setup: Setup) -> None:
    with datagrams() as listening:
        setup(to_files=True, syslog=to(Target("udp", *listening.getsockname()), RFC3164))
        context.bind(request_id="r1", client="shop")
        log.info("paid", amount="2.49", note="two words")
        first = listening.recv(4096).decode()
        logging.getLogger("django.request").error("theirs")
        theirs = listening.recv(4096).decode()
        context.clear()
        log.info("nobody")
        nobody = listening.recv(4096).decode()
        cef.event("Network refused", 1)
        event = listening.recv(4096).decode()
    tag = f" solitude[{os.getpid()}]: "
    assert first.partition(tag)[2].startswith(
        'solitude.payments:INFO shop:r1 paid amount=2.49 note="two words" :test_sending.py:'
    )
    assert theirs.partition(tag)[2].startswith("django.request:ERROR shop:r1 theirs :test_sending.py:")
    assert "solitude.payments:INFO <anon>:- nobody :" in nobody
    assert f" {os.uname().nodename} CEF:0|Mozilla|Solitude|0|-|Network refused|1|" in event


def test_a_unix_socket_gets_the_lines(setup: Setup, tmp_path: Path) -> None:
    path = tmp_path / "log"
    with datagrams(path) as listening:
        setup(to_files=True, syslog=to(Target("unix", path=str(path))))
        log.info("paid")
        assert '"event":"paid"' in listening.recv(9000).decode()


@pytest.mark.parametrize("limit_bytes", [480, 2048])
def test_a_long_line_is_cut_and_its_json_is_whole(setup: Setup, limit_bytes: int) -> None:
    with datagrams() as listening:
        setup(to_files=True, syslog=to(Target("udp", *listening.getsockname()), limit_bytes=limit_bytes))
        log.info("long", text="€" * 3000, more={"a": "\x01" * 2000})
        message = listening.recv(9000)
    assert len(message) <= limit_bytes
    assert json.loads(message.decode().partition(" - ")[2])["event"] == "long"


def test_a_receiver_that_is_away_and_back_gets_what_was_kept_and_is_told_how_many_are_missing(
    setup: Setup, daemon: Daemon
) -> None:
    port = free_port()
    logged = setup(to_files=True, syslog=to(tcp(port), queue_lines=20))
    for number in range(100):
        log.info("away", number=number)
    with reader(port) as reading:
        reading.waits_for("syslog_lines_lost")
        log.info("later")
        reading.waits_for('"event":"later"')
        arrived = [json.loads(message[message.index("{") :]) for message in reading.messages]
    numbers = [one["number"] for one in arrived if one["event"] == "away"]
    assert numbers == list(range(len(numbers)))
    lost = [one["lines"] for one in arrived if one["event"] == "syslog_lines_lost"]
    written = [json.loads(line) for line in logged.file()]
    assert {"syslog_away", "syslog_back"} <= {one["event"] for one in written}
    # What the log says of itself is lost as any other line; the files have all of it.
    assert len(numbers) + sum(lost) + sum(one["event"].startswith("syslog_") for one in arrived) - len(lost) + 1 == len(
        written
    )
    assert sum(one["event"] == "away" for one in written) == 100
    gap = next(place for place, one in enumerate(arrived) if one["event"] == "syslog_lines_lost")
    assert all(one["event"] != "away" for one in arrived[gap:])
    heard = daemon.hears()
    while "syslog.lost.application" not in heard:
        heard = daemon.hears()
    assert heard == "syslog.lost.application:1|c"


def test_a_receiver_that_never_reads_holds_nobody_up(setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("solitude.telemetry.syslog.connection.SEND_TIMEOUT_S", 0.1)
    slowest_s, written = 0.0, 0
    with hanging() as port:
        logged = setup(to_files=True, syslog=to(tcp(port), queue_lines=50))

        def is_away() -> bool:
            """As many lines as it takes: how many the way to the receiver holds before a line has to wait is the kernel's affair."""
            nonlocal slowest_s, written
            for _ in range(100):
                begun = time.monotonic()
                log.info("line", number=written, text="x" * 1000)
                slowest_s, written = max(slowest_s, time.monotonic() - begun), written + 1
            return any("syslog_away" in line for line in logged.file())

        until(is_away)
        assert slowest_s < AT_ONCE_S
        begun = time.monotonic()
        application().close()
        assert time.monotonic() - begun < AT_ONCE_S
    assert sum('"event":"line"' in line for line in logged.file()) == written
    assert any("syslog_lines_unsent" in line for line in logged.file())


def test_a_receiver_that_closes_and_opens_again_misses_no_line(setup: Setup) -> None:
    with reader() as first:
        setup(to_files=True, syslog=to(tcp(first.port)))
        log.info("before")
        first.waits_for("before")
        port = first.port
        first.close()
    log.info("between")
    with reader(port) as second:
        log.info("after")
        second.waits_for("after")
        assert [one for one in second.messages if '"event":"between"' in one]
        assert second.torn == 0


def test_a_udp_port_where_nobody_listens_is_told_once_and_each_line_that_was_refused_is_counted(
    setup: Setup, daemon: Daemon
) -> None:
    logged = setup(to_files=True, syslog=to(Target("udp", "127.0.0.1", free_port())))
    for number in range(5):
        log.info("line", number=number)
    lost = 0
    while lost < 6:  # with the line that says that the receiver is away
        name, _, count = daemon.hears().partition(":")
        if name == "syslog.lost.application":
            lost += int(count.removesuffix("|c"))
    events = [json.loads(line)["event"] for line in logged.file()]
    assert events.count("syslog_away") == 1
    assert "syslog_back" not in events
    assert len(events) == lost == 6


def test_a_udp_receiver_is_back_when_nothing_was_refused_for_a_while(
    setup: Setup, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sender, "SURE_AFTER_S", 0.2)
    port = free_port()
    logged = setup(to_files=True, syslog=to(Target("udp", "127.0.0.1", port)))
    log.info("nobody")
    until(lambda: any("syslog_away" in line for line in logged.file()))
    with datagrams(port=port) as listening:

        def is_back() -> bool:
            log.info("somebody")
            return any("syslog_back" in line for line in logged.file())

        until(is_back)
        # That nobody was there is a line too, and may be sent when somebody is there again.
        while '"event":"somebody"' not in listening.recv(9000).decode():
            continue


@pytest.mark.parametrize(("severity", "priority"), [(0, 166), (3, 165), (5, 164), (8, 163), (10, 162)])
def test_an_event_has_the_severity_of_syslog_that_its_own_comes_to(setup: Setup, severity: int, priority: int) -> None:
    with datagrams() as listening:
        setup(to_files=True, syslog=Streams(None, to(Target("udp", *listening.getsockname())).security))
        cef.event("Network refused", severity)
        assert listening.recv(4096).decode().startswith(f"<{priority}>1 ")


def test_a_name_that_nobody_knows_is_as_a_receiver_that_is_away(setup: Setup) -> None:
    logged = setup(to_files=True, syslog=to(Target("tcp", "nowhere.invalid", 601)))
    log.info("one")
    until(lambda: any("syslog_away" in line and "gaierror" in line for line in logged.file()))


PROGRAM = """
import logging, os, sys
from pathlib import Path
from solitude.telemetry import logs
from solitude.telemetry.logs import get_logger
from solitude.telemetry.syslog.target import Stream, Streams, Target

logs.configure(False, Path(sys.argv[2]), Streams(Stream(Target("tcp", "127.0.0.1", int(sys.argv[1])), 23)))
log = get_logger("solitude.payments")
log.info("parent_begins")
child = os.fork()
log.info("child" if child == 0 else "parent", number=0)
if child == 0:
    log.info("child_ends")
    logging.shutdown()
    os._exit(0)
os.waitpid(child, 0)
for number in range(500):
    log.info("parent", number=number)
log.info("parent_ends")
"""


def test_a_forked_process_has_a_sender_of_its_own_and_the_end_of_a_process_sends_what_waits(tmp_path: Path) -> None:
    with reader() as reading:
        command = [sys.executable, "-c", PROGRAM, str(reading.port), str(tmp_path)]
        subprocess.run(command, check=True, timeout=60, capture_output=True)
        reading.waits_for("parent_ends")
        reading.waits_for("child_ends")
        assert sum('"event":"parent"' in one for one in reading.messages) == 501
        assert sum('"event":"child"' in one for one in reading.messages) == 1
        assert reading.torn == 0


def test_the_configuration_says_nothing_of_syslog_without_a_target() -> None:
    assert "syslog" not in str(logs.configuration(debug=False, directory=None))
