"""A marketplace that does not stop: buyers, PINs, payments and Bango's events, from several threads; every failure is kept."""

import itertools
import threading
import uuid
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import pytest

from solitude.client import InvalidRequest, ProviderUnavailable, Retries, Solitude, SolitudeError

THREADS = 3
PIN = "1234"
PIN_BUYERS = 4
ITEMS = {"userId": "1", "status": "OK", "bango": "7710042", "paymentAmount": "2.10", "paymentCurrency": "EUR"}


def event_of(transaction: str, uuid: str) -> str:
    """Bango's event about a payment that nobody knows: whether it is believed is told by the answer."""
    items = {**ITEMS, "transId": transaction, "externalCPTransID": uuid}
    data = "".join(f'<item name="{name}" value="{value}"/>' for name, value in items.items())
    event = f"<event><id>1</id><action>PAYMENT</action><data>{data}</data></event>"
    return f'<bangoEvents version="1.0"><packageId>50021</packageId><eventList>{event}</eventList></bangoEvents>'


@dataclass
class Load:
    """`secret` and `bango_password` may change while it runs."""

    url: str
    key: str
    bango_user: str
    secret: str
    bango_password: str
    done: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)
    _stop: threading.Event = field(default_factory=threading.Event)

    def client(self) -> Solitude:
        return Solitude(self.url, self.key, self.secret, retries=Retries(tries=1), timeout_s=60)

    def prepare(self) -> None:
        """Buyers with PINs, and one who may be charged is the caller's to make."""
        client = self.client()
        for number in range(PIN_BUYERS):
            client.create_buyer(f"pin:{number}", email=f"pin{number}@buyer.example", pin=PIN)
            assert client.confirm_pin(f"pin:{number}", PIN)

    @contextmanager
    def running(self) -> Iterator["Load"]:
        threads = [threading.Thread(target=self._work, args=(number,)) for number in range(THREADS)]
        for thread in threads:
            thread.start()
        try:
            yield self
        finally:
            self._stop.set()
            for thread in threads:
                thread.join(120)

    def _work(self, thread: int) -> None:
        used, client = "", self.client()
        for turn in itertools.count(thread):
            if self._stop.is_set():
                return
            if used != self.secret:
                used, client = self.secret, self.client()
            for name, step in self._steps(client, turn).items():
                try:
                    step()
                    self.done[name] += 1
                except (SolitudeError, AssertionError) as error:
                    self.failures.append(f"{name}: {error!r}")

    def _steps(self, client: Solitude, turn: int) -> dict[str, Callable[[], Any]]:
        name = f"load:{uuid.uuid4()}"
        email = f"{name[5:]}@buyer.example"

        def find() -> None:
            found = list(client.buyers_with_email(email))
            assert [one.uuid for one in found] == [name], "a buyer was not found by the e-mail address"

        def charge() -> None:
            paid = client.pay(user_id="ada", app_id="5530", amount="2.49", currency="EUR", use_preapproval=True)
            assert paid.status == "completed", paid.status

        def event() -> None:
            told = event_of(name[5:], name)
            with pytest.raises((InvalidRequest, ProviderUnavailable)) as refused:
                client.take_in_bango_event(told, self.bango_user, self.bango_password)
            # It was believed: what it is about is only not known, or a worker was faster and is at it.
            answer = str(refused.value.body)
            assert "Transaction not found" in answer or refused.value.code == "in_progress", answer

        return {
            "create": lambda: client.create_buyer(name, email=email),
            "find": find,
            "verify": lambda: self._verify(client, turn),
            "charge": charge,
            "event": event,
        }

    def _verify(self, client: Solitude, turn: int) -> None:
        assert client.verify_pin(f"pin:{turn % PIN_BUYERS}", PIN).valid, "a right PIN was not taken"
