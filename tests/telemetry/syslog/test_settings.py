"""What the settings of syslog may say."""

from pathlib import Path

import pytest

from solitude.configuration import ConfigurationError
from solitude.telemetry.syslog.target import Streams, Target
from tests.configuration.starting import DEVELOPMENT, settings_of

from .authority import Authority

pytestmark = pytest.mark.long


def streams(**variables: str) -> Streams:
    found: Streams = settings_of(DEVELOPMENT | variables)["SYSLOG_STREAMS"]
    return found


def test_nothing_is_sent_unless_somebody_says_so() -> None:
    assert streams() == Streams()


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("udp://log.example", Target("udp", "log.example", 514)),
        ("udp://192.0.2.1:5514", Target("udp", "192.0.2.1", 5514)),
        ("tcp://[2001:db8::1]", Target("tcp", "2001:db8::1", 601)),
        ("tls://log.example/", Target("tls", "log.example", 6514)),
        ("unix:///dev/log", Target("unix", path="/dev/log")),
    ],
)
def test_targets(url: str, target: Target) -> None:
    found = streams(SOLITUDE_SYSLOG=url)
    assert found.application is not None
    assert found.application.target == target


def test_both_logs_go_to_one_place_with_facilities_of_their_own() -> None:
    found = streams(SOLITUDE_SYSLOG="udp://log.example")
    assert found.application is not None
    assert found.security is not None
    assert (found.application.target, found.application.facility) == (found.security.target, 23)
    assert found.security.facility == 20


def test_each_log_may_go_alone() -> None:
    only_security = streams(SOLITUDE_SYSLOG_CEF="tcp://siem.example", SOLITUDE_SYSLOG_CEF_FACILITY="authpriv")
    assert only_security.application is None
    assert only_security.security is not None
    assert only_security.security.facility == 10
    assert streams(SOLITUDE_SYSLOG="tcp://log.example", SOLITUDE_SYSLOG_CEF="").security is None


@pytest.mark.parametrize(("url", "limit_bytes"), [("udp://h", 2048), ("tcp://h", 8192), ("unix:///dev/log", 8192)])
def test_the_limit_is_the_one_of_the_way(url: str, limit_bytes: int) -> None:
    found = streams(SOLITUDE_SYSLOG=url)
    assert found.application is not None
    assert found.application.limit_bytes == limit_bytes
    other = streams(SOLITUDE_SYSLOG=url, SOLITUDE_SYSLOG_MAX_BYTES="480").application
    assert other is not None
    assert other.limit_bytes == 480


@pytest.mark.parametrize(
    "variables",
    [
        *({"SOLITUDE_SYSLOG": url} for url in ("log.example", "http://h", "udp://", "udp://h:0", "udp://u@h")),
        *({"SOLITUDE_SYSLOG": url} for url in ("tcp://h/x", "unix://h/x", "unix:/")),
        *({"SOLITUDE_SYSLOG": url} for url in ("tcp://log..example", "udp://.log", "tls://" + "x" * 64 + ".example")),
        {"SOLITUDE_SYSLOG": "unix:///" + "x" * 110},
        {"SOLITUDE_SYSLOG_FACILITY": "kern"},
        {"SOLITUDE_SYSLOG_FORMAT": "rfc1"},
        {"SOLITUDE_SYSLOG_TAG": "two words"},
        {"SOLITUDE_SYSLOG_MAX_BYTES": "479"},
        {"SOLITUDE_SYSLOG_CA_FILE": "/nowhere"},
        {"SOLITUDE_SYSLOG_KEY_FILE": "/nowhere"},
    ],
)  # fmt: skip
def test_what_cannot_be_used_stops_the_start(variables: dict[str, str]) -> None:
    with pytest.raises(ConfigurationError, match=next(iter(variables))):
        streams(**variables)


def test_a_key_that_is_not_the_certificates_stops_the_start(tmp_path: Path, authority: Authority) -> None:
    mine, other = authority.issue("a"), authority.issue("b")
    given = {"SOLITUDE_SYSLOG_CERT_FILE": str(mine.certificate), "SOLITUDE_SYSLOG_KEY_FILE": str(mine.key)}
    assert streams(**given) == Streams()
    with pytest.raises(ConfigurationError, match="SOLITUDE_SYSLOG_KEY_FILE must be the key"):
        streams(**given | {"SOLITUDE_SYSLOG_KEY_FILE": str(other.key)})
