"""Sellers in the classic interface: what they permit us (Permissions), who they are, and what kind of account they have (AdaptiveAccounts).

Names: PayPal's guides to the Permissions Service and to Adaptive Accounts.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import quote

from django.conf import settings

from solitude.payments.contract import BUSY, Outcome, Reason, Result
from solitude.providers.paypal.classic import errors, nvp
from solitude.providers.paypal.classic.signature import Permission
from solitude.providers.paypal.classic.wire import Ask, CredentialsRefused, Reply, Wire
from solitude.providers.paypal.unanswered import Failed, NotDone, failed, not_done, not_ours
from solitude.telemetry.redaction import Secret

# Ours -> what PayPal calls it.
BASIC = {
    "first_name": "http://axschema.org/namePerson/first",
    "last_name": "http://axschema.org/namePerson/last",
    "email": "http://axschema.org/contact/email",
    "full_name": "http://schema.openid.net/contact/fullname",
    "company": "http://openid.net/schema/company/name",
    "country": "http://axschema.org/contact/country/home",
    "payerID": "https://www.paypal.com/webapps/auth/schema/payerID",
}
ADVANCED = {
    "post_code": "http://axschema.org/contact/postalCode/home",
    "address_one": "http://schema.openid.net/contact/street1",
    "address_two": "http://schema.openid.net/contact/street2",
    "city": "http://axschema.org/contact/city/home",
    "state": "http://axschema.org/contact/state/home",
    "phone": "http://axschema.org/contact/phone/default",
}
_SCOPE = re.compile(r"scope\(\d{1,3}\)", re.ASCII)


@dataclass(frozen=True, slots=True)
class Account:
    """What kind of account somebody has: PERSONAL, PREMIER or BUSINESS."""

    type: str

    @property
    def takes_payments(self) -> bool:
        return self.type in ("BUSINESS", "PREMIER")


def request(wire: Wire, permissions: Iterable[str], return_url: str) -> str:
    """The token of a question to the seller. Raises NotDone."""
    asked = {"scope": list(permissions), "callback": return_url}
    return _text(_asked(wire, Ask("Permissions/RequestPermissions", "request_permissions", asked)), "token")


def address(token: str) -> str:
    """Where the seller answers it."""
    web = settings.SOLITUDE_PAYPAL_WEB_URL
    return f"{web}/cgi-bin/webscr?cmd=_grant-permission&request_token={quote(token, safe='')}"


def exchange(wire: Wire, token: str, verifier: str) -> Permission:
    """What the seller's answer is worth, once. Raises NotDone."""
    asked = {"token": token, "verifier": verifier}
    reply = _asked(wire, Ask("Permissions/GetAccessToken", "get_access_token", asked))
    return Permission(Secret(_text(reply, "token")), Secret(_text(reply, "tokenSecret")))


def granted(wire: Wire, token: Secret) -> frozenset[str]:
    """What a seller has permitted by this token. Raises NotDone."""
    reply = _asked(wire, Ask("Permissions/GetPermissions", "get_permissions", {"token": token.reveal()}))
    return frozenset(value for name, value in reply.pairs.items() if _SCOPE.fullmatch(name))


def person(wire: Wire, permission: Permission, attributes: Mapping[str, str], operation: str) -> dict[str, str]:
    """Who the seller is, by our names; only what PayPal tells. `operation` is PayPal's name of the call. Raises NotDone."""
    asked = {"attributeList": {"attribute": list(attributes.values())}}
    reply = _asked(wire, Ask(f"Permissions/{operation}", "personal_data", asked, permission))
    told = {
        item.get("personalDataKey", ""): item.get("personalDataValue", "")
        for item in nvp.items(reply.pairs, "response.personalData")
    }
    return {ours: told[theirs] for ours, theirs in attributes.items() if told.get(theirs)}


def account(wire: Wire, email: str) -> Account | None:
    """What kind of account there is of this e-mail address; None where there is none. Raises NotDone."""
    asked = {"emailAddress": email, "matchCriteria": "NONE"}
    try:
        reply = _asked(wire, Ask("AdaptiveAccounts/GetVerifiedStatus", "get_verified_status", asked))
    except NotDone as error:
        if error.is_refusal:
            return None
        raise
    return Account(_text(reply, "userInfo.accountType"))


def _asked(wire: Wire, ask: Ask) -> Reply:
    try:
        reply = wire.ask(ask)
    except CredentialsRefused as error:
        raise not_ours(error.exchanges, ask.operation) from None
    if isinstance(reply, Failed):
        raise not_done(failed(reply))
    if reply.status == 429:
        facts = {"retry_after_s": str(reply.retry_after_s or 1)}
        raise not_done(_result(reply, Outcome.NOT_SENT, Reason(BUSY), facts))
    if reply.is_success:
        return reply
    is_refused = reply.understood and reply.error_id and not reply.is_error_of_paypals
    reason = errors.reason(reply.error_id, reply.error_parameter, "")
    if reason.field == "currency":
        reason = Reason(reason.code, "PayPal does not take this value.")
    raise not_done(_result(reply, Outcome.DECLINED if is_refused else Outcome.UNKNOWN, reason))


def _text(reply: Reply, name: str) -> str:
    found = reply.pairs.get(name, "")
    if not found:
        raise not_done(_result(reply, Outcome.UNKNOWN, Reason("NOT_UNDERSTOOD")))
    return found


def _result(reply: Reply, outcome: Outcome, reason: Reason, facts: Mapping[str, str] | None = None) -> Result:
    return Result(
        outcome, reason=reason, facts=facts or {}, correlation_id=reply.correlation_id, exchanges=reply.exchanges
    )
