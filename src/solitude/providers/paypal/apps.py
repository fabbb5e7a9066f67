from typing import TYPE_CHECKING

from django.apps import AppConfig
from django.conf import settings

from solitude.telemetry import redaction

if TYPE_CHECKING:
    from solitude.payments.registry import Registered


class PaypalConfig(AppConfig):
    name = "solitude.providers.paypal"
    label = "paypal"

    def ready(self) -> None:
        from solitude.buyers import closing
        from solitude.buyers import holdings as buyer_holdings
        from solitude.buyers.models import parts as buyer_parts
        from solitude.outbound import probes
        from solitude.payments import registry
        from solitude.providers.paypal import configured, holdings, preapprovals, records
        from solitude.providers.paypal.models import BuyerPaypal, PermissionRequest, SellerPaypal
        from solitude.providers.paypal.names import NAME
        from solitude.providers.paypal.retained import declare_paypal
        from solitude.providers.paypal.sellers import ending
        from solitude.providers.paypal.way import PayPalWay
        from solitude.routing import way
        from solitude.sellers import closing as seller_closing
        from solitude.sellers.models import parts as seller_parts
        from solitude.sellers.models import product_parts
        from solitude.vault import holders
        from solitude.web import purge

        for secret in (
            settings.SOLITUDE_PAYPAL_CLIENT_SECRET,
            settings.SOLITUDE_PAYPAL_CLASSIC_PASSWORD,
            settings.SOLITUDE_PAYPAL_CLASSIC_SIGNATURE,
        ):
            if secret:
                redaction.register(secret)
        registry.offer(NAME, _registered, is_used=configured.is_used(), jobs=(preapprovals.expire_due,))
        way.offer(PayPalWay())
        declare_paypal()
        holders.register(
            holders.HashColumn(SellerPaypal, "paypal_id_hash", of="paypal_id", make=records.paypal_id_hash),
            holders.HashColumn(SellerPaypal, "merchant_id_hash", of="merchant_id", make=records.paypal_id_hash),
            holders.HashColumn(BuyerPaypal, "key_hash", of="key", make=preapprovals.key_hash),
            holders.HashColumn(PermissionRequest, "reference_hash"),
        )
        buyer_holdings.offer("paypal", holdings.of_buyer)
        purge.expiring(ending.expired)
        seller_closing.register(ending.forget)
        closing.register("paypal", closing.Hook(preapprovals.forget_buyer, preapprovals.carry_out_deletions))
        for name, url in configured.addresses().items():
            probes.offer(probes.Probe(name, url, settings.SOLITUDE_STATUS_PROBE_TIMEOUT_MS))
        buyer_parts.offer("paypal", records.buyer_part, "paypal", records.BuyerPaypalShown | None)
        seller_parts.offer("paypal", records.seller_part, "paypal", records.SellerPaypalShown | None)
        product_parts.offer("paypal", records.product_part, "paypal", records.ProductPaypalShown | None)


def _registered() -> "Registered":
    from solitude.payments.contract import Action, Operation
    from solitude.payments.registry import Registered
    from solitude.providers.paypal import giving_back, preapprovals, proxied, records
    from solitude.providers.paypal.inbound import PayPalInbound
    from solitude.providers.paypal.provider import PayPal

    proxied.offer()
    paypal = PayPal()
    return Registered(
        paypal,
        {
            Operation.ASK_CONSENT: preapprovals.asked,
            Operation.STORE_CREDENTIAL: preapprovals.stored,
            Operation.DELETE_CREDENTIAL: preapprovals.deleted,
        },
        inbound=PayPalInbound(),
        notice_appliers={
            Action.PREAPPROVAL: preapprovals.told_deleted,
            Action.SELLER: records.told_of_seller,
        },
        credential_refused=preapprovals.refused,
        refunding=giving_back.telling,
        able_to=paypal.able_to,
        approval_life_s=lambda: settings.SOLITUDE_PAYPAL_ORDER_LIFE_S,
    )
