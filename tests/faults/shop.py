"""The marketplace and its buyers: what they want, what they have asked, and what they were answered.

What was answered is a promise. This is where promises are kept: one key has one answer, what is said to be paid is paid, and
what is said to have failed stays uncharged.
"""

import json
import random
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import ROUND_UP, Decimal
from typing import Any

from tests.faults.books import OurBooks, ProviderBooks
from tests.support.marketplace import Answer, Api, pay_body
from tests.support.simulator import CANCEL_URL, RETURN_URL

# Their digits are what the amounts below have: two, none, and two that PayPal takes only as none.
CURRENCIES = {"EUR": 2, "USD": 2, "JPY": 0, "HUF": 0}
LEAST, MOST = 1, 400
# Sellers by the traits that the simulator gives them.
SELLERS = ("plain", "other", "insufficient", "slowrefund")
# Buyers with a stored credential, by the funding behind it.
FUNDINGS = ("ok", "ok", "review", "declined", "capture_declined")
# Well within the life of an idempotency key, after which it may be used for something else.
KEY_LIFE = timedelta(hours=20)
EXPECTED = {
    "pay": {201, 409, 422, 502, 503, 504},
    "check": {201, 503, 504},
    "cancel": {201, 503, 504},
    "refund": {201, 409, 422, 502, 503, 504},
}
NOT_REFUNDABLE = {"not_captured", "refund_exceeds_captured"}
NOT_FINAL = {409, 502, 503, 504}
Json = dict[str, Any]


@dataclass(eq=False, slots=True)
class Asked:
    """A request, as often as it was made: with its key it is one wish."""

    kind: str
    name: str
    target: str
    body: bytes
    key: str
    at: datetime
    answers: list[Answer] = field(default_factory=list)


@dataclass(eq=False, slots=True)
class Purchase:
    """What a buyer wants to pay, and what is known of it."""

    number: int
    amount: Decimal
    currency: str
    wish: Asked
    uuid: str = ""
    token: str = ""
    paid: bool = False


@dataclass(slots=True)
class Promises:
    """What the house has said and must stay true, by the transaction that it was said of."""

    done: dict[str, str] = field(default_factory=dict)
    refused: dict[str, str] = field(default_factory=dict)
    not_sent: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


