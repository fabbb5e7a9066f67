"""The official SDK, straight: nothing is changed but the Environment, which says where the gateway is."""

from typing import Any
from urllib.parse import urlsplit

from braintree import BraintreeGateway, Configuration
from braintree.environment import Environment
from tests.support.braintree import MERCHANT_ID, PRIVATE_KEY, PUBLIC_KEY

VALID = "fake-valid-nonce"
BRICK, DONATION = "mozilla-concrete-brick", "mozilla-foundation-recurring-donation"


def gateway(url: str, **changes: Any) -> Any:
    """The SDK's gateway for the simulator at `url`, with the keys of the simulator or with others."""
    where = urlsplit(url)
    # The SDK puts the port into the URL as it stands, so the path can come along with it.
    here = Environment("simulator", where.hostname, f"{where.port}{where.path}", "", False, None)
    known = {"merchant_id": MERCHANT_ID, "public_key": PUBLIC_KEY, "private_key": PRIVATE_KEY, "timeout": 10}
    return BraintreeGateway(Configuration(environment=here, **{**known, **changes}))


class Shop:
    """What a test does at the gateway again and again, in few words."""

    def __init__(self, gateway: Any) -> None:
        self.gateway = gateway

    def customer(self, **fields: Any) -> str:
        """A new customer's id."""
        result = self.gateway.customer.create(fields)
        assert result.is_success, result
        return str(result.customer.id)

    def store(self, nonce: str = VALID, **fields: Any) -> Any:
        """The result of putting a card into a customer's vault, after its bank was asked."""
        given = {"payment_method_nonce": nonce, "options": {"verify_card": True}, **fields}
        return self.gateway.payment_method.create({"customer_id": self.customer(), **given})

    def card(self, nonce: str = VALID, **fields: Any) -> str:
        """A stored card's token."""
        result = self.store(nonce, **fields)
        assert result.is_success, result
        return str(result.payment_method.token)

    def sale(self, amount: str = "10.00", **fields: Any) -> Any:
        """The result of a sale, with the nonce that always works unless something else is to pay."""
        if not fields.keys() & {"payment_method_token", "payment_method_nonce", "customer_id"}:
            fields["payment_method_nonce"] = VALID
        return self.gateway.transaction.sale({"amount": amount, "options": {"submit_for_settlement": True}, **fields})

    def sold(self, amount: str = "10.00", **fields: Any) -> Any:
        """A sale's transaction, submitted for settlement."""
        result = self.sale(amount, **fields)
        assert result.is_success, result
        return result.transaction

    def settled(self, amount: str = "10.00", **fields: Any) -> Any:
        """A sale's transaction, settled."""
        return self.gateway.testing.settle_transaction(self.sold(amount, **fields).id).transaction

    def subscribe(self, token: str = "", plan: str = BRICK, **fields: Any) -> Any:
        """The result of subscribing with a stored card, a new one unless it is named."""
        order = {"payment_method_token": token or self.card(), "plan_id": plan, "trial_period": False, **fields}
        return self.gateway.subscription.create(order)

    def subscribed(self, token: str = "", plan: str = BRICK, **fields: Any) -> Any:
        """A new subscription, paid for its first period."""
        result = self.subscribe(token, plan, **fields)
        assert result.is_success, result
        return result.subscription


def codes(result: Any) -> list[tuple[str, str]]:
    """What is wrong: attribute and code of each error, however deep."""
    assert not result.is_success
    return [(error.attribute, error.code) for error in result.errors.deep_errors]
