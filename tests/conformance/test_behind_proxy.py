"""The kit, with the house in two processes: every provider passes the same tests through the proxy."""

import faulthandler
import re
from pathlib import Path

import pytest
from tests.conformance import behind_proxy, elsewhere, tally
from tests.conformance.adapters import OWN, SIMULATED

pytestmark = pytest.mark.long
WITHIN_S = 600
OF_THE_HOUSE = [name for name, adapter in SIMULATED.items() if adapter not in OWN]


@pytest.mark.parametrize("name", OF_THE_HOUSE)
def test_it_passes_for(name: str, tmp_path: Path, request: pytest.FixtureRequest) -> None:
    # It waits for many tests, each of which has pytest's limit for itself.
    faulthandler.cancel_dump_traceback_later()
    with behind_proxy.running(tmp_path, {}) as (settings, variables):
        kit = elsewhere.run(
            *("-m", "not long", *behind_proxy.selected(name)),
            settings=settings,
            timeout_s=WITHIN_S,
            TESTS_KIT=name,
            **variables,
        )

    print(kit.stdout[-3000:])
    passed = re.search(rf"{name}: (\d+) passed", kit.stdout)
    assert kit.returncode == 0, kit.stdout[-5000:] + kit.stderr[-2000:]
    assert passed
    tally.tell(request.node, f"{name} through the proxy: {passed[1]} tests of the kit")
