"""One call of PayPal's classic interface (Adaptive Payments, Accounts, Permissions): sent once, recorded, and read as far as every call is
read alike.

The rules are those of PayPal's Adaptive Payments Developer Guide: name-value pairs both ways, credentials in X-PAYPAL- header
fields, an answer that says in `responseEnvelope.ack` how it went, with HTTP 200 also where it went wrong.
"""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from typing import Any

from django.conf import settings

from solitude.outbound import ways
from solitude.outbound.http import Answer, NoAnswer, NotSent, Reason, Request
from solitude.outbound.record import Exchange, Kept, describe
from solitude.outbound.ways import Sender
from solitude.providers.paypal import configured
from solitude.providers.paypal.classic import nvp, signature
from solitude.providers.paypal.classic.signature import Permission, Signing
from solitude.providers.paypal.names import CLASSIC_WAY, NAME
from solitude.providers.paypal.outlets import outlet
from solitude.providers.paypal.unanswered import Failed, no_answer

CORRELATION_ID_MAX_CHARS = 128
# What the call log keeps in clear. Keys of payments and ids of transactions are not secrets; those of pre-approvals and permissions
# are, and so is everything about persons: nothing outside this list is kept.
KEPT = frozenset(
    """actionType currencyCode trackingId payKey transactionId amount primary feesPayer invoiceID paymentType errorLanguage ack
    correlationId timestamp build paymentExecStatus status errorId domain severity category refundStatus refundNetAmount
    refundFeeAmount refundGrossAmount totalOfAllRefunds refundHasBecomeFull refundTransactionStatus encryptedRefundTransactionId
    refundedAmount pendingRefund pendingReason transactionStatus senderTransactionStatus approved startingDate endingDate
    maxTotalAmountOfAllPayments maxAmountPerPayment maxNumberOfPaymentsPerPeriod paymentPeriod accountType accountStatus""".split()
)
_HEADERS = frozenset({"content-type", "retry-after"})
# Answers that say: these credentials are not good, or this application is not known.
_CREDENTIALS = frozenset({"520003", "560022"})


class CredentialsRefused(Exception):
    """PayPal refuses the credentials of this server, or there are none."""

    def __init__(self, exchanges: tuple[Exchange, ...] = ()) -> None:
        super().__init__("the classic credentials are refused")
        self.exchanges = exchanges


@dataclass(frozen=True, slots=True)
class Ask:
    """One call: `path` such as `AdaptivePayments/Pay`, and what it says besides the envelope.

    `permission` is that of the seller that we act for.
    """

    path: str
    operation: str
    fields: Mapping[str, Any] = field(repr=False)
    permission: Permission | None = None


@dataclass(frozen=True, slots=True)
class Reply:
    """PayPal's answer: the HTTP status and its pairs. `understood` is False for what says not how it went."""

    status: int
    pairs: Mapping[str, str] = field(repr=False)
    understood: bool
    retry_after_s: int | None
    exchanges: tuple[Exchange, ...]

    @property
    def is_success(self) -> bool:
        return self.status == 200 and self.ack.startswith("Success")

    @property
    def ack(self) -> str:
        return self.pairs.get("responseEnvelope.ack", "")

    @property
    def correlation_id(self) -> str:
        return self.pairs.get("responseEnvelope.correlationId", "")[:CORRELATION_ID_MAX_CHARS]

    @property
    def error_id(self) -> str:
        """What PayPal decides by."""
        return self.pairs.get("error(0).errorId", "")

    @property
    def error_parameter(self) -> str:
        """Which of the request's names is at fault, where PayPal says so."""
        return self.pairs.get("error(0).parameter(0)", "")

    @property
    def is_error_of_paypals(self) -> bool:
        """PayPal itself failed: what it was asked for may have been done."""
        return self.status >= 500 or self.pairs.get("error(0).category", "").casefold() == "system"


class Wire:
    """The way to PayPal's classic interface: with our credentials, or through the proxy, which has them."""

    def __init__(self) -> None:
        self._sender = ways.sender(CLASSIC_WAY) if ways.is_proxied(NAME) else local_sender()

    def ask(self, ask: Ask) -> Reply | Failed:
        """Sends the call, once. Raises CredentialsRefused."""
        if not configured.classic():
            raise CredentialsRefused
        url = f"{settings.SOLITUDE_PAYPAL_CLASSIC_URL}/{ask.path}"
        headers = {"Content-Type": "application/x-www-form-urlencoded", **signature.on_behalf_of(ask.permission)}
        tree = {**ask.fields, "requestEnvelope": {"errorLanguage": "en_US"}}
        reply = self._exchange(Request("POST", url, headers, nvp.encode(tree), ask.operation))
        if isinstance(reply, Reply) and reply.error_id in _CREDENTIALS:
            raise CredentialsRefused(reply.exchanges)
        return reply

    def _exchange(self, request: Request) -> Reply | Failed:
        sent_at = datetime.now(UTC)
        shown = replace(request, body=_shown(nvp.decode(request.body)))
        kept = Kept(keys=KEPT, headers=_HEADERS)
        try:
            answer = self._sender.send(request)
        except (NotSent, NoAnswer) as error:
            exchanges = (describe(shown, error, sent_at=sent_at, kept=kept),)
            if error.reason == Reason.CREDENTIALS_REFUSED:
                raise CredentialsRefused(exchanges) from None
            return no_answer(error, exchanges)
        reply = _read(answer)
        seen = replace(answer, body=_shown(reply.pairs) if reply.pairs else answer.body)
        exchange = describe(shown, replace(seen, correlation_id=reply.correlation_id), sent_at=sent_at, kept=kept)
        return replace(reply, exchanges=(exchange,))


def local_sender() -> Sender:
    """The way out of a process that has the credentials."""
    at_once = settings.SOLITUDE_PAYMENTS_IN_PROGRESS_MAX
    return Signing(outlet(CLASSIC_WAY, settings.SOLITUDE_PAYPAL_CLASSIC_URL, at_once))


def _read(answer: Answer) -> Reply:
    try:
        pairs = nvp.decode(answer.body)
    except ValueError:
        pairs = {}
    understood = bool(pairs.get("responseEnvelope.ack"))
    return Reply(answer.status, pairs, understood, answer.retry_after_s, ())


def _shown(pairs: Mapping[str, str]) -> bytes:
    """The pairs as the record of an exchange reads them."""
    return json.dumps(nvp.tree(pairs)).encode()
