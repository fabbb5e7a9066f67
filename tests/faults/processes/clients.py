"""Marketplaces that pay, approve, check and refund, as sane clients do; some of them die in the middle."""

import itertools
import threading
import time
from collections.abc import Callable
from decimal import Decimal
from typing import Any

import urllib3

from tests.faults.processes.chance import chance
from tests.faults.processes.plans import Plan, Promise, part_of, plan_of
from tests.faults.processes.wire import Answer, Api
from tests.support.simulator import CANCEL_URL, RETURN_URL, Simulator

# How long a client that dies waits for an answer that it will not hear.
LAST_BREATH_MAX_S = 0.25
CHECKS_MAX = 4
CHECK_PAUSE_S = 0.3
SET_UP_TRIES = 10
_REFUSED = {"DECLINED", "CANCELLED", "EXPIRED", "ERRORED"}
_PAID = {"COMPLETED", "REFUNDED", "PARTIALLY_REFUNDED"}


class Queue:
    """Numbers of payments, for all clients, until there are enough of them or nobody wants more."""

    def __init__(self, payments: int | None) -> None:
        self._numbers = itertools.count() if payments is None else iter(range(payments))
        self._lock, self._closed = threading.Lock(), threading.Event()
        self.begun = 0

    def close(self) -> None:
        self._closed.set()

    def next(self) -> int | None:
        with self._lock:
            number = None if self._closed.is_set() else next(self._numbers, None)
            self.begun += number is not None
            return number


class Died(Exception):
    """The client of this payment is no more; nobody asks on."""


class Client(threading.Thread):
    """One web head: makes its own seller, product and buyer with a pre-approval, then takes payments from the queue."""

    def __init__(self, name: str, seed: int, api: Api, paypal: Simulator, queue: Queue) -> None:
        super().__init__(name=name, daemon=True)
        self.promises: list[Promise] = []
        self.failure: BaseException | None = None
        self._seed, self._api, self._paypal, self._queue = seed, api, paypal, queue
        self._dice = chance(seed, name)
        self._product, self._agreed_buyer = "", ""

    def run(self) -> None:
        try:
            self._product = self._set_up(self._sell)
            self._agreed_buyer = self._set_up(self._agree)
            while (number := self._queue.next()) is not None:
                self._serve(plan_of(self._seed, number))
        except BaseException as error:  # noqa: BLE001  # told in the report
            self.failure = error

    def _serve(self, plan: Plan) -> None:
        promise = Promise(plan)
        self.promises.append(promise)
        _Purchase(self._api, self._paypal, promise, self._product, self._agreed_buyer, self._seed).run()

    # --- what comes before the first payment ---

    def _set_up(self, make: Callable[[str], str]) -> str:
        """Under a new name after each failure: what became of the former one is nobody's concern."""
        for attempt in range(SET_UP_TRIES):
            if made := make(f"{self.name}-{attempt}"):
                return made
        raise RuntimeError(f"{self.name} could not {make.__name__.strip('_')} in {SET_UP_TRIES} attempts")

    def _sell(self, name: str) -> str:
        seller = self._post("/generic/seller/", {"uuid": f"dev:{name}"}, name)
        if seller is None:
            return ""
        known = self._post(
            "/paypal/seller/", {"seller": seller["resource_uri"], "paypal_id": f"{name}@dev.example"}, name
        )
        body = {"seller": seller["resource_uri"], "external_id": f"app-{name}", "public_id": f"pub-{name}"}
        return str(body["public_id"]) if known and self._post("/generic/product/", body, name) else ""

    def _agree(self, name: str) -> str:
        """A buyer with a pre-approval; its uuid."""
        uuid = f"agreed-{name}"
        urls = {"return_url": RETURN_URL, "cancel_url": CANCEL_URL}
        buyer = self._post("/generic/buyer/", {"uuid": uuid}, name)
        begun = self._post("/paypal/preapproval/", {"uuid": uuid} | urls, name) if buyer else None
        if not begun:
            return ""
        click(self._paypal, begun["key"])
        kept = self._api.insist(self._dice, "PUT", begun["resource_uri"], {})
        return uuid if kept and kept.status == 202 else ""

    def _post(self, target: str, body: dict[str, Any], name: str) -> dict[str, Any] | None:
        answer = self._api.insist(self._dice, "POST", target, body, f"{self._seed}-{name}-{target}")
        return dict(answer.json) if answer and answer.status == 201 else None


