"""Reading of the body of POST /v2/checkout/orders, with PayPal's checks of form and of amounts.

Lengths, patterns and required fields: schema `order_request` of PayPal's checkout_orders_v2 file.
"""

import re
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from decimal import Decimal

from solitude_sandbox.paypal.money import Money
from solitude_sandbox.paypal.reading import Json, Reader

UNITS_LIMIT = 10
ITEMS_LIMIT = 100
DEFAULT_REFERENCE = "default"
MERCHANT_ID = re.compile(r"[2-9A-HJ-NP-Z]{13}")
QUANTITY = re.compile(r"[1-9][0-9]{0,9}", re.ASCII)

ADDED_PARTS = ("item_total", "shipping", "handling", "tax_total", "insurance")
SUBTRACTED_PARTS = ("shipping_discount", "discount")
ITEM_CATEGORIES = ("DIGITAL_GOODS", "PHYSICAL_GOODS", "DONATION")


Parts = dict[str, Money]


@dataclass(frozen=True)
class PayeeRequest:
    """Whom the request names: by e-mail address (in lower case), by merchant id, or by both."""

    email: str | None
    merchant_id: str | None


@dataclass(frozen=True)
class ItemRequest:
    """A thing that is bought."""

    name: str
    price: Money
    tax: Money | None
    quantity: int
    description: str | None
    sku: str | None
    category: str | None

    def as_json(self) -> Json:
        """PayPal's item object."""
        texts = {"description": self.description, "sku": self.sku, "category": self.category}
        return {
            "name": self.name,
            "quantity": str(self.quantity),
            "unit_amount": self.price.as_json(),
            **({"tax": self.tax.as_json()} if self.tax is not None else {}),
            **{key: value for key, value in texts.items() if value is not None},
        }


@dataclass(frozen=True)
class Instruction:
    """What becomes of the money: how soon, and how much of it goes to a platform."""

    disbursement_mode: str = "INSTANT"
    platform_fee: Money | None = None
    platform_fee_payee: PayeeRequest | None = None


@dataclass(frozen=True)
class UnitRequest:
    """One purchase unit as asked for. `breakdown` has the parts of the amount."""

    reference_id: str
    amount: Money
    breakdown: Parts
    items: tuple[ItemRequest, ...]
    payee: PayeeRequest | None
    instruction: Instruction
    description: str | None
    custom_id: str | None
    invoice_id: str | None
    soft_descriptor: str | None

    @property
    def disbursement_mode(self) -> str:
        """INSTANT or DELAYED."""
        return self.instruction.disbursement_mode

    @property
    def platform_fee(self) -> Money | None:
        """What the platform gets of it."""
        return self.instruction.platform_fee

    @property
    def platform_fee_payee(self) -> PayeeRequest | None:
        """Who gets the platform's fee, if the request says so."""
        return self.instruction.platform_fee_payee


@dataclass(frozen=True)
class SourceRequest:
    """`by_wallet` tells that payment_source.paypal was given; `vault_id` that it is to be charged at once."""

    by_wallet: bool
    vault_id: str | None
    return_url: str | None
    cancel_url: str | None
    brand_name: str | None


@dataclass(frozen=True)
class OrderRequest(SourceRequest):
    """What is bought, and how it is to be paid."""

    units: tuple[UnitRequest, ...]


def read_order(body: Json) -> OrderRequest:
    """The request, or `ApiError` with all that is wrong with it."""
    reader = Reader()
    intent = reader.choice(body, "intent", "", ("CAPTURE", "AUTHORIZE"), required=True)
    if intent == "AUTHORIZE":
        reader.malformed("NOT_SUPPORTED", "/intent", intent)
    source = read_source(reader, body)
    sources = reader.items(body, "purchase_units", "", least=1, most=UNITS_LIMIT, required=True)
    units = [_read_unit(reader, unit, f"/purchase_units/{index}") for index, unit in enumerate(sources)]
    _check_references(reader, sources)
    request = OrderRequest(units=tuple(unit for unit in units if unit is not None), **asdict(source))
    _check_currencies(reader, request.units)
    reader.check()
    return request


