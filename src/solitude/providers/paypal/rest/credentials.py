"""Stored credentials in PayPal's vault: a setup token while the buyer is asked, then a permanent key."""

from urllib.parse import quote

from solitude.payments.contract import Call, Evidence, Outcome, Reason, Result, Seen
from solitude.providers.paypal.names import NOT_APPROVED
from solitude.providers.paypal.rest import reading, requests
from solitude.providers.paypal.rest.wire import Ask, Failed, Reply, Wire
from solitude.telemetry.redaction import Secret

SETUP_TOKENS, PAYMENT_TOKENS = "/v3/vault/setup-tokens", "/v3/vault/payment-tokens"


class Credentials:
    def __init__(self, wire: Wire) -> None:
        self._wire = wire

    def ask_consent(self, call: Call) -> Result:
        """Asks for a setup token, with the page on which the buyer approves it."""
        body = requests.setup_token(call.intent)
        reply = self._wire.ask(Ask("POST", SETUP_TOKENS, "ask_consent", body, request_id=call.key, vault=True))
        if isinstance(reply, Failed):
            return reading.failed(reply)
        if not (token := _given(reply)):
            return _not_given(reply)
        url = reading.buyer_link(reply.link("approve"), f"/agreements/approve?approval_session_id={token}")
        return reading.result(
            reply, Outcome.PENDING, credential=Secret(token), evidence=Evidence(Seen.NOT_APPROVED, pay_url=url)
        )

    def store(self, call: Call) -> Result:
        """Makes a permanent key of a setup token that was approved."""
        body = requests.payment_token(call.intent)
        reply = self._wire.ask(Ask("POST", PAYMENT_TOKENS, "store_credential", body, request_id=call.key, vault=True))
        if isinstance(reply, Failed):
            return reading.failed(reply)
        if reply.status == 422:
            return self._why_not_stored(reply, call)
        if not (key := _given(reply)):
            return _not_given(reply)
        return reading.result(reply, Outcome.SUCCEEDED, credential=Secret(key))

    def _why_not_stored(self, refused: Reply, call: Call) -> Result:
        """PayPal's refusal has several names; whether the buyer approved is what the setup token itself says."""
        found = self._setup(call)
        if (
            isinstance(found, Reply)
            and found.status == 200
            and found.body.get("status") in ("CREATED", "PAYER_ACTION_REQUIRED")
        ):
            return reading.result(
                refused, Outcome.DECLINED, reason=Reason(NOT_APPROVED, "The buyer has not approved yet.")
            )
        return reading.refused(refused)

    def find(self, call: Call) -> Result:
        """Beyond PayPal's memory of our key: the setup token says whether it was used, and its customer has the permanent key."""
        setup = self._setup(call)
        if isinstance(setup, Failed):
            return reading.failed(setup)
        if setup.status == 404:
            return reading.result(setup, Outcome.DECLINED, reason=Reason("EXPIRED"))
        if setup.status != 200:
            return reading.unknown(setup)
        if setup.body.get("status") in ("CREATED", "PAYER_ACTION_REQUIRED", "APPROVED"):
            return self.store(call)
        customer = setup.body.get("customer")
        customer_id = customer.get("id") if isinstance(customer, dict) else None
        if not isinstance(customer_id, str):
            return reading.unknown(setup)
        path = f"{PAYMENT_TOKENS}?customer_id="
        listed = self._wire.ask(
            Ask("GET", path, "look_up", vault=True, secret_in_path=Secret(quote(customer_id, safe="")))
        )
        if isinstance(listed, Failed):
            return reading.failed(listed)
        tokens = listed.body.get("payment_tokens")
        keys = [token.get("id") for token in tokens if isinstance(token, dict)] if isinstance(tokens, list) else []
        if listed.status != 200 or not keys or not isinstance(keys[-1], str):
            return reading.unknown(listed)
        return reading.result(listed, Outcome.SUCCEEDED, credential=Secret(keys[-1]))

    def delete(self, call: Call) -> Result:
        """Has PayPal forget a permanent key."""
        reply = self._wire.ask(
            Ask("DELETE", f"{PAYMENT_TOKENS}/", "delete_credential", vault=True, secret_in_path=call.intent.credential)
        )
        if isinstance(reply, Failed):
            return Result(Outcome.UNKNOWN, reason=Reason(reply.reason), exchanges=reply.exchanges)
        # Gone already is what was wanted. Whatever else PayPal says, the key may still be there, and must be tried again.
        return reading.result(reply, Outcome.SUCCEEDED) if reply.status in (204, 404) else reading.unknown(reply)

    def _setup(self, call: Call) -> Reply | Failed:
        """The setup token as PayPal has it."""
        return self._wire.ask(
            Ask("GET", f"{SETUP_TOKENS}/", "look_up", vault=True, secret_in_path=call.intent.credential)
        )


def _given(reply: Reply) -> str:
    """The token in an answer that gives one; empty in any other."""
    token = reply.body.get("id")
    return token if reply.status in (200, 201) and isinstance(token, str) else ""


def _not_given(reply: Reply) -> Result:
    return reading.refused(reply) if reply.status >= 400 else reading.unknown(reply)
