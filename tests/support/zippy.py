"""The reference provider's simulator of this test process, and how a test plays buyer and fate there."""

import re
from functools import cache
from typing import Any
from urllib.parse import urlencode, urlsplit, urlunsplit

from tests.support import simulator
from tests.support.controlled import Controlled

KEY, SECRET = "sandbox-zippykey", "sandbox-zippyscr"
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class ZippySimulator(Controlled):
    """The reference provider's."""

    def pay(self, url: str) -> str:
        """Opens the page as a buyer, goes through its screens, and pays; where the provider sends the buyer back to."""
        return self._decide(url, "")

    def fail(self, url: str, error: str = "CC_ERROR") -> str:
        """As `pay`, but the payment fails: `CC_ERROR` or `DIR_BILL_ERROR`."""
        return self._decide(url, error)

    def cancel(self, url: str) -> str:
        """The provider has no way to cancel: who does not want to pay any more lets the payment fail."""
        return self.fail(url)

    def told(self, after: int = 0) -> list[dict[str, Any]]:
        """The notices that were made, the oldest first: `signed_notice`, `type` (`success` or `error`), `url`, `number`, `transaction`."""
        return list(self._control("GET", f"notices?after={after}&limit=1000")["notices"])

    def rotate_keys(self) -> None:
        """Signs with a new key from now on."""
        self._control("POST", "keys", {})

    def forget_key(self, number: int) -> None:
        """What this key has signed is not genuine any more."""
        self._control("POST", "keys", {"forget": number})

    def keys(self) -> list[int]:
        """The numbers of the keys, the one that signs last."""
        return list(self._control("GET", "keys")["keys"])

    def deliver(self, **manner: Any) -> None:
        """How notices are brought: `paused`, `duplicates`, `shuffle`, `delay_ms`."""
        self._control("POST", "delivery", manner)

    def _decide(self, url: str, failure: str) -> str:
        screen = self._http.request("GET", url)
        assert screen.status == 200, screen.data[:500]
        cookie = {"Cookie": screen.headers["Set-Cookie"].partition(";")[0]}
        token = re.search(r'name="tx" value="([0-9a-f]{128})"', screen.data.decode())
        assert token, "the screen names no payment"
        process = urlunsplit(urlsplit(url)._replace(path=f"{urlsplit(self.url).path}/payment/process", query=""))
        fields = urlencode({"simulate_fail": failure, "tx": token[1]})
        answer = self._http.request("POST", process, body=fields, headers=FORM | cookie, redirect=False)
        assert answer.status == 301, answer.data[:500]
        return str(answer.headers["Location"])


@cache
def running() -> ZippySimulator:
    """The one of this process."""
    return ZippySimulator(simulator.running().root, "reference")
