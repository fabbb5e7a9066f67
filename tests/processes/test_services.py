"""The services of a real server, where its logs go to real files."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest
import urllib3

from solitude.client import Forbidden, Retries, ServerError, Solitude
from tests.support import processes
from tests.support.environment import CLIENTS
from tests.support.processes import House

pytestmark = pytest.mark.long
WELL = {"proxies": True, "db": True, "cache": True, "settings": True}


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with processes.house(tmp_path_factory.mktemp("house")) as running:
        yield running


def asked(house: House) -> Solitude:
    return Solitude(house.url, processes.KEY, str(CLIENTS[processes.KEY]), retries=Retries(tries=1))


def lines(house: House, name: str) -> list[str]:
    return (house.home / "logs" / name).read_text().splitlines()


def test_the_status_is_told_to_whoever_may_reach_it(house: House) -> None:
    answer = urllib3.request("GET", f"{house.url}/services/status/", retries=False)

    assert (answer.status, answer.json()) == (200, WELL)


def test_a_provider_that_goes_away_is_seen_and_hurts_nothing(house: House, tmp_path: Path) -> None:
    more = {"SOLITUDE_STATUS_PROBE_LIFE_S": "1", "SOLITUDE_STATUS_PROBE_TIMEOUT_MS": "300"}
    with processes.house(tmp_path, SOLITUDE_PAYPAL_URL="http://127.0.0.1:9/paypal", **more) as alone:
        status = asked(alone).status()

    assert (status.ok, status.proxies, status.db) == (True, False, True)


def test_error_writes_a_security_event_of_severity_3_and_a_line(house: House) -> None:
    with pytest.raises(ServerError) as failed:
        asked(house).call("GET", "/services/error/")

    assert failed.value.body == {"error": "TestError"}
    (event,) = [line for line in lines(house, "cef.log") if "|TestError|" in line]
    assert "CEF:0|Mozilla|Solitude|0|/services/error/|TestError|3|" in event
    told = [json.loads(line) for line in lines(house, "solitude.log") if "TestError" in line]
    assert ("error", "solitude.web", "uncaught_exception") in [
        (one["level"], one["logger"], one["event"]) for one in told
    ]


def test_logs_writes_what_it_says_that_it_writes(house: House) -> None:
    found = asked(house).call("GET", "/services/logs/")

    assert (set(found), found["failed"]) == ({"passed", "failed", "skipped"}, [])
    passed = {tuple(pair) for pair in found["passed"]}
    written = [json.loads(line) for line in lines(house, "solitude.log") if "services_logs" in line]
    seen = {(line["logger"], line["level"].upper()) for line in written}
    assert seen <= passed
    ours = {logger for logger, _ in passed if logger.startswith("solitude.") and logger != "solitude.cef"}
    # The house runs with debug, so every level of ours is on.
    assert {(logger, level) for logger in ours - {"solitude.cef.alarm"} for level in ("CRITICAL", "DEBUG")} <= seen
    assert {"solitude.web", "solitude.payments", "solitude.paypal", "solitude.outbound"} <= ours


def test_the_settings_are_not_shown(house: House) -> None:
    with pytest.raises(Forbidden):
        asked(house).setting_names()
