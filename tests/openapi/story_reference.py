"""The part of the story about providers that speak the reference interface."""

from collections.abc import Iterator
from contextlib import contextmanager

from tests.outbound.peers import Peer, answering
from tests.reference import world
from tests.support import zippy as simulator
from tests.support.marketplace import Marketplace
from tests.support.zippy import ZippySimulator

URL = "https://zippy.example"
OK = b'HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{"result": "OK"}'


def shown(said: str) -> str:
    """With an address where the simulator was."""
    return said.replace(simulator.running().url, URL)


def tell(shop: Marketplace) -> None:
    zippy = simulator.running()
    zippy.reset()
    product = _records(shop)
    _payments(shop, zippy, product)
    _passing(shop, zippy)


def _records(shop: Marketplace) -> str:
    seller = shop.post("/generic/seller/", {"uuid": "dev:14"})["resource_uri"]
    body = {"seller": seller, "uuid": "s-801", "name": "Ada", "email": "ada@shop.example", "status": "ACTIVE"}
    there = shop.post("/provider/reference/sellers/", body | {"agreement": "2014-02-03"})["resource_uri"]
    shop.post("/provider/reference/sellers/", body)
    other = shop.post("/generic/seller/", {"uuid": "dev:15"})["resource_uri"]
    shop.post("/provider/reference/sellers/", {"seller": other, "uuid": "s-802", "name": "Bo"})
    shop.get("/provider/reference/sellers/?seller__uuid=dev%3A14")
    shop.get(there)
    shop.put(there, body | {"name": "Ada Byron"})
    shop.patch(there, body | {"name": "Ada King"})
    shop.delete(there)
    sold = {"seller": seller, "external_id": "map", "public_id": "map"}
    product = str(shop.post("/generic/product/", sold)["resource_uri"])
    body = {"seller_product": product, "seller_reference": there, "uuid": "p-12", "name": "Map"}
    mine = shop.post("/provider/reference/products/", body)["resource_uri"]
    shop.post("/provider/reference/products/", body)
    shop.get("/provider/reference/products/?seller_product__external_id=map")
    shop.get(mine)
    shop.put(mine, body)
    shop.delete(mine)
    terms = there.replace("sellers", "terms")
    shop.get(terms)
    shop.put(terms, {"text": "All is allowed.", "agreement": "2014-02-03"})
    shop.delete(terms)
    shop.get("/provider/reference/terms/")
    with _another():
        for change in (shop.put, shop.patch):
            change(mine, body)
            change(terms, {"text": "All is allowed.", "agreement": "2014-02-03"})
    return product


def _payments(shop: Marketplace, zippy: ZippySimulator, product: str) -> None:
    paid, failed = (world.pay(shop, product) for _ in range(2))
    world.tell(shop, world.query_of(zippy.pay(paid["pay_url"])))
    world.tell(shop, world.query_of(zippy.fail(failed["pay_url"])))
    world.tell(shop, "nothing")
    world.pay(shop, product, amount="0")
    world.pay(shop, product, "nobody")
    zippy.fault("create_transaction", "issue:InvalidArgumentError")
    world.pay(shop, product)
    zippy.fault("create_transaction", "rate_limit_429", retry_after_s=17)
    world.pay(shop, product)
    with world.away():
        world.pay(shop, product)
        world.tell(shop, world.query_of(f"?ext_transaction_id={world.call_of(paid).key}&sig=0:0"))
    zippy.fault("create_transaction", "disconnect_after")
    world.pay(shop, product)


def _passing(shop: Marketplace, zippy: ZippySimulator) -> None:
    zippy.fault("create_seller", "error_500")
    seller = {"uuid": "s-803", "name": "Cleo", "email": "cleo@shop.example", "status": "ACTIVE"}
    with world.configured(second=world.provider(zippy.url, "second")):
        shop.post("/provider/second/sellers/", seller)
        shop.post("/provider/second/sellers/", seller)
        shop.get("/provider/second/sellers/s-803/")
        shop.put("/provider/second/sellers/s-803/", seller | {"name": "Cleo Patra"})
        shop.delete("/provider/second/sellers/s-803/")
        shop.get("/provider/second/sellers/s-803/")
        shop.get("/provider/second/products/?seller_id=s-801")
    with _another("second"):
        shop.put("/provider/second/things/", {})
        shop.delete("/provider/second/things/")
        shop.post("/provider/second/things/t-1/", {})


@contextmanager
def _another(name: str = "reference") -> Iterator[None]:
    """A provider that has what the specification has not."""
    with Peer(answering(OK)) as peer, world.configured(**{name: world.provider(peer.url, name)}):
        yield
