"""What stands in a message, byte for byte."""

import logging
import os
import platform
import re

import pytest
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from solitude.telemetry.redaction import CUT, MASK
from solitude.telemetry.syslog import message
from solitude.telemetry.syslog.target import FACILITIES, RFC3164, Stream, Target

pytestmark = pytest.mark.long

STREAM = Stream(Target("udp", "127.0.0.1", 514), FACILITIES["local7"])
OLDER = Stream(Target("udp", "127.0.0.1", 514), FACILITIES["local4"], RFC3164)
# 2026-11-03 04:05:06.789 UTC
AT = 1793678706.789


def test_the_head_of_rfc_5424() -> None:
    head = message.head(STREAM, message.INFORMATIONAL, AT, "paid", {"request_id": "r1", "client": "shop"})
    assert head.decode() == (
        f"<190>1 2026-11-03T04:05:06.789Z {platform.node()} solitude {os.getpid()} paid "
        '[solitude@32473 request_id="r1" client="shop"] '
    )


def test_without_facts_there_is_no_structured_data() -> None:
    assert message.head(STREAM, message.ERROR, AT, "-", {}).decode().endswith(f" {os.getpid()} - - ")


def test_the_head_of_rfc_3164_has_local_time_and_a_padded_day() -> None:
    with time_machine.travel(AT):  # the zone of the machine is what it is
        head = message.head(OLDER, message.WARNING, AT, "paid", {"client": "shop"}).decode()
    assert re.fullmatch(rf"<164>Nov  [234] \d\d:05:06 {platform.node()} solitude\[{os.getpid()}\]: ", head)


def test_cef_names_its_program_itself() -> None:
    assert message.head(OLDER, message.WARNING, AT, "CEF", {}, tagged=False).decode().endswith(f" {platform.node()} ")


def test_values_of_structured_data_are_escaped_and_masked() -> None:
    facts = {"transaction": 'a"b]c\\d\n', "client": "ann@shop.example"}
    head = message.head(STREAM, message.INFORMATIONAL, AT, "-", facts).decode()
    assert head.endswith(
        f'[solitude@32473 transaction="a\\"b\\]c\\\\d\\\\n" client="{MASK.replace("]", chr(92) + "]")}"] '
    )


@pytest.mark.parametrize(
    ("level", "severity"),
    [(logging.CRITICAL, 2), (logging.ERROR, 3), (logging.WARNING, 4), (logging.INFO, 6), (logging.DEBUG, 7)],
)
def test_severities(level: int, severity: int) -> None:
    assert message.severity(level) == severity


def test_an_event_is_as_urgent_as_its_own_severity_says() -> None:
    assert [message.severity_of_event(cef) for cef in range(11)] == [6, 6, 6, 5, 4, 4, 4, 3, 3, 2, 2]


@given(st.text(st.characters(exclude_categories=["Cs"])), st.integers(480, 3000))
def test_a_message_is_cut_between_two_characters(text: str, limit_bytes: int) -> None:
    head = message.head(STREAM, message.INFORMATIONAL, AT, "-", {})
    whole = message.whole(head, text * 50, limit_bytes)
    assert len(whole) <= limit_bytes
    shown = whole.removeprefix(head).decode()
    assert (text * 50).startswith(shown.removesuffix(CUT))
    assert len(whole) > limit_bytes - 4 or shown == text * 50


def test_a_frame_says_its_length_in_bytes() -> None:
    assert message.counted("<190>1 é".encode()) == "9 <190>1 é".encode()
