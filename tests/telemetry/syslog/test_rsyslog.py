"""What Debian's rsyslogd makes of our messages: every way, both forms."""

import json
from pathlib import Path
from typing import Any

import pytest

from solitude.telemetry import cef, context
from solitude.telemetry.logs import get_logger
from solitude.telemetry.syslog import sender
from solitude.telemetry.syslog.target import FACILITIES, RFC3164, RFC5424, Certificates, Stream, Streams, Target
from tests.support.rsyslog import MISSING, PROGRAM, Rsyslog, rsyslog
from tests.support.waiting import until
from tests.telemetry.conftest import Setup

from .authority import Authority

pytestmark = [pytest.mark.long, pytest.mark.skipif(not PROGRAM, reason=MISSING)]
log = get_logger("solitude.payments")
NO_CERTIFICATES = Certificates()


@pytest.fixture(autouse=True)
def _quick(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sender, "BACK_OFF_MOST_S", 0.2)
    monkeypatch.setattr(sender, "LOOK_S", 0.02)


def streams(target: Target, form: str = RFC5424, certificates: Certificates = NO_CERTIFICATES) -> Streams:
    return Streams(
        Stream(target, FACILITIES["local7"], form, certificates=certificates),
        Stream(target, FACILITIES["local4"], form, certificates=certificates),
    )


def written(number: int) -> None:
    context.bind(request_id=f"r{number}", client="shop", transaction='quoted "]')
    log.info("paid", number=number, text=f"€ and more {number}")
    cef.event(f"Trial {number}", 1)
    context.clear()


def received(daemon: Rsyslog, number: int) -> tuple[dict[str, Any], dict[str, Any]]:
    ours, event = daemon.waits_for(f"€ and more {number}"), daemon.waits_for(f"|Trial {number}|1|cs1Label")
    return json.loads(ours), json.loads(event)


def test_every_way_in_both_forms(setup: Setup, tmp_path: Path) -> None:
    with rsyslog(tmp_path) as daemon:
        ways = [
            Target("udp", "127.0.0.1", daemon.udp),
            Target("tcp", "127.0.0.1", daemon.tcp),
            Target("unix", path=str(daemon.socket)),
        ]
        for number, (target, form) in enumerate((target, form) for target in ways for form in (RFC5424, RFC3164)):
            logged = setup(to_files=True, syslog=streams(target, form))
            written(number)
            ours, event = received(daemon, number)
            assert (ours["facility"], ours["severity"], ours["app"]) == ("local7", "info", "solitude"), (target, form)
            assert (event["facility"], event["text"].count("CEF:0" if form == RFC5424 else "0|Mozilla")) == (
                "local4",
                1,
            )
            written_at = json.loads(logged.file()[-1])["time"]
            assert ours["time"][:16] == written_at[:16] or form == RFC3164
            if form == RFC5424:
                assert ours["id"] == "paid"
                assert f'request_id="r{number}"' in ours["facts"]
                assert 'transaction="quoted \\"\\]"' in ours["facts"]
                assert json.loads(ours["text"])["text"] == f"€ and more {number}"
            else:
                assert f"solitude.payments:INFO shop:r{number} paid" in ours["text"]
                assert f'"€ and more {number}" ' in ours["text"]


def test_tls_with_certificates_on_both_sides(setup: Setup, tmp_path: Path, authority: Authority) -> None:
    theirs, mine = authority.issue("receiver"), authority.issue("solitude")
    (tmp_path / "other").mkdir()
    other = Authority(tmp_path / "other")
    with rsyslog(tmp_path, tls=(authority.file, theirs.certificate, theirs.key)) as daemon:
        target = Target("tls", "127.0.0.1", daemon.tls)
        setup(
            to_files=True, syslog=streams(target, certificates=Certificates(authority.file, mine.certificate, mine.key))
        )
        written(1)
        ours, event = received(daemon, 1)
        assert (ours["facility"], event["facility"]) == ("local7", "local4")
        # A receiver whose certificate is another authority's gets nothing.
        logged = setup(to_files=True, syslog=streams(target, certificates=Certificates(other.file)))
        written(2)
        until(lambda: any("syslog_away" in line and "SSLCertVerificationError" in line for line in logged.file()))
        assert not any("€ and more 2" in line for line in daemon.lines())


def test_a_receiver_that_is_restarted_gets_the_lines_of_the_meantime(setup: Setup, tmp_path: Path) -> None:
    with rsyslog(tmp_path) as daemon:
        setup(to_files=True, syslog=streams(Target("tcp", "127.0.0.1", daemon.tcp)))
        written(1)
        received(daemon, 1)
    written(2)
    with rsyslog(tmp_path, ports=daemon):
        received(daemon, 2)
        written(3)
        received(daemon, 3)
