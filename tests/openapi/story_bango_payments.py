"""The part of the story about payments at Bango: begun, made, told of, and given back."""

from tests.bango.paying import BangoShop, bango_away
from tests.support import bango
from tests.support.marketplace import Marketplace, encoded


def tell(shop: Marketplace) -> None:
    simulator = bango.running()
    simulator.reset()
    till = BangoShop(shop, simulator)
    _beginnings(till)
    page = till.billing(transaction_uuid="web:order-77", icon_url="https://shop.example/star-map.png")["pay_url"]
    location = simulator.pay(page)
    simulator.fault("CheckToken", "error_503")
    till.bring(location)
    till.bring(location, amount="0.01")
    till.bring(location)
    till.bring(location)
    (event,) = simulator.told()
    till.event(event)
    till.event(event, password="another")
    _refunds(till)


def _beginnings(till: BangoShop) -> None:
    till.bango.fault("CreateBillingConfiguration", "issue:INVALID_PARAMETER")
    till.billing(transaction_uuid="web:order-74")
    till.bango.fault("CreateBillingConfiguration", "issue:ACCESS_DENIED")
    till.billing(transaction_uuid="web:order-75")
    till.bango.fault("CreateBillingConfiguration", "disconnect_after")
    till.billing(transaction_uuid="web:order-76")
    till.bango.fault("CreateBillingConfiguration", "rate_limit_429")
    till.billing(transaction_uuid="web:order-77")
    with bango_away():
        till.billing(transaction_uuid="web:order-77")


def _refunds(till: BangoShop) -> None:
    payment = {"uuid": "web:order-77"}
    till.bango.fault("DoRefund", "issue:CANT_REFUND")
    till.refund(**payment)
    till.bango.refunds_end("PENDING")
    refund = till.refund(**payment)
    till.refund(**payment)
    till.refund_status("web:order-77")
    asked = encoded({"uuid": refund["uuid"]})
    for path in ("/bango/refund/", "/bango/refund/status/"):
        till.shop.send("GET", path, asked)
