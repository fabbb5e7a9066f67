"""The file `.env` counts in development, and never where debug is off."""

from pathlib import Path

import pytest
from tests.configuration.starting import settings_of

from solitude.configuration import ConfigurationError


@pytest.fixture(autouse=True)
def _here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)


def threads(**variables: str) -> int:
    return int(settings_of(variables)["SOLITUDE_SERVE_THREADS"])


def test_it_is_read_in_development() -> None:
    Path(".env").write_text("SOLITUDE_SERVE_THREADS=7\nexport SOLITUDE_BODY_MAX_BYTES=2000\n# SOLITUDE_X=1\nOTHER=x\n")
    assert threads(SOLITUDE_DEBUG="true") == 7
    assert threads(SOLITUDE_DEBUG=" True ") == 7


def test_it_may_say_itself_that_this_is_development() -> None:
    Path(".env").write_text("SOLITUDE_DEBUG=true\nSOLITUDE_SERVE_THREADS=7\n")
    assert threads() == 7


@pytest.mark.parametrize("debug", ["false", "0", ""])
def test_it_is_not_read_where_debug_is_off(debug: str) -> None:
    Path(".env").write_text("SOLITUDE_DEBUG=true\nSOLITUDE_SERVE_THREADS=7\nSOLITUDE_REQUIRE_SIGNATURE=false\n")
    assert threads(SOLITUDE_DEBUG=debug) == 320


def test_it_is_not_read_where_nobody_says_that_this_is_development() -> None:
    Path(".env").write_text("SOLITUDE_SERVE_THREADS=7\n")
    assert threads() == 320


def test_the_environment_wins() -> None:
    Path(".env").write_text("SOLITUDE_SERVE_THREADS=7\n")
    assert threads(SOLITUDE_DEBUG="true", SOLITUDE_SERVE_THREADS="9") == 9


def test_another_file_may_be_named_or_none() -> None:
    Path(".env").write_text("SOLITUDE_SERVE_THREADS=7\n")
    Path("other").write_text("SOLITUDE_SERVE_THREADS=8\n")
    assert threads(SOLITUDE_DEBUG="true", SOLITUDE_ENV_FILE="other") == 8
    assert threads(SOLITUDE_DEBUG="true", SOLITUDE_ENV_FILE="") == 320
    assert threads(SOLITUDE_DEBUG="true", SOLITUDE_ENV_FILE="missing") == 320


def test_values_are_taken_as_they_are() -> None:
    Path(".env").write_text("SOLITUDE_PAYPAL_CLIENT_SECRET='p$HOME${PATH}'\n")
    assert settings_of({"SOLITUDE_DEBUG": "true"})["SOLITUDE_PAYPAL_CLIENT_SECRET"] == "p$HOME${PATH}"


def test_a_file_that_is_no_text_stops_the_start() -> None:
    Path(".env").write_bytes(b"SOLITUDE_DEBUG=\xff\xfe")
    with pytest.raises(ConfigurationError, match="SOLITUDE_ENV_FILE"):
        settings_of({"SOLITUDE_DEBUG": "true"})
