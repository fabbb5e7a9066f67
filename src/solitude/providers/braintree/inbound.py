"""Braintree's webhooks, as the marketplace forwards them: a payload, and a signature made with our private key.

Braintree's own SDK proves and reads them, and asks nobody for that; where the proxy has the key, it is the proxy that proves. The payload
is base64 of XML, and is read within our limits before the SDK's parser gets it. It has no id: the same payload is the same event.
"""

import binascii
import hashlib
from base64 import decodebytes
from collections.abc import Mapping
from typing import Any, Final

from solitude.outbound import xml
from solitude.payments.contract import Action, CannotRead, DisputeEvidence, Notice, NotUnderstood, Resolved, Verdict
from solitude.providers.braintree import charges, gateway, proving, reading
from solitude.providers.braintree.gateway import NotConfigured
from solitude.providers.braintree.proving import SIGNATURE, NoProof
from solitude.telemetry.logs import get_logger

BAD_SIGNATURE, NOT_XML = "bad_signature", "not_xml"
# Why it cannot be told now.
NOT_CONFIGURED, NOT_PROVED = "not_configured", "verification_unavailable"
KIND_MAX_CHARS: Final = 100
DISPUTES: Final = "dispute_"
# By https://developer.paypal.com/braintree/docs/reference/general/webhooks/dispute. One that is accepted, or that nobody has answered
# in time (https://www.paypal.com/us/selfhelp/article/faq3379), is lost; in every other status it goes on.
_RESOLVED: Final = {
    "won": Resolved.FOR_SELLER,
    "lost": Resolved.FOR_BUYER,
    "accepted": Resolved.FOR_BUYER,
    "auto_accepted": Resolved.FOR_BUYER,
    "expired": Resolved.FOR_BUYER,
}
# A bank that only asks what a charge was: no money moves by that, and what follows is a dispute of its own.
_ASKED: Final = "retrieval"

log = get_logger("solitude.braintree")


class Webhooks:
    """The engine's contract for them. Of the headers that are kept one is ours: the signature."""

    def verify(self, headers: Mapping[str, str], body: bytes) -> tuple[Verdict, str]:
        try:
            _document(body)
            is_genuine = proving.is_genuine(headers.get(SIGNATURE, ""), body.decode("ascii"))
        except (NotUnderstood, UnicodeDecodeError) as error:
            return Verdict.FORGED, str(error) if isinstance(error, NotUnderstood) else BAD_SIGNATURE
        except NotConfigured as error:
            log.error("braintree_not_configured", reason=str(error))
            return Verdict.UNDECIDED, NOT_CONFIGURED
        except NoProof as error:
            log.warning("braintree_webhook_not_proved", reason=str(error))
            return Verdict.UNDECIDED, NOT_PROVED
        return (Verdict.GENUINE, "") if is_genuine else (Verdict.FORGED, BAD_SIGNATURE)

    def read(self, headers: Mapping[str, str], body: bytes) -> Notice:  # noqa: ARG002  # proved already
        found = _notification(body)
        kind = str(getattr(found, "kind", ""))[:KIND_MAX_CHARS]
        event_id = f"webhook-{hashlib.sha256(body.strip()).hexdigest()}"
        if kind in charges.KINDS:
            about = charges.read(kind, getattr(found, "subscription", None))
            return Notice(event_id, kind, Action.SUBSCRIPTION, about=about.sealed())
        dispute = getattr(found, "dispute", None)
        if kind.startswith(DISPUTES) and dispute is not None:
            return _dispute(event_id, kind, dispute)
        return Notice(event_id, kind)


def _document(body: bytes) -> bytes:
    """The XML in a payload. Raises NotUnderstood."""
    try:
        document = decodebytes(body)
        xml.parse(document)
    except (xml.NotXml, binascii.Error):
        raise NotUnderstood(NOT_XML) from None
    return document


def _notification(body: bytes) -> Any:
    """The SDK's. Raises NotUnderstood and CannotRead."""
    try:
        sdk, reader = gateway.sdk(), gateway.gateway(None)
    except NotConfigured:
        raise CannotRead(NOT_CONFIGURED) from None
    document = _document(body)
    try:
        attributes = sdk.util.xml_util.XmlUtil.dict_from_xml(document)
        return sdk.WebhookNotification(reader, attributes["notification"])
    except Exception as error:  # noqa: BLE001 - the SDK takes for granted whatever a notification of Braintree's has
        raise NotUnderstood(f"no notification ({type(error).__name__})") from None


def _dispute(event_id: str, kind: str, dispute: Any) -> Notice:
    """Raises NotUnderstood."""
    about, status = getattr(dispute, "transaction", None), str(getattr(dispute, "status", ""))
    is_asked = getattr(dispute, "kind", None) == _ASKED
    amount = None if is_asked else reading.money(dispute, "amount_disputed")
    seen = DisputeEvidence(
        reading.identity(dispute),
        _RESOLVED.get(status, Resolved.NO),
        status[:KIND_MAX_CHARS],
        amount,
        told_at=reading.changed_at(dispute),
        is_told_once=True,
    )
    ids = {reading.TAKEN: reading.identity(about)}
    return Notice(event_id, kind, Action.DISPUTE, ids=ids, amount=amount, dispute=seen)
