"""One call of PayPal's REST API: authorised, sent once, recorded, and read as far as every call is read alike.

The rules are those of https://developer.paypal.com/api/rest/: a bearer token, PayPal-Request-Id as idempotency key,
PayPal-Auth-Assertion when acting for a seller, PayPal-Debug-Id as correlation id.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any
from urllib.parse import urlencode

import msgspec
from django.conf import settings

from solitude.outbound.http import Answer, NoAnswer, NotSent, Reason, Request
from solitude.outbound.record import Exchange, Kept, describe
from solitude.providers.paypal.outlets import outlet
from solitude.providers.paypal.rest.token import AccessToken, NoToken, TokenKeeper, basic
from solitude.providers.paypal.unanswered import Failed as Failed
from solitude.telemetry.redaction import Secret

# What the call log keeps in clear. Ids of orders and captures are not secrets; ids of the vault are, and so is everything
# about persons: nothing outside this list is kept.
PAYMENT_KEYS = frozenset(
    "id status intent custom_id invoice_id reference_id currency_code value issue field location name debug_id description "
    "disbursement_mode final_capture create_time update_time reason user_action shipping_preference method rel "
    "message error error_description token_type expires_in merchant_id usage_type type".split()
)
VAULT_KEYS = PAYMENT_KEYS - {"id", "name", "value"}
# An error's details repeat the value at fault, which may be a stored credential.
_OF_ERRORS = frozenset({"value"})
_HEADERS = frozenset({"paypal-request-id", "prefer", "paypal-debug-id", "retry-after", "content-type"})


class TokenRefused(NoToken):
    """PayPal refuses our credentials."""

    def __init__(self, exchanges: tuple[Exchange, ...] = ()) -> None:
        super().__init__()
        self.exchanges = exchanges


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
    """The way to PayPal under one set of credentials."""

    def __init__(self) -> None:
        self._outlet = outlet(
            "paypal",
            settings.SOLITUDE_PAYPAL_URL,
            settings.SOLITUDE_PAYMENTS_IN_PROGRESS_MAX,
            correlation_header="PayPal-Debug-Id",
        )
        self._tokens = TokenKeeper(self._fetch_token)

    def ask(self, ask: Ask) -> Reply | Failed:
        """Sends the call; a token that PayPal no longer takes is renewed once. Raises TokenRefused."""
        if ask.bearer is not None:
            return self._send(ask, ask.bearer)
        token = self._token()
        if isinstance(token, Failed):
            return token
        reply = self._send(ask, token)
        if isinstance(reply, Reply) and reply.status == 401:
            self._tokens.refused(token)
            token = self._token()
            if isinstance(token, Failed):
                return _with(reply.exchanges, token)
            answer = _with(reply.exchanges, self._send(ask, token))
            if isinstance(answer, Reply) and answer.status == 401:
                raise TokenRefused(answer.exchanges)
            return answer
        return reply

    def grant(self, fields: Mapping[str, str], operation: str) -> Reply | Failed:
        """What PayPal gives for a grant of OAuth. Raises TokenRefused where it does not take our credentials."""
        if not settings.SOLITUDE_PAYPAL_CLIENT_ID:
            raise TokenRefused
        authorization = basic(settings.SOLITUDE_PAYPAL_CLIENT_ID, settings.SOLITUDE_PAYPAL_CLIENT_SECRET)
        headers = {"Authorization": authorization, "Content-Type": "application/x-www-form-urlencoded"}
        url = f"{settings.SOLITUDE_PAYPAL_URL}/v1/oauth2/token"
        reply = self._exchange(Request("POST", url, headers, urlencode(fields).encode(), operation), PAYMENT_KEYS)
        if isinstance(reply, Reply) and reply.status == 401:
            raise TokenRefused(reply.exchanges)
        return reply

    def _token(self) -> Secret | Failed:
        try:
            return self._tokens.get()
        except _NoToken as error:
            return error.failed

    def _fetch_token(self) -> AccessToken:
        reply = self.grant({"grant_type": "client_credentials"}, "token")
        if isinstance(reply, Failed):
            raise _NoToken(reply)
        if reply.status in (400, 403):
            raise TokenRefused(reply.exchanges)
        value, life = reply.body.get("access_token"), reply.body.get("expires_in")
        if reply.status != 200 or not isinstance(value, str) or not value or not isinstance(life, int):
            reason = "busy" if reply.status == 429 else f"token_{reply.status}"
            raise _NoToken(Failed(sent=False, reason=reason, exchanges=reply.exchanges))
        return AccessToken.living(value, life)

    def _send(self, ask: Ask, token: Secret) -> Reply | Failed:
        headers = {
            "Authorization": f"Bearer {token.reveal()}",
            "Content-Type": "application/json",
            "Accept": "application/json",
            "Prefer": "return=representation",
        }
        if ask.request_id:
            headers["PayPal-Request-Id"] = ask.request_id
        if ask.seller:
            headers["PayPal-Auth-Assertion"] = assertion(settings.SOLITUDE_PAYPAL_CLIENT_ID, ask.seller)
        if settings.SOLITUDE_PAYPAL_BN_CODE:
            headers["PayPal-Partner-Attribution-Id"] = settings.SOLITUDE_PAYPAL_BN_CODE
        body = ask.raw_body if ask.body is None else json.dumps(ask.body, separators=(",", ":")).encode()
        url = f"{settings.SOLITUDE_PAYPAL_URL}{ask.path}"
        secret = ask.secret_in_path.reveal() if ask.secret_in_path else ""
        request = Request(ask.method, url + secret, headers, body, ask.operation, secret_tail=len(secret))
        return self._exchange(request, VAULT_KEYS if ask.vault else PAYMENT_KEYS)

    def _exchange(self, request: Request, keys: frozenset[str]) -> Reply | Failed:
        sent_at = datetime.now(UTC)
        kept = Kept(keys=keys, headers=_HEADERS)
        try:
            answer = self._outlet.send(request)
        except (NotSent, NoAnswer) as error:
            exchange = describe(request, error, sent_at=sent_at, kept=kept)
            busy = error.reason in (Reason.BUSY, Reason.NO_CONNECTION_FREE)
            return Failed(isinstance(error, NoAnswer), "busy" if busy else str(error.reason), (exchange,))
        if answer.status >= 400:
            kept = Kept(keys=keys - _OF_ERRORS, headers=_HEADERS)
        return _read(answer, describe(request, answer, sent_at=sent_at, kept=kept))


class _NoToken(NoToken):
    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.reason)
        # The payment itself was not sent, whatever became of the token.
        self.failed = Failed(sent=False, reason=failed.reason, exchanges=failed.exchanges)


def assertion(client_id: str, seller: str) -> str:
    """PayPal-Auth-Assertion: an unsigned JWT that names the seller, by e-mail or by merchant id."""
    named = "email" if "@" in seller else "payer_id"
    return f"{_part({'alg': 'none'})}.{_part({'iss': client_id, named: seller})}."


def _part(value: Mapping[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=").decode()


def _read(answer: Answer, exchange: Exchange) -> Reply:
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
    return Reply(answer.status, body, understood, correlation_id, answer.retry_after_s, (exchange,))


def _with(earlier: tuple[Exchange, ...], reply: Reply | Failed) -> Reply | Failed:
    exchanges = (*earlier, *reply.exchanges)
    if isinstance(reply, Failed):
        return Failed(reply.sent, reply.reason, exchanges)
    return Reply(reply.status, reply.body, reply.understood, reply.correlation_id, reply.retry_after_s, exchanges)
