"""One call of PayPal's REST API: authorised, sent once, recorded, and read as far as every call is read alike.

The rules are those of https://developer.paypal.com/api/rest/: a bearer token, PayPal-Request-Id as idempotency key,
PayPal-Auth-Assertion when acting for a seller, PayPal-Debug-Id as correlation id.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import Any
from urllib.parse import quote

import msgspec
from django.conf import settings

from solitude.outbound import ways
from solitude.outbound.http import Answer, NoAnswer, NotSent, Outlet, Reason, Request
from solitude.outbound.record import Exchange
from solitude.outbound.ways import Sender
from solitude.providers.paypal.names import NAME, SELLER, TOKEN
from solitude.providers.paypal.outlets import outlet
from solitude.providers.paypal.rest.identity import Identity, TokenNotGiven, grant
from solitude.providers.paypal.rest.identity import TokenRefused as TokenRefused
from solitude.providers.paypal.rest.recording import PAYMENT_KEYS, VAULT_KEYS, Recording
from solitude.providers.paypal.unanswered import Failed as Failed
from solitude.providers.paypal.unanswered import no_answer
from solitude.telemetry.redaction import Secret


@dataclass(frozen=True, slots=True)
class Reply:
    """PayPal's answer: the HTTP status and the JSON body, `{}` where there is none. `understood` is False for no JSON."""

    status: int
    body: Mapping[str, Any]
    understood: bool
    correlation_id: str
    retry_after_s: int | None
    exchanges: tuple[Exchange, ...]

    @property
    def issue(self) -> str:
        """What PayPal decides by: the first detail's issue, else the error's name."""
        return str(self.detail.get("issue") or self.body.get("name") or self.body.get("error") or "")

    @property
    def detail(self) -> Mapping[str, Any]:
        details = self.body.get("details")
        first = details[0] if isinstance(details, list) and details else {}
        return first if isinstance(first, dict) else {}

    def link(self, *rels: str) -> str:
        links = self.body.get("links")
        for link in links if isinstance(links, list) else []:
            if isinstance(link, dict) and link.get("rel") in rels:
                return str(link.get("href", ""))
        return ""


@dataclass(frozen=True, slots=True)
class Ask:
    """One call. `vault`: its ids are secrets. `seller`: the PayPal id of the seller that we act for.

    `raw_body` is sent as it is, for what must not be written anew. `bearer` is the token of a person who has logged in, in place of ours.
    """

    method: str
    path: str
    operation: str
    body: Mapping[str, Any] | None = None
    request_id: str = ""
    seller: str = ""
    vault: bool = False
    secret_in_path: Secret | None = field(default=None, repr=False)
    raw_body: bytes = field(default=b"", repr=False)
    bearer: Secret | None = None


class Wire:
    """The way to PayPal: with our credentials, or through the proxy, which has them."""

    def __init__(self, way: str = NAME) -> None:
        """`way` is the one through the proxy."""
        self._sender: Sender = ways.sender(way) if ways.is_proxied(NAME) else local_outlet()
        self.identity = None if ways.is_proxied(NAME) else Identity(self._sender)

    def ask(self, ask: Ask) -> Reply | Failed:
        """Sends the call; a token that PayPal no longer takes is renewed once. Raises TokenRefused."""
        return self._exchange(_request(ask), VAULT_KEYS if ask.vault else PAYMENT_KEYS, is_ours=ask.bearer is None)

    def grant(self, fields: Mapping[str, str], operation: str) -> Reply | Failed:
        """What PayPal gives for a grant of OAuth. Raises TokenRefused where it does not take our credentials."""
        return self._exchange(grant(fields, operation), PAYMENT_KEYS, is_ours=True)

    def _exchange(self, request: Request, keys: frozenset[str], *, is_ours: bool) -> Reply | Failed:
        """`is_ours`: the request goes by our credentials, and not by a person's token."""
        recording = Recording(self._sender, keys)
        try:
            answer = self.identity.send(request, recording) if self.identity else recording.send(request)
        except TokenRefused as error:
            raise TokenRefused((*recording.exchanges, *error.exchanges)) from None
        except TokenNotGiven as error:
            return replace(error.failed, exchanges=(*recording.exchanges, *error.failed.exchanges))
        except (NotSent, NoAnswer) as error:
            if error.reason == Reason.CREDENTIALS_REFUSED:
                raise TokenRefused(recording.exchanges) from None
            return no_answer(error, recording.exchanges)
        if answer.status == HTTPStatus.UNAUTHORIZED and is_ours:
            raise TokenRefused(recording.exchanges)
        return _read(answer, recording.exchanges)


def local_outlet() -> Outlet:
    """The way out of a process that has the credentials."""
    return outlet(
        NAME,
        settings.SOLITUDE_PAYPAL_URL,
        settings.SOLITUDE_PAYMENTS_IN_PROGRESS_MAX,
        correlation_header="PayPal-Debug-Id",
    )


def _request(ask: Ask) -> Request:
    """The call as it goes over the wire, as yet without who we are."""
    headers = {"Content-Type": "application/json", "Accept": "application/json", "Prefer": "return=representation"}
    if ask.request_id:
        headers["PayPal-Request-Id"] = ask.request_id
    if ask.seller:
        # Whatever somebody's name is: a header field is ASCII.
        headers[SELLER] = quote(ask.seller, safe="@")
    if ask.bearer:
        headers[TOKEN] = ask.bearer.reveal()
    body = ask.raw_body if ask.body is None else json.dumps(ask.body, separators=(",", ":")).encode()
    secret = ask.secret_in_path.reveal() if ask.secret_in_path else ""
    url = f"{settings.SOLITUDE_PAYPAL_URL}{ask.path}{secret}"
    return Request(ask.method, url, headers, body, ask.operation, secret_tail=len(secret))


def _read(answer: Answer, exchanges: tuple[Exchange, ...]) -> Reply:
    body: Any = {}
    understood = True
    if answer.body:
        try:
            body = msgspec.json.decode(answer.body)
        except (msgspec.DecodeError, RecursionError, ValueError):
            understood = False
    if not isinstance(body, dict):
        body, understood = {}, False
    correlation_id = answer.correlation_id or str(body.get("debug_id", ""))[:128]
    return Reply(answer.status, body, understood, correlation_id, answer.retry_after_s, exchanges)
