from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.conf import settings

from solitude.telemetry import redaction

if TYPE_CHECKING:
    from solitude.payments.registry import Registered


class BraintreeConfig(AppConfig):
    name = "solitude.providers.braintree"
    label = "braintree"

    def ready(self) -> None:
        from solitude.buyers import closing as buyer_closing
        from solitude.buyers import holdings as buyer_holdings
        from solitude.outbound import probes
        from solitude.payments import registry
        from solitude.providers.braintree import closing, configured, holdings
        from solitude.providers.braintree.names import NAME
        from solitude.providers.braintree.retained import declare_braintree
        from solitude.providers.braintree.way import BraintreeWay
        from solitude.routing import way

        if settings.SOLITUDE_BRAINTREE_PRIVATE_KEY:
            redaction.register(settings.SOLITUDE_BRAINTREE_PRIVATE_KEY)
        registry.offer(NAME, _registered, is_used=configured.is_used())
        buyer_closing.register(NAME, buyer_closing.Hook(closing.forget, closing.tell))
        if settings.SOLITUDE_BRAINTREE_MERCHANT_ID:
            # Where nobody can be asked, it does not matter whether anybody is there.
            timeout_ms = settings.SOLITUDE_STATUS_PROBE_TIMEOUT_MS
            probes.offer(probes.Probe(NAME, settings.SOLITUDE_BRAINTREE_URL, timeout_ms))
        declare_braintree()
        buyer_holdings.offer(NAME, holdings.of_buyer)
        way.offer(BraintreeWay())


def _registered() -> "Registered":
    from solitude.payments.contract import Action, Operation
    from solitude.payments.registry import Registered
    from solitude.providers.braintree import cards, charges, proxied, subscriptions
    from solitude.providers.braintree.inbound import Webhooks
    from solitude.providers.braintree.provider import Braintree

    proxied.offer()
    return Registered(
        Braintree(),
        {
            Operation.STORE_CREDENTIAL: cards.kept,
            Operation.DELETE_CREDENTIAL: cards.deleted,
            Operation.SUBSCRIBE: subscriptions.begun,
            Operation.CHANGE_SUBSCRIPTION: subscriptions.changed,
            Operation.CANCEL_SUBSCRIPTION: subscriptions.cancelled,
        },
        inbound=Webhooks(),
        notice_appliers={Action.SUBSCRIPTION: charges.enter},
        credential_refused=cards.refused,
    )
