"""Checks of products: whether Bango takes a billing configuration, with which nobody will pay."""

import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from decimal import Decimal
from http import HTTPStatus
from typing import Any

from solitude.money.money import Money
from solitude.payments.contract import Intent
from solitude.providers.bango import asking, requests
from solitude.providers.bango.models import ProductBango, StatusBango
from solitude.telemetry import redaction
from solitude.web.refusals import Refused

ERRORS_MAX_CHARS = 1_000
TITLE = "Test of app status"
PRICE = Money(Decimal("0.99"), "USD")
SUCCESS_URL, ERROR_URL = "http://test.mozilla.com/success", "http://test.mozilla.com/error"


@dataclass(frozen=True, slots=True)
class Found:
    """What a check came to. `errors` is Bango's text."""

    status: StatusBango.Status
    errors: str = ""


def check(product: ProductBango) -> Found:
    """Asks Bango. Raises Refused where it says nothing about the product."""
    try:
        asking.ask(requests.CREATE_BILLING, requests.billing(_intent(product)))
    except Refused as refused:
        if refused.status != HTTPStatus.BAD_REQUEST:
            raise
        return Found(StatusBango.Status.BAD, _text(refused.body))
    return Found(StatusBango.Status.GOOD)


def _intent(product: ProductBango) -> Intent:
    """A payment as any other, of which nobody hears again."""
    terms = {requests.UUID: f"test:status:{uuid.uuid4()}", requests.USER: f"test:user:{uuid.uuid4()}"}
    return Intent(
        payee=product.bango_id,
        prices=(PRICE,),
        description=TITLE,
        return_url=SUCCESS_URL,
        cancel_url=ERROR_URL,
        terms=terms,
    )


def _text(refusal: Mapping[str, Any]) -> str:
    """What Bango said, whichever field it is about."""
    said = [text for name, texts in refusal.items() if not name.startswith("__") or name == "__all__" for text in texts]
    text = ": ".join([str(refusal.get("__bango__", "")), *said]).strip(": ")
    return redaction.clean(text)[:ERRORS_MAX_CHARS]