def read_source(reader: Reader, body: Json) -> SourceRequest:
    """By what the buyer pays, and where the buyer comes back."""
    source = reader.object(body, "payment_source", "") or {}
    for kind in source:
        if kind != "paypal":
            reader.malformed("NOT_SUPPORTED", f"/payment_source/{kind}")
    wallet = reader.object(source, "paypal", "/payment_source")
    context, at = _context(reader, body, wallet)
    return SourceRequest(
        by_wallet=wallet is not None,
        vault_id=reader.text(wallet or {}, "vault_id", "/payment_source/paypal", most=255),
        return_url=reader.url(context, "return_url", at),
        cancel_url=reader.url(context, "cancel_url", at),
        brand_name=reader.text(context, "brand_name", at, most=127),
    )


def _context(reader: Reader, body: Json, wallet: Json | None) -> tuple[Json, str]:
    """Where the URLs are: in the payment source, or in the older `application_context`."""
    if wallet is not None:
        at = "/payment_source/paypal"
        return reader.object(wallet, "experience_context", at) or {}, f"{at}/experience_context"
    return reader.object(body, "application_context", "") or {}, "/application_context"


def _read_unit(reader: Reader, unit: Json, at: str) -> UnitRequest | None:
    """The unit, or None if it has no valid amount (then the reader knows why)."""
    amount, breakdown = read_amount(reader, unit, at)
    items = _read_items(reader, unit, breakdown, at)
    instruction_at = f"{at}/payment_instruction"
    instruction = read_instruction(reader, reader.object(unit, "payment_instruction", at) or {}, instruction_at)
    texts = {key: reader.text(unit, key, at, most=127) for key in ("description", "custom_id", "invoice_id")}
    reference = reader.text(unit, "reference_id", at, most=256) or DEFAULT_REFERENCE
    payee = _read_payee(reader, unit, at)
    soft_descriptor = reader.text(unit, "soft_descriptor", at, most=22)
    if amount is None:
        return None
    _check_currency(reader, amount, breakdown, items, at)
    fee = instruction.platform_fee
    if fee is not None and fee.currency == amount.currency and fee.value > amount.value:
        reader.unlawful(
            "INVALID_PLATFORM_FEES_AMOUNT", f"{instruction_at}/platform_fees/0/amount/value", str(fee.value)
        )
    return UnitRequest(
        reference_id=reference,
        amount=amount,
        breakdown=breakdown,
        items=items,
        payee=payee,
        instruction=instruction,
        soft_descriptor=soft_descriptor,
        **texts,
    )


def read_instruction(reader: Reader, instruction: Json, at: str) -> Instruction:
    """The `payment_instruction`, or what stands for none."""
    fees = reader.items(instruction, "platform_fees", at, most=1)
    fee_at = f"{at}/platform_fees/0"
    return Instruction(
        reader.choice(instruction, "disbursement_mode", at, ("INSTANT", "DELAYED")) or "INSTANT",
        reader.money(fees[0], "amount", fee_at, required=True) if fees else None,
        _read_payee(reader, fees[0], fee_at) if fees else None,
    )


def read_amount(reader: Reader, unit: Json, at: str) -> tuple[Money | None, Parts]:
    """`amount` with the parts of its `breakdown`, which must add up to it."""
    amount = reader.money(unit, "amount", at, required=True)
    if amount is None:
        return None, {}
    at = f"{at}/amount"
    breakdown = reader.object(unit["amount"], "breakdown", at)
    if breakdown is None:
        return amount, {}
    read = {
        key: reader.money(breakdown, key, f"{at}/breakdown", zero=True) for key in (*ADDED_PARTS, *SUBTRACTED_PARTS)
    }
    parts = {key: part for key, part in read.items() if part is not None}
    added, subtracted = (
        sum((parts[key].value for key in keys if key in parts), Decimal(0)) for keys in (ADDED_PARTS, SUBTRACTED_PARTS)
    )
    if amount.value != added - subtracted:
        reader.unlawful("AMOUNT_MISMATCH", f"{at}/value", str(amount.value))
    return amount, parts


