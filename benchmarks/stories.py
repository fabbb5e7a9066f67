"""What happens to payments, played once through the API at a house with its simulator: the rows that a history is copied from."""

import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from benchmarks.places import Database, House
from benchmarks.scenarios import RETURN_URLS, kept_transaction
from benchmarks.shop import asker

DISPUTED = ("CUSTOMER.DISPUTE.CREATED", "PAYMENT.CAPTURE.REVERSED", "CUSTOMER.DISPUTE.RESOLVED")
TAKEN = "PAYMENT.CAPTURE.COMPLETED"


@dataclass(frozen=True, slots=True)
class Story:
    """`of_100`: how many of a hundred sales go so. `agreed`: whether its buyer had agreed before to be charged."""

    name: str
    of_100: int
    agreed: bool
    play: Callable[["Player"], str]
    """Gives the uuid of the payment."""


class Player:
    """A marketplace with one product and buyers who have agreed, and all that PayPal and its users do."""

    def __init__(self, house: House) -> None:
        self.paypal, self.ask = house.paypal, asker(house)
        self.told = 0

    def open(self) -> None:
        """Makes what is sold, and who buys."""
        seller = self.ask("POST", "/generic/seller/", {"uuid": "dev:story"})["resource_uri"]
        self.ask("POST", "/paypal/seller/", {"seller": seller, "paypal_id": "story-seller@dev.example"})
        product = {"seller": seller, "external_id": "story", "public_id": "story-product"}
        self.product: dict[str, Any] = self.ask("POST", "/generic/product/", product)
        self.agree("shop:story", "ok")
        self.agree("shop:poor", "declined")

    def agree(self, buyer: str, funding: str) -> None:
        self.ask("POST", "/generic/buyer/", {"uuid": buyer})
        asked = self.ask("POST", "/paypal/preapproval/", {"uuid": buyer, **RETURN_URLS})
        self.paypal.approve(asked["paypal_url"], funding=funding)
        self.ask("PUT", asked["resource_uri"], {})

    def pay(self, buyer: str, *, agreed: bool) -> dict[str, Any]:
        body = {"user_id": buyer, "app_id": self.product["public_id"], "amount": 2.49, "currency": "EUR"}
        paid: dict[str, Any] = self.ask("POST", "/paypal/pay", body | {"use_preapproval": agreed, **RETURN_URLS})
        return paid

    def check(self, uuid: str) -> None:
        self.ask("POST", "/paypal/pay-check/", {"uuid": uuid})

    def forward(self, *event_types: str) -> None:
        """Hands on what PayPal has told since the last time, of these types in their order."""
        new = self.paypal.told()[self.told :]
        for event_type in event_types:
            (event,) = [event for event in new if event["event_type"] == event_type]
            self.ask("POST", "/paypal/webhook/", {"headers": event["headers"], "body": event["body"]})

    def catch_up(self) -> None:
        """What was told until now is nothing to be handed on."""
        self.told = len(self.paypal.told())


def _agreed(player: Player) -> str:
    return str(player.pay("shop:story", agreed=True)["uuid"])


def _approved(player: Player) -> str:
    paid = player.pay("guest:story", agreed=False)
    player.paypal.approve(paid["pay_url"])
    player.check(paid["uuid"])
    player.forward(TAKEN)
    return str(paid["uuid"])


def _declined(player: Player) -> str:
    """The stored credential is declined, and the buyer does not pay otherwise."""
    paid = player.pay("shop:poor", agreed=True)
    player.ask("POST", "/paypal/pay-cancel/", {"uuid": paid["uuid"]})
    return str(paid["uuid"])


def _cancelled(player: Player) -> str:
    paid = player.pay("guest:story", agreed=False)
    player.ask("POST", "/paypal/pay-cancel/", {"uuid": paid["uuid"]})
    return str(paid["uuid"])


def _refunded(player: Player) -> str:
    paid = _agreed(player)
    player.ask("POST", "/paypal/refund/", {"uuid": paid})
    return paid


def _reversed(player: Player) -> str:
    paid = _agreed(player)
    capture = player.paypal.captured()[-1]
    player.paypal.resolve(player.paypal.dispute(capture["id"]), "RESOLVED_BUYER_FAVOUR")
    player.forward(*DISPUTED)
    return paid


def _kept(player: Player, status: int = 1) -> str:
    body = kept_transaction(f"kept:{uuid.uuid4()}", player.product["resource_uri"]) | {"status": status}
    return str(player.ask("POST", "/generic/transaction/", body)["uuid"])


def _failed(player: Player) -> str:
    return _kept(player, status=4)


STORIES = (
    Story("paid as agreed", 56, agreed=True, play=_agreed),
    Story("approved and paid", 20, agreed=False, play=_approved),
    Story("declined", 8, agreed=True, play=_declined),
    Story("cancelled", 8, agreed=False, play=_cancelled),
    Story("refunded", 4, agreed=True, play=_refunded),
    Story("reversed", 2, agreed=True, play=_reversed),
    Story("kept by the client", 1, agreed=True, play=_kept),
    Story("kept as failed", 1, agreed=True, play=_failed),
)
"""Of a hundred sales."""


def played(database: Database, player: Player) -> Iterator[tuple[Story, list[int]]]:
    """Plays each story once; the keys of its transactions, the payment's first."""
    for story in STORIES:
        player.catch_up()
        payment = story.play(player)
        found = database.ask(
            "SELECT t.id FROM transactions_transaction t JOIN transactions_transaction p ON p.id IN (t.id, t.related_id) "
            f"WHERE p.uuid = '{payment}' ORDER BY t.id"
        )
        yield story, [int(pk) for (pk,) in found]