class Shop:
    """The clients of the marketplace. Each method that asks is work for a task; `now` is when it is asked."""

    def __init__(self, rng: random.Random, say: Callable[[str], None]) -> None:
        self._rng, self._say = rng, say
        self._api = Api()
        self.purchases: list[Purchase] = []
        self.wishes: list[Asked] = []
        # Whatever was heard of: from answers, or from the feed where an answer was lost.
        self.seen: list[str] = []
        # By the feed.
        self.states: dict[str, str] = {}
        self.cursor = ""
        self.events: list[Json] = []
        self.promises = Promises()
        self.products: list[str] = []
        self.buyers: list[str] = []

    # --- before it starts, in calm weather ---

    def open(self, consent: Callable[[str, str], None]) -> None:
        """Sellers, products, and buyers who agree to be charged; `consent` is their click."""
        for trait in SELLERS:
            seller = self._made("/generic/seller/", {"uuid": f"dev:{trait}"})["resource_uri"]
            self._made("/paypal/seller/", {"seller": seller, "paypal_id": f"{trait}-seller@dev.example"})
            product = {"seller": seller, "external_id": trait, "public_id": trait}
            self.products.append(self._made("/generic/product/", product)["public_id"])
        for number, funding in enumerate(FUNDINGS):
            uuid = self._made("/generic/buyer/", {"uuid": f"buyer:{number}"})["uuid"]
            urls = {"return_url": RETURN_URL, "cancel_url": CANCEL_URL}
            asked = self._made("/paypal/preapproval/", {"uuid": uuid, **urls})
            consent(asked["key"], funding)
            answer = self._api.put(asked["resource_uri"], {})
            assert answer.status == 202, answer
            self.buyers.append(uuid)

    def _made(self, target: str, body: Json) -> Json:
        answer = self._api.post(target, body)
        assert answer.status == 201, answer
        return dict(answer.json)

    # --- wishes ---

    def new_payment(self, now: datetime) -> Purchase:
        number, preapproved = len(self.purchases) + 1, self._rng.random() < 0.6
        currency = self._rng.choice(list(CURRENCIES))
        digits = CURRENCIES[currency]
        amount = Decimal(self._rng.randint(LEAST * 10**digits, MOST * 10**digits)).scaleb(-digits)
        body: Json = {
            "user_id": self._rng.choice(self.buyers) if preapproved else f"guest:{self._rng.randint(1, 3)}",
            "app_id": self._rng.choice(self.products),
            "amount": amount,
            "currency": currency,
            "use_preapproval": preapproved,
            "return_url": RETURN_URL,
            "cancel_url": CANCEL_URL,
        }
        key = f"pay-{number}" if self._rng.random() < 0.85 else ""
        name = f"pay {number} ({amount} {currency}{', agreed' if preapproved else ''})"
        purchase = Purchase(number, amount, currency, self._wish("pay", name, "/paypal/pay", pay_body(body), key, now))
        self.purchases.append(purchase)
        return purchase

    def new_refund(self, purchase: Purchase, now: datetime) -> Asked:
        number = len(self.wishes) + 1
        key = f"refund-{number}" if self._rng.random() < 0.85 else ""
        body: Json = {"uuid": purchase.uuid}
        if self._rng.random() < 0.5:
            unit = Decimal(1).scaleb(-CURRENCIES[purchase.currency])
            body["amount"] = (purchase.amount * self._rng.choice((1, 2, 3, 5, 6)) / 6).quantize(unit, ROUND_UP)
        name = f"refund {body.get('amount', 'all')} of {purchase.number}"
        return self._wish("refund", name, "/paypal/refund/", pay_body(body), key, now)

    def check_of(self, uuid: str, now: datetime) -> Asked:
        return Asked(
            "check", f"check {self._short(uuid)}", "/paypal/pay-check/", json.dumps({"uuid": uuid}).encode(), "", now
        )

    def cancel_of(self, uuid: str, now: datetime) -> Asked:
        body = json.dumps({"uuid": uuid}).encode()
        return Asked("cancel", f"cancel {self._short(uuid)}", "/paypal/pay-cancel/", body, "", now)

    def _wish(self, kind: str, name: str, target: str, body: bytes, key: str, now: datetime) -> Asked:
        wish = Asked(kind, name, target, body, key, now)
        self.wishes.append(wish)
        return wish

    def repeatable(self, now: datetime) -> list[Asked]:
        return [wish for wish in self.wishes if wish.key and now - wish.at < KEY_LIFE]

    def waiting(self) -> list[Purchase]:
        """Those whose buyer may click."""
        return [purchase for purchase in self.purchases if purchase.token and not purchase.paid]

    def refundable(self) -> list[Purchase]:
        return [purchase for purchase in self.purchases if purchase.paid and purchase.uuid]

    def unfinished(self) -> list[str]:
        """Those of which the feed has not told an end, as far as it was read."""
        return [uuid for uuid in self.seen if self.states.get(uuid, "") in ("", "started", "pending")]

    # --- the post ---

    def forward(self, told: Json) -> bool:
        """Hands on what the provider told; whether it is to be brought again."""
        answer = self._api.post("/paypal/webhook/", {"headers": told["headers"], "body": told["body"]})
        shown = answer.json if isinstance(answer.json, dict) else {}
        self._say(f"{told['event_type']} {told['number']} -> {_brief(answer)} {shown.get('reason') or ''}")
        # What the provider has signed is true, and is refused only as long as that cannot be checked.
        if answer.status != 200 or (shown["status"] == "ERROR" and not shown["retry"]):
            self.promises.broken.append(
                f"{told['event_type']} was answered {answer.status} {answer.text[:300]}: {told['body']}"
            )
        return bool(shown.get("retry"))

    # --- asking ---

    def ask(self, asked: Asked, purchase: Purchase | None = None) -> Answer:
        headers = {"Idempotency-Key": asked.key} if asked.key else {}
        answer = self._api.send("POST", asked.target, asked.body, **headers)
        self._say(f"{asked.name} -> {_brief(answer)}")
        if answer.status not in EXPECTED[asked.kind]:
            self.promises.broken.append(f"{asked.name} was answered {answer.status} {answer.text[:200]}")
            return answer
        self._compare(asked, answer)
        asked.answers.append(answer)
        self._learn(asked, answer, purchase)
        return answer

    def ask_what_became(self, now: datetime) -> None:
        """When all is well again, whoever asks under a key is told what became of it."""
        for wish in self.repeatable(now):
            answer = self.ask(wish, next((purchase for purchase in self.purchases if purchase.wish is wish), None))
            code = answer.json.get("code") if isinstance(answer.json, dict) else None
            if answer.status in NOT_FINAL and code not in NOT_REFUNDABLE:
                self.promises.broken.append(f"{wish.name} is answered {_brief(answer)} although all is well again")

    def read_feed(self) -> None:
        after = f"after={self.cursor}&" if self.cursor else ""
        answer = self._api.get(f"/events/?{after}limit={self._rng.choice((5, 50, 500))}")
        if answer.status != 200:
            self.promises.broken.append(f"the feed was answered {answer.status} {answer.text[:200]}")
            return
        self.cursor = answer["cursor"]
        self.events += answer["events"]
        for event in answer["events"]:
            if event["to"] and event["resource_uri"].startswith("/generic/transaction/"):
                self._see(event["uuid"])
                self.states[event["uuid"]] = event["to"]

    def _see(self, uuid: str) -> None:
        if uuid and uuid not in self.seen:
            self.seen.append(uuid)

    def _short(self, uuid: str) -> str:
        return str(self.seen.index(uuid) + 1) if uuid in self.seen else "?"

    # --- promises ---

    def _compare(self, asked: Asked, answer: Answer) -> None:
        """One key, one answer."""
        if not asked.key or answer.status in NOT_FINAL:
            return
        before = next((other for other in asked.answers if other.status not in NOT_FINAL), None)
        if before is not None and (before.status, before.json) != (answer.status, answer.json):
            self.promises.broken.append(
                f"{asked.name} was answered {before.status} {before.text}, then {_brief(answer)} {answer.text}"
            )

    def _learn(self, asked: Asked, answer: Answer, purchase: Purchase | None) -> None:
        told = answer.json if isinstance(answer.json, dict) else {}
        uuid, transaction, status = (
            told.get("uuid", ""),
            told.get("transaction", ""),
            str(told.get("status", "")).lower(),
        )
        self._see(uuid)
        said = f"{asked.name} -> {_brief(answer)}"
        if answer.status == 201 and status in ("completed", "refunded", "partially_refunded"):
            self.promises.done[transaction] = said
        elif _says_it_is_over(asked, answer, status) and transaction:
            self.promises.refused[transaction] = said
        elif asked.kind == "pay" and answer.status in (502, 503) and transaction:
            self.promises.not_sent[transaction] = said
        if purchase and asked.kind == "pay" and uuid:
            purchase.uuid, purchase.token = uuid, told.get("paykey", purchase.token) or ""
        for known in self.purchases:
            if uuid and known.uuid == uuid and asked.kind != "refund":
                known.paid = known.paid or (answer.status == 201 and status == "completed")
                known.token = told.get("pay_key") or known.token


