"""What one request asks PayPal for, others wait for: they must not have the turn without which it cannot come back."""

import time
from collections.abc import Callable
from threading import Event, Thread
from typing import Any

import pytest

from solitude.providers.paypal.rest.certificates import Certificates
from solitude.providers.paypal.rest.token import AccessToken, TokenKeeper
from solitude.turns import Turns, aside, turn

WITHIN_S = 10
URL = "https://api.paypal.com/v1/notifications/certs/a"


class Away:
    """Asks PayPal, which answers when the other one has the turn."""

    def __init__(self) -> None:
        self.is_begun, self.other_has_turn = Event(), Event()

    def ask(self) -> None:
        with aside():
            self.is_begun.set()
            assert self.other_has_turn.wait(WITHIN_S)


def both_end(away: Away, first: Callable[[], Any], second: Callable[[], Any]) -> bool:
    """Whether they do, with one turn for the two."""
    turns = Turns(1, 2)

    def work(begin: Callable[[], object], do: Callable[[], Any]) -> None:
        with turn(turns, WITHIN_S):
            begin()
            do()

    # They die with the process, should they wait for each other for ever.
    threads = [
        Thread(target=work, args=(lambda: None, first), daemon=True),
        Thread(target=work, args=(away.other_has_turn.set, second), daemon=True),
    ]
    threads[0].start()
    assert away.is_begun.wait(WITHIN_S)
    threads[1].start()
    for thread in threads:
        thread.join(WITHIN_S)
    return not any(thread.is_alive() for thread in threads)


def test_those_who_want_the_same_certificate(monkeypatch: pytest.MonkeyPatch) -> None:
    away = Away()
    found: list[Any] = []
    certificates = Certificates(allowed=(), ca_file=None, simulator_ca_url="", connect_timeout_ms=100, timeout_ms=100)

    def fetch(_url: str) -> str:
        away.ask()
        return "a chain"

    monkeypatch.setattr(certificates, "_fetch", fetch)
    monkeypatch.setattr(certificates, "_keep", lambda *_: None)

    def want() -> None:
        found.append(certificates._chain(URL))

    assert both_end(away, want, want)
    assert found == ["a chain", "a chain"]


def keeper_of(away: Away) -> TokenKeeper:
    def fetch() -> AccessToken:
        away.ask()
        return AccessToken.living("token", 600)

    return TokenKeeper(fetch)


def test_those_who_want_the_first_token() -> None:
    away = Away()
    keeper = keeper_of(away)
    assert both_end(away, keeper.get, keeper.get)
    assert keeper.get().reveal() == "token"


def test_who_was_refused_with_a_token_that_is_being_renewed() -> None:
    away = Away()
    keeper = keeper_of(away)
    old = AccessToken.living("old", 600)
    keeper._token = AccessToken(old.value, time.monotonic() - 1, old.ends_at)
    assert both_end(away, keeper.get, lambda: keeper.refused(old.value))
    assert keeper.get().reveal() == "token"
