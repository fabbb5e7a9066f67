"""What is proved with our private key: that a webhook is Braintree's, and to Braintree that we have the key.

Where the proxy has the key, it is the proxy that proves: it is asked `POST /parse`, and says 204 or 422, and `GET /verify`, and says what
Braintree must be answered, or 422.
"""

import json
from http import HTTPMethod, HTTPStatus
from typing import Any, Final
from urllib.parse import parse_qs, urlencode, urlsplit

from django.conf import settings

from solitude.outbound import ways
from solitude.outbound.http import Answer, NoAnswer, NotSent, Reason, Request
from solitude.providers.braintree import gateway
from solitude.providers.braintree.gateway import NotConfigured
from solitude.providers.braintree.names import NAME, PROVING_WAY
from solitude.telemetry.logs import get_logger

PARSE, VERIFY = "/parse", "/verify"
SIGNATURE, PAYLOAD, CHALLENGE = "bt_signature", "bt_payload", "bt_challenge"
UNREACHABLE: Final = "proxy_unreachable"

log = get_logger("solitude.braintree")


class BadChallenge(ValueError):
    """It is none of Braintree's."""


class NoProof(Exception):
    """The proxy does not say now, whether it is; the text is a word why."""


def is_genuine(signature: str, payload: str) -> bool:
    """Whether our key has made this signature of this payload. Raises NotConfigured and NoProof."""
    if not ways.is_proxied(NAME):
        return _is_ours(signature, payload)
    form = urlencode({SIGNATURE: signature, PAYLOAD: payload}).encode()
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    answer = _asked(Request("POST", f"{_base()}{PARSE}", headers, form, "prove_webhook"))
    if answer.status not in (HTTPStatus.NO_CONTENT, HTTPStatus.UNPROCESSABLE_ENTITY):
        raise NoProof(UNREACHABLE)
    return answer.status == HTTPStatus.NO_CONTENT


def answer_to(challenge: str) -> str:
    """What shows Braintree that we have its private key. Raises BadChallenge, NotConfigured and NoProof."""
    if not ways.is_proxied(NAME):
        return _own_answer_to(challenge)
    url = f"{_base()}{VERIFY}?{urlencode({CHALLENGE: challenge})}"
    answer = _asked(Request("GET", url, {}, b"", "answer_challenge"))
    if answer.status == HTTPStatus.UNPROCESSABLE_ENTITY:
        raise BadChallenge
    if answer.status != HTTPStatus.OK:
        raise NoProof(UNREACHABLE)
    return answer.body.decode("ascii", "replace")


class Prover:
    """The proxy's end: a sender that sends nothing, for it knows the answer itself."""

    def send(self, request: Request) -> Answer:
        """Raises NotSent."""
        parts = urlsplit(request.url)
        base, _, _ = request.url.partition("?")
        try:
            match request.method, base.removeprefix(_base()):
                case HTTPMethod.POST, "/parse":
                    form = _fields(request.body.decode("ascii", "replace"))
                    status = 204 if _is_ours(form.get(SIGNATURE, ""), form.get(PAYLOAD, "")) else 422
                    return Answer(status, {}, b"", 0)
                case HTTPMethod.GET, "/verify":
                    return _verified(_fields(parts.query).get(CHALLENGE, ""))
        except NotConfigured:
            raise NotSent(Reason.CREDENTIALS_REFUSED) from None
        raise NotSent(Reason.REFUSED_OPERATION)


def _verified(challenge: str) -> Answer:
    try:
        return Answer(200, {"Content-Type": "text/plain"}, _own_answer_to(challenge).encode(), 0)
    except BadChallenge:
        return Answer(422, {"Content-Type": "application/json"}, json.dumps({CHALLENGE: ["invalid"]}).encode(), 0)


def _is_ours(signature: str, payload: str) -> bool:
    """Raises NotConfigured."""
    sdk, proving = gateway.sdk(), gateway.gateway(None).webhook_notification
    try:
        proving.parse(signature, payload)
    except sdk.exceptions.invalid_signature_error.InvalidSignatureError:
        return False
    except Exception as error:  # noqa: BLE001 - whatever the SDK stumbles over, it has proved nothing
        log.warning("braintree_webhook_not_read", error=type(error).__name__)
        return False
    return True


def _own_answer_to(challenge: str) -> str:
    """Raises BadChallenge and NotConfigured."""
    sdk = gateway.sdk()
    proving = gateway.gateway(None).webhook_notification
    try:
        return str(proving.verify(challenge))
    except sdk.exceptions.invalid_challenge_error.InvalidChallengeError:
        raise BadChallenge from None


def _asked(request: Request) -> Answer:
    """Raises NoProof."""
    try:
        return ways.sender(PROVING_WAY).send(request)
    except (NotSent, NoAnswer) as error:
        raise NoProof(str(error.reason)) from None


def _fields(text: str) -> dict[str, Any]:
    """Of each name the only value; a name that stands twice has none."""
    found = parse_qs(text, keep_blank_values=True)
    return {name: values[0] for name, values in found.items() if len(values) == 1}


def _base() -> str:
    return str(settings.SOLITUDE_BRAINTREE_URL)
