"""What the configured handlers write. The canaries must not be in it."""

import copy
import datetime
import json
import logging
import logging.config
import re
import uuid
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
import structlog
import time_machine
from hypothesis import given
from hypothesis import strategies as st

from solitude.telemetry import cef, context, lines, logs, redaction
from solitude.telemetry.logs import get_logger
from solitude.telemetry.redaction import MASK, Secret

from .conftest import Setup

log = get_logger("solitude.payments")

EMAIL = "canary@example.com"
CARD = "4111111111111111"
JWT = "eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"
IBAN = "DE89 3704 0044 0532 0130 00"
TOKEN = "A21AAFEpH4PsADK7qSS7pSRsgzfENtu-Q1ysgEDVDESseMHBYXVJYE8ovjj68elIDy8nF26AwPhfXTIeWAZHSLIsQkSYz9ifg"
CANARIES = [EMAIL, CARD, JWT, IBAN, TOKEN, "Bearer canary-credential", "registered-canary"]


class TestEveryLine:
    def test_is_json_with_time_level_logger_and_event_first(self, setup: Setup) -> None:
        logged = setup()
        with time_machine.travel(datetime.datetime(2026, 11, 23, 12, 0, 1, 5000, datetime.UTC), tick=False):
            log.info("paid", amount=Decimal("1.10"), tries=2)
        (line,) = logged.console()
        assert line == (
            '{"time":"2026-11-23T12:00:01.005Z","level":"info","logger":"solitude.payments","event":"paid",'
            '"amount":"1.10","tries":2}'
        )

    def test_carries_what_is_bound(self, setup: Setup) -> None:
        logged = setup()
        context.bind(request_id="r", client="c", transaction="t", correlation_id="p")
        log.info("ours")
        logging.getLogger("some.package").warning("theirs")
        context.clear()
        log.info("later")
        ours, theirs, later = logged.json()
        for line in (ours, theirs):
            assert list(line)[4:] == ["request_id", "client", "transaction", "correlation_id"]
            assert list(line.values())[4:] == ["r", "c", "t", "p"]
        assert list(later) == ["time", "level", "logger", "event"]

    def test_cannot_change_its_head(self, setup: Setup) -> None:
        logged = setup()
        log.info("true", level="forged", logger="forged", time="forged")
        (line,) = logged.json()
        assert (line["level"], line["logger"], "forged" in str(line)) == ("info", "solitude.payments", False)

    def test_is_one_line_whatever_a_value_holds(self, setup: Setup) -> None:
        logged = setup()
        forged = 'x\n{"level":"info","event":"forged"}\r\nx\u2028x\x85x\x1b[2J'
        log.warning(forged, value=forged)
        logging.getLogger("django").warning("path %s", forged)
        lines = logged.console()
        assert len(lines) == 2
        assert all(json.loads(line)["level"] == "warning" for line in lines)
        assert not re.search("[\x00-\x1f\x7f-\x9f\u2028]", "".join(lines))
        assert json.loads(lines[0])["value"] == forged

    def test_keeps_the_kinds_of_values(self, setup: Setup) -> None:
        logged = setup()
        value = uuid.uuid4()
        log.info("e", a=True, b=None, c=1.5, d=[1, {"x": (2,)}], e=value, f=b"bytes", g=float("nan"), h={"s"})
        (line,) = logged.json()
        assert [line[name] for name in "abcdefgh"] == [
            True,
            None,
            1.5,
            [1, {"x": [2]}],
            str(value),
            "[5 bytes]",
            "nan",
            ["s"],
        ]

    def test_takes_positional_arguments(self, setup: Setup) -> None:
        logged = setup()
        log.info("%s of %d", "one", 2)
        assert logged.json()[0]["event"] == "one of 2"

    @pytest.mark.parametrize(
        "huge",
        [
            {"event": "x" * 100_000},
            {"event": "e", "value": "\x00" * 100_000},
            {"event": "e", **{f"field{number}": "y" * 3000 for number in range(100)}},
            {"event": "e", "value": [["z" * 100] * 1000] * 1000},
            {"event": "e", "value": {str(number): "\u20ac" * 500 for number in range(1000)}},
            {"event": "\x01" * 9000, "a": "\x01" * 9000},
        ],
        ids=range(6),
    )
    def test_is_whole_json_of_at_most_8_kib(self, setup: Setup, huge: dict[str, Any]) -> None:
        logged = setup()
        context.bind(**dict.fromkeys(context.NAMES, "\x02" * 500))
        log.info(**huge)
        (line,) = logged.console()
        assert len(line.encode()) <= redaction.LINE_LIMIT_BYTES
        assert json.loads(line)["logger"] == "solitude.payments"

    def test_is_whole_json_of_at_most_8_kib_even_with_a_traceback_that_swells(self, setup: Setup) -> None:
        """Each of these characters takes six in JSON."""
        logged = setup()
        context.bind(**dict.fromkeys(context.NAMES, "\x02" * 500))
        try:
            raise ValueError("\x01" * 9000 + "its end")
        except ValueError:
            log.exception("\x01" * 9000)
        (line,) = logged.console()
        assert len(line.encode()) <= redaction.LINE_LIMIT_BYTES
        assert json.loads(line)["exception"].endswith("its end\n")

    def test_a_nest_without_end_is_cut(self, setup: Setup) -> None:
        logged = setup()
        nest: list[Any] = []
        nest.append(nest)
        log.info("e", nest=nest)
        assert logged.json()[0]["nest"] == [[["[1 items]"]]]