class _Purchase:
    """One payment, from the buyer's wish to the last refund."""

    def __init__(
        self, api: Api, paypal: Simulator, promise: Promise, product: str, agreed_buyer: str, seed: int
    ) -> None:
        self._api, self._paypal, self._promise, self._plan = api, paypal, promise, promise.plan
        self._product, self._agreed_buyer = product, agreed_buyer
        self._key = f"{seed}-payment-{self._plan.number}"
        self._dice = chance(self._key)

    def run(self) -> None:
        try:
            uuid = self._pay()
            if self._promise.told == "paid":
                self._refund(uuid)
        except Died:
            return

    def _pay(self) -> str:
        plan = self._plan
        body = {
            "user_id": self._agreed_buyer if plan.is_preapproved else plan.buyer,
            "app_id": self._product,
            "amount": plan.amount,
            "currency": plan.currency,
            "use_preapproval": plan.is_preapproved,
            "return_url": RETURN_URL,
            "cancel_url": CANCEL_URL,
        }
        self._promise.asked, self._promise.key = body, f"{self._key}-pay"
        answer = self._call("pay", "/paypal/pay", body, "pay")
        status = heard(self._promise, answer)
        if answer and status == "created":
            self._approve(answer.json["paykey"])
            self._check(self._promise.uuid)
        return self._promise.uuid

    def _approve(self, paykey: str) -> None:
        if self._plan.dies_at == "approve":
            # The buyer approves, and the marketplace never hears of it.
            click(self._paypal, paykey, self._plan.funding)
            raise Died
        click(self._paypal, paykey, self._plan.funding)

    def _check(self, uuid: str) -> None:
        for number in range(CHECKS_MAX):
            answer = self._call("check", "/paypal/pay-check/", {"uuid": uuid}, f"check-{number}")
            status = _status(answer)
            if status in _PAID or status in _REFUSED:
                self._promise.told = "paid" if status in _PAID else "refused"
                return
            if self._plan.funding == "review" and status == "PENDING":
                return
            time.sleep(CHECK_PAUSE_S)

    def _refund(self, uuid: str) -> None:
        plan = self._plan
        if plan.refund == "partial" and self._refund_once(uuid, part_of(plan), "part") == "impossible":
            self._refund_once(uuid, None, "all")
        elif plan.refund == "partial":
            self._refund_once(uuid, None, "rest")
        elif plan.refund == "full":
            self._refund_once(uuid, None, "all")

    def _refund_once(self, uuid: str, amount: Decimal | None, name: str) -> str:
        body = {"uuid": uuid} | ({} if amount is None else {"amount": str(amount)})
        self._promise.refunds_asked += 1
        answer = self._call("refund", "/paypal/refund/", body, f"refund-{name}")
        if answer is None:
            raise Died  # whoever does not know what became of one refund asks for no other
        if answer.status == 201 and answer.json["status"] == "COMPLETED":
            self._promise.refunded.append(Decimal(answer.json["amount"]))
            return "done"
        if answer.status == 201 and answer.json["status"] == "PENDING":
            return "done"
        self._promise.refunds_asked -= 1
        return "impossible" if answer.status == 400 else "refused"

    def _call(self, step: str, target: str, body: dict[str, Any], name: str) -> Answer | None:
        key = f"{self._key}-{name}"
        if self._plan.dies_at == step:
            self._api.once(self._dice, "POST", target, body, key, self._dice.uniform(0.001, LAST_BREATH_MAX_S))
            raise Died
        return self._api.insist(self._dice, "POST", target, body, key)


def heard(promise: Promise, answer: Answer | None) -> str:
    """Keeps what the client was told of its payment; the status in the answer, if it has one."""
    if answer is None:
        return ""
    if answer.status != 201:
        promise.told = "refused" if answer.status == 422 else "nothing"
        return ""
    promise.uuid, status = str(answer.json["uuid"]), str(answer.json["status"])
    if status == "completed":
        promise.told = "paid"
    return status


def _status(answer: Answer | None) -> str:
    """What a check says of the payment; nothing, where it says nothing."""
    if answer is None or answer.status not in (201, 422):
        return ""
    return str(answer.json["status"]) if answer.status == 201 else "DECLINED"


def click(paypal: Simulator, token: str, funding: str = "ok") -> None:
    """The buyer's click on Approve; a page that has nothing to approve any more is no failure."""
    body = {"token": token, "action": "approve", "funding": funding, "buyer": "bea@buyer.example"}
    urllib3.request("POST", f"{paypal.url}/sandbox/approve", json=body, timeout=10, retries=False)