def _read_payee(reader: Reader, source: Json, at: str) -> PayeeRequest | None:
    payee = reader.object(source, "payee", at)
    if payee is None:
        return None
    at = f"{at}/payee"
    email = reader.email(payee, "email_address", at)
    merchant_id = reader.text(payee, "merchant_id", at, most=13)
    if merchant_id is not None and not MERCHANT_ID.fullmatch(merchant_id):
        reader.malformed("INVALID_PARAMETER_SYNTAX", f"{at}/merchant_id", merchant_id)
    return PayeeRequest(email, merchant_id)


def _read_items(reader: Reader, unit: Json, breakdown: Parts, at: str) -> tuple[ItemRequest, ...]:
    """The items; what they cost must be what the breakdown says."""
    sources = reader.items(unit, "items", at, most=ITEMS_LIMIT)
    read = [_read_item(reader, item, f"{at}/items/{index}") for index, item in enumerate(sources)]
    items = tuple(item for item in read if item is not None)
    prices = sum((item.price.value * item.quantity for item in items), Decimal(0))
    taxes = sum((item.tax.value * item.quantity for item in items if item.tax is not None), Decimal(0))
    for key, total, wanted in (("item_total", prices, bool(items)), ("tax_total", taxes, bool(taxes))):
        part = breakdown.get(key)
        if wanted and part is None:
            reader.unlawful(f"{key.upper()}_REQUIRED", f"{at}/amount/breakdown/{key}")
        elif wanted and part is not None and part.value != total:
            reader.unlawful(f"{key.upper()}_MISMATCH", f"{at}/amount/breakdown/{key}/value", str(part.value))
    return items


def _read_item(reader: Reader, item: Json, at: str) -> ItemRequest | None:
    """The item, or None if it has no valid price or quantity (then the reader knows why)."""
    name = reader.text(item, "name", at, most=127, required=True)
    price = reader.money(item, "unit_amount", at, required=True, zero=True)
    tax = reader.money(item, "tax", at, zero=True)
    quantity = reader.text(item, "quantity", at, most=10, required=True)
    if quantity is not None and not QUANTITY.fullmatch(quantity):
        reader.malformed("INVALID_PARAMETER_SYNTAX", f"{at}/quantity", quantity)
        quantity = None
    texts = {key: reader.text(item, key, at, most=127) for key in ("description", "sku")}
    category = reader.choice(item, "category", at, ITEM_CATEGORIES)
    if price is None or quantity is None:
        return None
    return ItemRequest(name or "", price, tax, int(quantity), category=category, **texts)


def _check_currency(reader: Reader, amount: Money, breakdown: Parts, items: tuple[ItemRequest, ...], at: str) -> None:
    """Parts and items in another currency than the amount: they would add up to nonsense."""
    if any(part.currency != amount.currency for part in breakdown.values()):
        reader.unlawful("MULTI_CURRENCY_ORDER", f"{at}/amount/breakdown")
    of_items = [money for item in items for money in (item.price, item.tax) if money is not None]
    if any(money.currency != amount.currency for money in of_items):
        reader.unlawful("MULTI_CURRENCY_ORDER", f"{at}/items")


def _check_references(reader: Reader, sources: list[Json]) -> None:
    if len(sources) < 2:
        return
    seen: set[object] = set()
    for index, unit in enumerate(sources):
        reference = unit.get("reference_id")
        at = f"/purchase_units/{index}/reference_id"
        if reference is None:
            reader.unlawful("REFERENCE_ID_REQUIRED", at)
        elif isinstance(reference, str):
            if reference in seen:
                reader.unlawful("DUPLICATE_REFERENCE_ID", at, reference)
            seen.add(reference)


def _check_currencies(reader: Reader, units: Iterable[UnitRequest]) -> None:
    currencies = set()
    for unit in units:
        currencies |= {amount.currency for amount in (unit.amount, unit.platform_fee) if amount is not None}
    if len(currencies) > 1:
        reader.unlawful("MULTI_CURRENCY_ORDER", "/purchase_units")