class TestNothingSecretIsWritten:
    @pytest.fixture(autouse=True)
    def known_secret(self, registered: Any) -> None:
        registered("registered-canary")

    @pytest.mark.parametrize("canary", CANARIES)
    @pytest.mark.parametrize("debug", [False, True])
    def test_wherever_it_stands(self, setup: Setup, canary: str, debug: bool) -> None:
        logged = setup(debug=debug, to_files=True)
        event = f"event {canary} more"
        log.info(event, value=canary, nested=[{"a": canary, canary: 1}], glued=f"\n{canary}\n")
        log.info("event %s", canary)
        logging.getLogger("django.request").error("Server error: /x?email=%s", canary)
        logging.getLogger("other").warning({"dict": canary})
        try:
            try:
                raise KeyError(canary)
            except KeyError as error:
                raise ValueError(f"bad {canary}") from error
        except ValueError as error:
            log.exception("failed", error=error)
            logging.getLogger("django.request").exception("failed")
        console, file = logged.console(), logged.file()
        assert len(file) == 6
        for text in ("\n".join(console), "\n".join(file)):
            assert text.count("Traceback") >= 4
            for part in (canary, canary.replace(" ", ""), json.dumps(canary)[1:-1]):
                assert part not in text

    def test_secrets_and_sensitive_fields(self, setup: Setup) -> None:
        logged = setup()
        log.info("e", key=Secret("canary-1"), pin=1234, nested={"new_pin": "1234", "n": {"password": "two words"}})
        (line,) = logged.json()
        assert (line["key"], line["pin"], line["nested"]) == (MASK, MASK, {"new_pin": MASK, "n": {"password": MASK}})

    def test_a_card_number_that_is_a_number(self, setup: Setup) -> None:
        logged = setup()
        log.info("e", card=int(CARD), other=123456789012345678)
        (line,) = logged.json()
        assert (line["card"], line["other"]) == (MASK, "123456789012345678")

    def test_query_values_of_paths_in_django_s_lines(self, setup: Setup) -> None:
        logged = setup()
        logging.getLogger("django.request").error("Internal Server Error: %s", "/buyer/?name=Canary&zip=c4n4ry")
        assert logged.json()[0]["event"] == f"Internal Server Error: /buyer/?name={MASK}&zip={MASK}"

    @given(st.text(), st.dictionaries(st.text(max_size=20), st.text(), max_size=4), st.sampled_from(CANARIES[:-1]))
    def test_in_any_company(self, text: str, fields: dict[str, str], canary: str) -> None:
        """And the line is one line of whole JSON."""
        record: Any = logging.LogRecord("solitude.x", logging.INFO, "", 1, "", (), None)
        record.msg = fields | {"event": f"{text} {canary} {text}", "more": [f"{text}\n{canary}\n{text}"]}
        record._logger = log
        line = lines.LineFormatter(lines.as_json).format(record)
        assert canary not in line
        assert len(line.splitlines()) == 1
        assert len(line.encode()) <= redaction.LINE_LIMIT_BYTES
        assert json.loads(line)["logger"] == "solitude.x"
        assert canary not in str(json.loads(line))

    def test_what_is_found_only_in_the_whole_line_does_not_break_it(self, setup: Setup, registered: Any) -> None:
        logged = setup()
        registered('"first":"one","second":"two"')
        log.info("e", first="one", second="two")
        (line,) = logged.json()
        assert line["event"].endswith(f'"event":"e",{MASK}}}')


