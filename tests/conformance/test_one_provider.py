"""`make kit PROVIDER=…`: who is named is tried, and nobody else."""

import os
from pathlib import Path

import pytest
from tests.conformance import elsewhere, kit
from tests.support import installed


def test_without_a_name_nothing_is_run(capsys: pytest.CaptureFixture[str]) -> None:
    assert kit.main([], os.environ) == kit.FAILED_TO_START
    assert "PROVIDER must name a provider" in capsys.readouterr().err


@pytest.mark.long
def test_a_name_that_nobody_has_is_told_with_those_that_there_are() -> None:
    ended = elsewhere.run(elsewhere.KIT, settings=kit.settings("nobody"), timeout_s=60, TESTS_KIT="nobody")
    assert ended.returncode != 0
    assert "nobody is none of paypal-rest, paypal-classic, bango, reference" in ended.stdout + ended.stderr


def test_one_in_a_package_is_turned_on(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert kit.settings("reference") == kit.settings("nobody") == {}
    for place in installed.as_if(installed.EXAMPLE, tmp_path).split(":"):
        monkeypatch.syspath_prepend(place)
    assert kit.settings("acme") == {"SOLITUDE_PROVIDERS": "acme", "SOLITUDE_ACME_TIMEOUT_MS": kit.TIMEOUT_MS}
