"""Who waits for a certificate that another request fetches keeps nobody from coming back with it."""

from concurrent.futures import ThreadPoolExecutor
from threading import Event
from typing import Any

import pytest

from solitude.providers.paypal.rest.certificates import Certificates
from solitude.turns import Turns, aside, turn

WITHIN_S = 20
URL = "https://api.paypal.com/v1/notifications/certs/a"


def test_one_turn_is_enough_for_two_that_want_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    certificates = Certificates(allowed=(), ca_file=None, simulator_ca_url="", connect_timeout_ms=100, timeout_ms=100)
    turns, is_away, other_has_turn = Turns(1, 2), Event(), Event()

    def fetch(_url: str) -> Any:
        with aside():
            is_away.set()
            assert other_has_turn.wait(WITHIN_S)
        return "a chain"

    class Kept(dict[str, Any]):
        def get(self, *given: Any) -> Any:
            other_has_turn.set()
            return super().get(*given)

    monkeypatch.setattr(certificates, "_fetch", fetch)
    monkeypatch.setattr(certificates, "_keep", lambda *_: None)

    def want() -> Any:
        with turn(turns, WITHIN_S):
            return certificates._chain(URL)

    with ThreadPoolExecutor(2) as threads:
        first = threads.submit(want)
        assert is_away.wait(WITHIN_S)
        # It has the turn when it looks who is under way.
        monkeypatch.setattr(certificates, "_under_way", Kept(certificates._under_way))
        second = threads.submit(want)
        assert first.result(WITHIN_S) == "a chain"
        assert second.result(WITHIN_S) == "a chain"