class TestWhatCannotBeRendered:
    def test_wrong_arguments_cost_a_line_and_not_the_caller(self, setup: Setup) -> None:
        logged = setup()
        template = "%d and %d"
        logging.getLogger("django").warning(template, EMAIL)
        (line,) = logged.json()
        assert (line["event"], line["error"]) == ("a log line could not be rendered", "TypeError")

    def test_a_value_that_cannot_be_shown(self, setup: Setup) -> None:
        class Broken:
            def __str__(self) -> str:
                raise RuntimeError(EMAIL)

        logged = setup()
        log.info("e", value=Broken())
        (line,) = logged.json()
        assert (line["error"], line["logger"]) == ("RuntimeError", "solitude.payments")

    def test_a_full_disk_does_not_print_the_raw_values(self, setup: Setup, monkeypatch: pytest.MonkeyPatch) -> None:
        logged = setup(to_files=True)

        def full(*args: object) -> None:
            raise OSError(28, "No space left on device")

        monkeypatch.setattr(logging.FileHandler, "emit", full)
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("solitude.telemetry.rotation.RotatingFile.shouldRollover", full)
            log.info("e %s", EMAIL)
        assert len(logged.console()) == 1


class TestLevels:
    @pytest.mark.parametrize(
        ("logger", "quietest"),
        [
            ("solitude", "info"),
            ("solitude.web", "info"),
            ("solitude.outbound", "info"),
            ("django", "warning"),
            ("django.request", "error"),
            ("django.db.backends", "warning"),
            ("granian", "warning"),
            ("granian.access", "warning"),
            ("_granian", "warning"),
            ("urllib3.connectionpool", "warning"),
            ("anything", "warning"),
        ],
    )
    @pytest.mark.parametrize("debug", [False, True])
    def test_from_where_a_logger_is_heard(self, setup: Setup, logger: str, quietest: str, debug: bool) -> None:
        logged = setup(debug=debug)
        levels = ["debug", "info", "warning", "error"]
        for level in levels:
            getattr(logging.getLogger(logger), level)(f"at {level}")
        heard = re.findall("at ([a-z]+)", "\n".join(logged.console()))
        expected = levels if debug and logger.startswith("solitude") else levels[levels.index(quietest) :]
        assert heard == expected

    def test_handlers_that_a_library_has_given_itself_go(
        self, setup: Setup, capsys: pytest.CaptureFixture[str]
    ) -> None:
        library = logging.getLogger("_granian")
        library.addHandler(logging.StreamHandler())
        library.propagate = False
        logged = setup()
        library.warning("once")
        assert [line["event"] for line in logged.json()] == ["once"]

    def test_a_logger_made_before_is_configured_too(self, setup: Setup) -> None:
        early = get_logger("solitude.early")
        logged = setup()
        early.info("heard", a=1)
        assert logged.json()[0]["a"] == 1

    def test_structlog_s_own_setup_is_not_needed(self, setup: Setup) -> None:
        logged = setup()
        structlog.reset_defaults()
        get_logger("solitude.x").info("e")
        assert len(logged.json()) == 1


