"""PayPal's access token: kept in this process's memory, renewed before it ends, by one thread at a time."""

import base64
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass

from solitude.telemetry.logs import get_logger
from solitude.telemetry.redaction import Secret
from solitude.turns import aside

log = get_logger("solitude.paypal")
# PayPal's tokens live about nine hours. A renewal this long before the end never delays a payment at the last moment.
RENEW_BEFORE_S = 300
# After a renewal that failed, the token that still lives is used for this long before the next try.
TRY_AGAIN_S = 30


class NoToken(Exception):
    """There is no token to be had now."""


@dataclass(frozen=True, slots=True)
class AccessToken:
    """A token with the times, on this process's monotonic clock, at which it is to be renewed and at which it ends."""

    value: Secret
    renew_at: float
    ends_at: float

    @classmethod
    def living(cls, value: str, expires_in_s: int) -> "AccessToken":
        now = time.monotonic()
        # A short-lived token is used for half of its life.
        return cls(Secret(value), now + max(expires_in_s - RENEW_BEFORE_S, expires_in_s // 2), now + expires_in_s)


class TokenKeeper:
    """Gives the token; `fetch` is asked for a new one when there is none or it is near its end, and raises NoToken."""

    def __init__(self, fetch: Callable[[], AccessToken]) -> None:
        self._fetch = fetch
        self._lock = threading.Lock()
        self._token: AccessToken | None = None
        self._try_again_at = 0.0
        self._failures = 0
        self._failure: NoToken | None = None

    def get(self) -> Secret:
        """The token. Raises NoToken."""
        token, now = self._token, time.monotonic()
        if token is None or now >= token.ends_at:
            with aside():
                return self._renewed(token).value
        if now >= max(token.renew_at, self._try_again_at):
            with aside():
                self._renew_early(token)
        return (self._token or token).value

    def refused(self, value: Secret) -> None:
        """The token was refused: the next `get` fetches another, unless somebody has done so already."""
        with self._lock:
            if self._token is not None and self._token.value == value:
                self._token = None

    def _renewed(self, seen: AccessToken | None) -> AccessToken:
        failures_seen = self._failures
        with self._lock:
            # While this thread waited, another may have renewed it.
            if self._token is not None and self._token is not seen:
                return self._token
            # Or have failed to: everybody in line would wait for the same time-out, one after the other.
            if self._failure is not None and self._failures != failures_seen:
                raise self._failure.with_traceback(None)
            return self._fetched()

    def _renew_early(self, seen: AccessToken) -> None:
        """The token still lives: nobody waits for its renewal, and a renewal that fails fails no payment."""
        if not self._lock.acquire(blocking=False):
            return
        try:
            if self._token is seen:
                self._fetched()
        except NoToken:
            self._try_again_at = time.monotonic() + TRY_AGAIN_S
            log.warning("paypal_token_not_renewed")
        finally:
            self._lock.release()

    def _fetched(self) -> AccessToken:
        try:
            self._token, self._failure = self._fetch(), None
        except NoToken as error:
            self._failures, self._failure = self._failures + 1, error
            raise
        return self._token


def basic(client_id: str, client_secret: str) -> str:
    return "Basic " + base64.b64encode(f"{client_id}:{client_secret}".encode()).decode()
