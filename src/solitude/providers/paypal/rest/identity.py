"""Who we are at PayPal's REST API: put on a request where it leaves for PayPal, and nowhere before.

Whoever makes a request says with two header fields of ours for whom it is: `SELLER` names the seller that we act for, `TOKEN` is the
token of a person who has logged in, in place of ours. Neither of them goes to PayPal.
"""

import base64
import json
from collections.abc import Mapping
from dataclasses import replace
from http import HTTPStatus
from urllib.parse import unquote, urlencode

import msgspec
from django.conf import settings

from solitude.outbound.http import Answer, NoAnswer, NotSent, Request
from solitude.outbound.record import Exchange
from solitude.outbound.ways import Sender
from solitude.providers.paypal.names import SELLER, TOKEN
from solitude.providers.paypal.rest.recording import PAYMENT_KEYS, Recording
from solitude.providers.paypal.rest.token import AccessToken, NoToken, TokenKeeper, basic
from solitude.providers.paypal.unanswered import Failed, no_answer
from solitude.telemetry.redaction import Secret

GRANTS = "/v1/oauth2/token"
_FORM = "application/x-www-form-urlencoded"


class TokenRefused(NoToken):
    """PayPal refuses our credentials."""

    def __init__(self, exchanges: tuple[Exchange, ...] = ()) -> None:
        super().__init__()
        self.exchanges = exchanges


class TokenNotGiven(NoToken):
    """PayPal gives no token now. What it was wanted for was not sent, whatever became of the token."""

    def __init__(self, failed: Failed) -> None:
        super().__init__(failed.reason)
        self.failed = Failed(sent=False, reason=failed.reason, exchanges=failed.exchanges)


class Identity:
    """One set of credentials, and the token that PayPal gives for them. `by` is the way to the tokens."""

    def __init__(self, by: Sender) -> None:
        self._by = by
        self.tokens = TokenKeeper(self.fetch)

    def send(self, request: Request, by: Sender) -> Answer:
        """Sends the request as ours; a token that PayPal no longer takes is renewed once. Raises TokenRefused, TokenNotGiven, NotSent and
        NoAnswer."""
        if request.url == _grants_url():
            # Whatever its type was called: what is granted was read in it as in a form.
            return by.send(_signed_in(replace(request, headers={**request.headers, "Content-Type": _FORM})))
        headers = dict(request.headers)
        person = headers.pop(TOKEN, "")
        seller = headers.pop(SELLER, "")
        if seller:
            headers["PayPal-Auth-Assertion"] = assertion(settings.SOLITUDE_PAYPAL_CLIENT_ID, unquote(seller))
        if settings.SOLITUDE_PAYPAL_BN_CODE:
            headers["PayPal-Partner-Attribution-Id"] = settings.SOLITUDE_PAYPAL_BN_CODE
        plain = replace(request, headers=headers)
        if person:
            return by.send(_bearing(plain, Secret(person)))
        token = self.tokens.get()
        answer = by.send(_bearing(plain, token))
        if answer.status != HTTPStatus.UNAUTHORIZED:
            return answer
        self.tokens.refused(token)
        return by.send(_bearing(plain, self.tokens.get()))

    def fetch(self) -> AccessToken:
        """A new token. Raises TokenRefused and TokenNotGiven."""
        recording = Recording(self._by, PAYMENT_KEYS)
        try:
            answer = recording.send(_signed_in(grant({"grant_type": "client_credentials"}, "token")))
        except (NotSent, NoAnswer) as error:
            raise TokenNotGiven(no_answer(error, recording.exchanges)) from None
        if answer.status in (HTTPStatus.BAD_REQUEST, HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
            raise TokenRefused(recording.exchanges)
        value, life_s = _given(answer)
        if answer.status != HTTPStatus.OK or not isinstance(value, str) or not value or not isinstance(life_s, int):
            reason = "busy" if answer.status == HTTPStatus.TOO_MANY_REQUESTS else f"token_{answer.status}"
            raise TokenNotGiven(Failed(sent=False, reason=reason, exchanges=recording.exchanges))
        return AccessToken.living(value, life_s)


def grant(fields: Mapping[str, str], operation: str) -> Request:
    """The question for what PayPal gives for a grant of OAuth, as yet without who we are."""
    return Request("POST", _grants_url(), {"Content-Type": _FORM}, urlencode(fields).encode(), operation)


def assertion(client_id: str, seller: str) -> str:
    """PayPal-Auth-Assertion: an unsigned JWT that names the seller, by e-mail or by merchant id."""
    named = "email" if "@" in seller else "payer_id"
    return f"{_part({'alg': 'none'})}.{_part({'iss': client_id, named: seller})}."


def _part(value: Mapping[str, str]) -> str:
    return base64.urlsafe_b64encode(json.dumps(value, separators=(",", ":")).encode()).rstrip(b"=").decode()


def _grants_url() -> str:
    return f"{settings.SOLITUDE_PAYPAL_URL}{GRANTS}"


def _signed_in(request: Request) -> Request:
    """The request with our credentials themselves. Raises TokenRefused where there are none."""
    if not settings.SOLITUDE_PAYPAL_CLIENT_ID:
        raise TokenRefused
    authorization = basic(settings.SOLITUDE_PAYPAL_CLIENT_ID, settings.SOLITUDE_PAYPAL_CLIENT_SECRET)
    return replace(request, headers={"Authorization": authorization, **request.headers})


def _bearing(request: Request, token: Secret) -> Request:
    return replace(request, headers={"Authorization": f"Bearer {token.reveal()}", **request.headers})


def _given(answer: Answer) -> tuple[object, object]:
    """Of an answer the token and its life, where it has them."""
    try:
        body = msgspec.json.decode(answer.body)
    except (msgspec.DecodeError, RecursionError, ValueError):
        return None, None
    return (body.get("access_token"), body.get("expires_in")) if isinstance(body, dict) else (None, None)
