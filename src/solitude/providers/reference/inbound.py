"""What such a provider tells: a query that it has signed, which the buyer brings along and which it posts as well.

    ext_transaction_id=<our key>[&error=<code>]&sig=<key id>:<hex>

The secret of that signature is the provider's own: whether it is genuine the provider itself is asked. It tells no amount, so what was
paid is what we asked for. By both ways it comes as the same text, and is one event.
"""

import hashlib
import re
from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qsl

from django.conf import settings

from solitude.outbound.json_api import Ask, Failed, Reply
from solitude.payments import outcomes
from solitude.payments.contract import Action, Evidence, Notice, NotUnderstood, Reason, Seen, Verdict
from solitude.providers.reference.names import NOTICES
from solitude.providers.reference.segments import path_to
from solitude.providers.reference.wire import CREDENTIALS_REFUSED, wire
from solitude.telemetry import redaction

# Of a kept notice: the provider that must have signed it.
PROVIDER: Final = "Provider"
OK, FAIL = "OK", "FAIL"
NOT_TOLD = "verification_unavailable"
REASON_MAX_CHARS = 100
FIELDS_MAX = 16
REFERENCE_FIELD, ERROR_FIELD = "ext_transaction_id", "error"
_SIGNED = re.compile(r"(?P<said>[^\s]+)&sig=[0-9]{1,19}:[0-9A-Za-z]*", re.ASCII)
_CODE = re.compile(r"[A-Za-z0-9_.-]{1,64}", re.ASCII)


def own_part(qs: str) -> str:
    """The provider's part of a query: behind what the marketplace's own URL had in it, which is not signed."""
    text = qs.strip().removeprefix("?")
    _, found, rest = text.rpartition(f"&{REFERENCE_FIELD}=")
    return f"{REFERENCE_FIELD}={rest}" if found else text


def reference_in(qs: str) -> str:
    """Our key, or what stands in its place; empty for what has not the form of a notice."""
    try:
        return _fields(qs)[REFERENCE_FIELD]
    except NotUnderstood:
        return ""


class Notices:
    """The engine's contract for them. `headers` are ours: who must have signed."""

    def verify(self, headers: Mapping[str, str], body: bytes) -> tuple[Verdict, str]:
        provider = settings.SOLITUDE_REFERENCE_PROVIDERS.get(headers.get(PROVIDER, ""))
        if provider is None:
            return Verdict.UNDECIDED, NOT_TOLD
        ask = Ask("POST", path_to(NOTICES) or "", "verify_notice", {"qs": body.decode()})
        reply = wire(provider).ask(ask)
        if isinstance(reply, Failed):
            return Verdict.UNDECIDED, NOT_TOLD
        if reply.status == CREDENTIALS_REFUSED:
            outcomes.refused_credentials(provider.name, ask.operation, reply.exchanges)
        return verdict(reply)

    def read(self, headers: Mapping[str, str], body: bytes) -> Notice:
        qs = body.decode()
        fields = _fields(qs)
        said = qs.rpartition("&sig=")[0]
        # Under a new key of the provider's the same is said again.
        digest = hashlib.sha256(f"{headers[PROVIDER]}\n{said}".encode()).hexdigest()
        error = fields.get(ERROR_FIELD)
        if error == "":
            # Neither that it was paid nor why not.
            raise NotUnderstood(ERROR_FIELD)
        return Notice(
            event_id=f"notice-{digest}",
            event_type="notice: failed" if error else "notice: completed",
            action=Action.PAYMENT,
            reference=fields[REFERENCE_FIELD],
            payment=Evidence(Seen.DECLINED if error else Seen.PAID),
            reason=Reason(error if _CODE.fullmatch(error) else "DECLINED") if error else None,
        )


def verdict(reply: Reply) -> tuple[Verdict, str]:
    """What the provider says of a signature. That it cannot even read the notice means that it has not written it."""
    body = reply.body if isinstance(reply.body, dict) else {}
    if reply.is_success and body.get("result") == OK:
        return Verdict.GENUINE, ""
    if reply.is_success and body.get("result") == FAIL:
        return Verdict.FORGED, reason_of(body)
    if reply.status == 409:
        return Verdict.FORGED, "malformed"
    return Verdict.UNDECIDED, NOT_TOLD


def reason_of(body: Mapping[str, object]) -> str:
    """In the provider's words, as far as they can be kept."""
    reason = body.get("reason")
    text = redaction.clean(reason).replace(":", " ") if isinstance(reason, str) else ""
    return text[:REASON_MAX_CHARS] or "bad_signature"


def _fields(qs: str) -> dict[str, str]:
    """Raises NotUnderstood for what has not the form of a notice, and for what names a thing twice."""
    found = _SIGNED.fullmatch(qs)
    if not found:
        raise NotUnderstood("no signed query")
    try:
        pairs = parse_qsl(found["said"], keep_blank_values=True, strict_parsing=True, max_num_fields=FIELDS_MAX)
    except ValueError:
        raise NotUnderstood("no query") from None
    fields = dict(pairs)
    if len(fields) < len(pairs) or "sig" in fields:
        raise NotUnderstood("a field stands twice")
    if not fields.get(REFERENCE_FIELD):
        raise NotUnderstood(REFERENCE_FIELD)
    return fields