class TestPlaces:
    def test_debug_shows_text_on_the_console_and_json_in_the_file(self, setup: Setup) -> None:
        logged = setup(debug=True, to_files=True)
        log.info("paid", amount="1.10", note="two words", empty="", flag=True)
        (line,) = logged.console()
        assert re.fullmatch(
            r'\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z info     solitude.payments: paid amount=1.10 note="two words" '
            'empty="" flag=true',
            line,
        )
        assert json.loads(logged.file()[0])["note"] == "two words"

    @pytest.mark.parametrize("debug", [False, True])
    def test_what_a_record_holds_is_looked_at_once_for_all_places(self, setup: Setup, debug: bool) -> None:
        asked: list[int] = []

        class Counting:
            def __str__(self) -> str:
                asked.append(1)
                return f"asked {len(asked)}"

        logged = setup(debug=debug, to_files=True)
        log.info("e", value=Counting())
        log.info("e", value=Counting())
        (first, second), in_file = logged.console(), logged.file()
        assert asked == [1, 1]
        assert "asked 1" in first
        assert "asked 2" in second
        assert [json.loads(line)["value"] for line in in_file] == ["asked 1", "asked 2"]

    def test_a_traceback_on_the_console_stays_behind_its_bar(self, setup: Setup) -> None:
        logged = setup(debug=True)
        try:
            raise ValueError("x\n2026-11-23T12:00:00.000Z info solitude: forged")
        except ValueError:
            log.exception("failed")
        first, *rest = logged.console()
        assert "failed" in first
        assert len(rest) >= 4
        assert all(line.startswith("  | ") for line in rest)

    def test_a_traceback_in_json_keeps_its_end(self, setup: Setup) -> None:
        logged = setup()

        def deep(level: int) -> None:
            if level == 0:
                raise ValueError("the end " + "x" * 50_000 + " of it")
            deep(level - 1)

        try:
            deep(200)
        except ValueError:
            log.exception("failed")
        (line,) = logged.json()
        assert line["exception"].startswith("Traceback")
        assert line["exception"].rstrip().endswith("of it")

    def test_a_folder_that_cannot_be_used_stops_the_start(self, tmp_path: Path) -> None:
        (tmp_path / "file").touch()
        with pytest.raises(OSError):
            logs.configure(debug=False, directory=tmp_path / "file" / "logs")

    @pytest.mark.parametrize("name", ["solitude.log", "cef.log"])
    def test_a_file_that_cannot_be_opened_is_told_stops_nothing_and_is_tried_again(
        self, setup: Setup, tmp_path: Path, name: str
    ) -> None:
        """As one that a command of root has left there. Whom the tests run as may open all, but no folder."""
        (tmp_path / "logs" / name).mkdir(parents=True)
        logged = setup(to_files=True)
        (told,) = logged.json()
        assert (told["level"], told["event"]) == ("error", "log_file_not_opened")
        assert told["file"].endswith(f"/{name}")
        assert told["reason"] == "Is a directory"
        log.info("paid")
        cef.event("Lost", 1)
        (tmp_path / "logs" / name).rmdir()
        log.info("later")
        cef.event("Kept", 1)
        assert len(logged.file(name)) == 1
        assert ("later" if name == "solitude.log" else "Kept") in logged.file(name)[0]

    def test_a_server_can_set_the_same_again(self, setup: Setup, tmp_path: Path) -> None:
        logged = setup(to_files=True)
        chosen = logs.configuration(debug=False, directory=logged.directory)
        before = copy.deepcopy(chosen)
        logging.config.dictConfig(chosen)
        logging.config.dictConfig(chosen)
        log.info("once")
        assert chosen == before
        assert len(logged.file()) == 1
