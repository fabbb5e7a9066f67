"""Plans: what can be subscribed to, and every how many months it is paid."""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from solitude_sandbox.braintree.accounts import MERCHANT_ACCOUNTS, MERCHANT_ID
from solitude_sandbox.braintree.global_ids import global_id
from solitude_sandbox.braintree.xml import Items
from solitude_sandbox.control import Json, whole

FREQUENCY_LIMIT = 12
CYCLES_LIMIT = 999
_ID = re.compile(r"[A-Za-z0-9_-]{1,255}", re.ASCII)
_PRICE = re.compile(r"[0-9]{1,7}\.[0-9]{2}", re.ASCII)


@dataclass(frozen=True)
class Plan:
    """`billing_frequency` is in months; `billing_day_of_month` None is the day on which a subscription begins."""

    id: str
    price: Decimal
    created: datetime
    updated: datetime
    currency_iso_code: str = "USD"
    billing_frequency: int = 1
    billing_day_of_month: int | None = None
    number_of_billing_cycles: int | None = None
    trial_period: bool = False

    def show(self) -> Json:
        """The resource. A trial is always of one month."""
        return {
            **self._settings(),
            "price": self.price,
            "name": self.id,
            "description": None,
            "merchant_id": MERCHANT_ID,
            "global_id": global_id("plan", self.id),
            "trial_duration": 1 if self.trial_period else None,
            "trial_duration_unit": "month" if self.trial_period else None,
            "created_at": self.created,
            "updated_at": self.updated,
            "add_ons": Items("add_on", ()),
            "discounts": Items("discount", ()),
        }

    def as_json(self) -> Json:
        """For the control API."""
        return self._settings() | {"price": str(self.price)}

    def _settings(self) -> Json:
        return {name: getattr(self, name) for name in ("id", *_CHECKS) if name != "price"}


def built_in(now: datetime) -> list[Plan]:
    """Those that Mozilla sold. Where the buyer chooses the amount, the plan has none."""
    prices = {
        "mozilla-concrete-brick": "10.00",
        "mozilla-concrete-mortar": "5.00",
        "mozilla-foundation-recurring-donation": "0.00",
    }
    return [Plan(name, Decimal(price), now, now) for name, price in prices.items()]


def read(order: Json, find: Callable[[str], Plan | None], now: datetime) -> Plan:
    """The plan that an order of the control API describes: what the one with its `id` becomes, or a new one. ValueError with a sentence."""
    name = order.get("id")
    if not isinstance(name, str) or not _ID.fullmatch(name):
        raise ValueError("id must be of letters, digits, - and _.")
    if not order.keys() <= {"id", *_CHECKS}:
        raise ValueError(f"A plan has only these: id, {', '.join(_CHECKS)}.")
    before = find(name)
    if before is None and "price" not in order:
        raise ValueError("A new plan needs a price.")
    changes = {field: check(order[field], field) for field, check in _CHECKS.items() if field in order}
    return replace(before or Plan(name, Decimal(0), now, now), **changes, updated=now)


def _price(value: object, field: str) -> Decimal:
    if not isinstance(value, str) or not _PRICE.fullmatch(value):
        raise ValueError(f"{field} must be text such as 9.90.")
    return Decimal(value)


def _currency(value: object, field: str) -> str:
    if value not in MERCHANT_ACCOUNTS.values():
        raise ValueError(f"{field} must be one of: {', '.join(MERCHANT_ACCOUNTS.values())}.")
    return str(value)


def _months(value: object, field: str) -> int:
    return whole(value, field, least=1, most=FREQUENCY_LIMIT)


def _day(value: object, field: str) -> int | None:
    return None if value is None else whole(value, field, least=1, most=31)


def _cycles(value: object, field: str) -> int | None:
    return None if value is None else whole(value, field, least=1, most=CYCLES_LIMIT)


def _yes_or_no(value: object, field: str) -> bool:
    if not isinstance(value, bool):
        raise ValueError(f"{field} must be true or false.")
    return value


_CHECKS: dict[str, Callable[[object, str], Any]] = {
    "price": _price,
    "currency_iso_code": _currency,
    "billing_frequency": _months,
    "billing_day_of_month": _day,
    "number_of_billing_cycles": _cycles,
    "trial_period": _yes_or_no,
}
