"""One call of a provider that speaks the reference interface: signed, sent once, recorded, and read as far as every call is read alike.

Signed as RFC 5849 says (OAuth 1.0a, HMAC-SHA1) with the provider's key and secret and no user's token: the method, the URL and its
query are covered, a JSON body is not.
"""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from typing import Any, Final
from urllib.parse import quote, urlencode

from django.conf import settings
from oauthlib.oauth1 import SIGNATURE_HMAC_SHA1, Client

from solitude.outbound.http import Answer, NoAnswer, NotSent, Outlet, Reason, Request
from solitude.outbound.record import Exchange, Kept, describe
from solitude.providers.reference.configured import ReferenceProvider
from solitude.telemetry import metrics
from solitude.web.bodies import decode, encode
from solitude.web.refusals import Refused

# There are no users' tokens; some servers want the parameter all the same.
NO_TOKEN: Final = "not-implemented"  # noqa: S105  # it says so itself
RETRY_AFTER_MAX_S = 3600
REDIRECTS = range(300, 400)
# What the call log keeps in clear. A transaction's token lets anybody pay, and a notice's query is proof of a payment; names and
# e-mail addresses are of persons: nothing outside this list is kept.
KEPT = Kept(
    keys=frozenset(
        """uuid status resource_pk resource_name ext_transaction_id carrier region currency price pay_method product_id seller_id
        external_id agreement code result""".split()
    ),
    headers=frozenset({"content-type", "retry-after"}),
)

Query = Iterable[tuple[str, str]]


@dataclass(frozen=True, slots=True)
class Ask:
    """One call: `path` as `segments.path_to` gives it, `operation` our name for it in logs."""

    method: str
    path: str
    operation: str
    body: Any = field(default=None, repr=False)
    query: tuple[tuple[str, str], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True)
class Reply:
    """The provider's answer. `body` is JSON; None where there is none, or (`understood` is False) what cannot be read."""

    status: int
    body: Any = field(repr=False)
    understood: bool
    retry_after_s: int | None
    exchanges: tuple[Exchange, ...] = ()

    @property
    def is_success(self) -> bool:
        return 200 <= self.status < 300 and self.understood

    @property
    def is_refusal(self) -> bool:
        """The provider says no. A 408 is its own time-out, and says nothing."""
        return 400 <= self.status < 500 and self.status != 408

    @property
    def refuses_credentials(self) -> bool:
        return self.status == 401

    @property
    def error(self) -> dict[str, Any]:
        """What the provider says of an error: `code`, `name`, `message`. Empty where it says nothing in that form."""
        error = self.body.get("error") if isinstance(self.body, dict) else None
        return error if isinstance(error, dict) else {}


@dataclass(frozen=True, slots=True)
class Failed:
    """No answer: `sent` is False only when it is certain that the provider did not act. `reason` is `busy` where we are."""

    sent: bool
    reason: str
    exchanges: tuple[Exchange, ...] = ()


class Wire:
    """The way to one provider. Made once for a process; used by all threads."""

    def __init__(self, provider: ReferenceProvider) -> None:
        self.provider = provider
        self._outlet = Outlet(
            provider.name,
            base_urls=[provider.url],
            connect_timeout_ms=settings.SOLITUDE_REFERENCE_CONNECT_TIMEOUT_MS,
            read_timeout_ms=settings.SOLITUDE_REFERENCE_TIMEOUT_MS,
            total_timeout_ms=settings.SOLITUDE_REFERENCE_TIMEOUT_MS,
            pool_size=settings.SOLITUDE_PAYMENTS_IN_PROGRESS_MAX,
            in_progress_limit=settings.SOLITUDE_PAYMENTS_IN_PROGRESS_MAX,
        )
        self._oauth = Client(
            provider.key,
            client_secret=provider.secret,
            resource_owner_key=NO_TOKEN,
            signature_method=SIGNATURE_HMAC_SHA1,
            realm=provider.realm or None,
        )

    def ask(self, ask: Ask) -> Reply | Failed:
        """Sends the call, once."""
        request = self.request(ask)
        sent_at = datetime.now(UTC)
        try:
            answer = self._outlet.send(request)
            self._time(ask, answer.duration_ms)
        except (NotSent, NoAnswer) as error:
            self._time(ask, error.duration_ms)
            exchange = describe(request, error, sent_at=sent_at, kept=KEPT)
            busy = error.reason in (Reason.BUSY, Reason.NO_CONNECTION_FREE)
            return Failed(isinstance(error, NoAnswer), "busy" if busy else str(error.reason), (exchange,))
        exchange = describe(request, answer, sent_at=sent_at, kept=KEPT)
        body, understood = _read(answer)
        return Reply(answer.status, body, understood, _retry_after(answer), (exchange,))

    def _time(self, ask: Ask, duration_ms: int) -> None:
        name = self.provider.name.replace("-", "_")
        metrics.timing_ms(f"solitude.provider.{name}.proxy.{ask.method.lower()}", duration_ms)

    def request(self, ask: Ask) -> Request:
        """The call as it goes over the wire, signed for this moment."""
        query = urlencode(ask.query, quote_via=quote)
        url = f"{self.provider.url}{ask.path}" + (f"?{query}" if query else "")
        _, headers, _ = self._oauth.sign(url, http_method=ask.method)
        headers["Accept"] = "application/json"
        body = b""
        if ask.body is not None:
            headers["Content-Type"], body = "application/json", encode(ask.body)
        return Request(ask.method, url, headers, body, ask.operation)


@cache
def wire(provider: ReferenceProvider) -> Wire:
    """The one of this process; the settings name so many providers as there are."""
    return Wire(provider)


def _read(answer: Answer) -> tuple[Any, bool]:
    """The JSON, and whether the answer could be read: no body at all is an answer too, but a page or a redirect is none."""
    if answer.status in REDIRECTS:
        return None, False
    if not answer.body.strip():
        return None, True
    try:
        return decode(answer.body), True
    except Refused:
        return None, False


def _retry_after(answer: Answer) -> int | None:
    text = answer.headers.get("Retry-After", "")
    return min(int(text), RETRY_AFTER_MAX_S) if text.isascii() and text.isdigit() and len(text) < 9 else None