def kept(promises: Promises, provider: ProviderBooks, ours: OurBooks, corrected: Callable[[], set[str]]) -> list[str]:
    """The promises that are broken: what was said against what is so."""
    broken = list(promises.broken)
    moved = {charge.reference: charge for charge in provider.charges if charge.moved}
    charged = {payment.name for payment in ours.payments if any(key in moved for key in payment.references)}
    back = {returned.reference for returned in provider.returns}
    # What others gave back has no reference of ours; that it moved is compared with the rest of the books.
    returned = {refund.name for refund in ours.refunds if refund.references & back or not refund.is_own}
    moved_ones = charged | returned
    broken += [f"{said}: no money moved" for name, said in promises.done.items() if name not in moved_ones]
    broken += [f"{said}: it was charged" for name, said in promises.not_sent.items() if name in charged]
    refused = {name: said for name, said in promises.refused.items() if name in charged}
    if refused:
        # What was wrong may be set right, where everybody can read it.
        broken += [f"{said}: it was charged" for name, said in refused.items() if name not in corrected()]
    return broken


def _says_it_is_over(asked: Asked, answer: Answer, status: str) -> bool:
    if asked.kind == "cancel":
        return (answer.status, status) == (201, "cancelled")
    return asked.kind == "pay" and answer.status == 422


def _brief(answer: Answer) -> str:
    told = answer.json if isinstance(answer.json, dict) else {}
    return f"{answer.status} {told.get('status') or told.get('code') or ''}".strip()
