"""What a test says to the classic interface, in few words."""

import itertools
from dataclasses import dataclass
from datetime import date, timedelta
from urllib.parse import parse_qsl, quote

from tests.sandbox.client import CANCEL_URL, RETURN_URL, SELLER, Reply, Sandbox

from solitude_sandbox.paypal.classic import credentials
from solitude_sandbox.paypal.oauth import APP_ID

PARTNER = "share@market.example"
KEYS = {
    "X_PAYPAL_APPLICATION_ID": APP_ID,
    "X_PAYPAL_REQUEST_DATA_FORMAT": "NV",
    "X_PAYPAL_RESPONSE_DATA_FORMAT": "NV",
    "X_PAYPAL_SECURITY_USERID": credentials.USER,
    "X_PAYPAL_SECURITY_PASSWORD": credentials.PASSWORD,
    "X_PAYPAL_SECURITY_SIGNATURE": credentials.SIGNATURE,
}

_numbers = itertools.count(1)


@dataclass
class Answer:
    """An answer, read: `pairs` by their whole names."""

    reply: Reply
    pairs: dict[str, str]

    def __getitem__(self, name: str) -> str:
        return self.pairs[name]

    @property
    def ack(self) -> str:
        return self["responseEnvelope.ack"]

    @property
    def error(self) -> str | None:
        """The number of the error; None if there is none."""
        return self.pairs.get("error(0).errorId")

    def part(self, index: int, name: str) -> str | None:
        """A field of a payment's part."""
        return self.pairs.get(f"paymentInfoList.paymentInfo({index}).{name}")


def receiver(index: int, email: str, amount: str, **more: str) -> dict[str, str]:
    at = f"receiverList.receiver({index})"
    return {f"{at}.email": email, f"{at}.amount": amount, **{f"{at}.{name}": value for name, value in more.items()}}


def simple(amount: str = "10.00", seller: str = SELLER, **more: str) -> dict[str, str]:
    return receiver(0, seller, amount, **more)


def chain(amount: str = "10.00", share: str = "3.00", seller: str = SELLER) -> dict[str, str]:
    return receiver(0, seller, amount, primary="true") | receiver(1, PARTNER, share, primary="false")


class Classic:
    """The classic interface of a running simulator; everything else is at `sandbox`."""

    def __init__(self, sandbox: Sandbox) -> None:
        self.sandbox = sandbox

    def call(self, path: str, headers: dict[str, str] | None = None, **fields: str) -> Answer:
        return self.send(path, fields, headers)

    def send(self, path: str, fields: dict[str, str], headers: dict[str, str] | None = None) -> Answer:
        pairs = {"requestEnvelope.errorLanguage": "en_US", **fields}
        # Keys are not escaped, values are; sorted, as solitude sends them.
        body = "&".join(f"{key}={quote(value, safe='')}" for key, value in sorted(pairs.items()))
        reply = self.sandbox.send(
            "POST",
            f"/paypal/{path}",
            body,
            Content_Type="application/x-www-form-urlencoded",
            **(KEYS if headers is None else headers),
        )
        return Answer(reply, dict(parse_qsl(reply.text, keep_blank_values=True)))

    def pay(self, receivers: dict[str, str] | None = None, **fields: str) -> Answer:
        """AdaptivePayments/Pay with a new tracking id; an empty field is not sent."""
        given = {
            "actionType": "PAY",
            "currencyCode": "USD",
            "returnUrl": RETURN_URL,
            "cancelUrl": CANCEL_URL,
            "trackingId": f"tracking-{next(_numbers)}",
            **(simple() if receivers is None else receivers),
            **fields,
        }
        return self.send("AdaptivePayments/Pay", {key: value for key, value in given.items() if value})

    def paid(self, receivers: dict[str, str] | None = None, *, funding: str = "ok", **fields: str) -> str:
        """The pay key of a payment that its sender has approved."""
        pay_key = self.pay(receivers, **fields)["payKey"]
        assert self.sandbox.approve(pay_key, funding=funding).status == 200
        return pay_key

    def details(self, pay_key: str = "", **fields: str) -> Answer:
        named = {"payKey": pay_key} if pay_key else {}
        return self.send("AdaptivePayments/PaymentDetails", {**named, **fields})

    def preapproval(self, *, starts: str, ends: str, total: str = "100.00", **fields: str) -> Answer:
        given = {
            "startingDate": starts,
            "endingDate": ends,
            "maxTotalAmountOfAllPayments": total,
            "currencyCode": "USD",
            "returnUrl": RETURN_URL,
            "cancelUrl": CANCEL_URL,
            **fields,
        }
        return self.send("AdaptivePayments/Preapproval", {key: value for key, value in given.items() if value})

    def preapproved(self, *, funding: str = "ok", buyer: str = "buyer@sandbox.example", **fields: str) -> str:
        """The key of a pre-approval for today and the next 30 days that its sender has approved."""
        starts, ends = self.today(), self.today(30)
        key = self.preapproval(**{"starts": starts, "ends": ends, **fields})["preapprovalKey"]
        assert self.sandbox.approve(key, funding=funding, buyer=buyer).status == 200
        return key

    def today(self, days: int = 0) -> str:
        """The simulator's date, so many days later."""
        return day(self.sandbox.control("GET", "clock").json["now"], days)


def day(now: str, days: int) -> str:
    return str(date.fromisoformat(now[:10]) + timedelta(days=days))
