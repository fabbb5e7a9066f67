"""The operator's rules: which providers may take a payment, and in which order they are asked. Pure: read once at the start."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from solitude.configuration import read_json
from solitude.money.currencies import is_currency
from solitude.money.errors import MoneyError
from solitude.money.money import Money

RULES_MAX = 100
NAMES_MAX = 100
NAME_MAX_CHARS = 255
_LISTS = ("currency", "region", "product", "seller")
_AMOUNTS = ("amount_from", "amount_to")
_KNOWN = {"providers", *_LISTS, *_AMOUNTS}


@dataclass(frozen=True, slots=True)
class Facts:
    """What rules go by. `product` is its `public_id`, `seller` the uuid; what is not known is empty, or None."""

    currency: str
    product: str = ""
    seller: str = ""
    region: str = ""
    amount: Money | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """It holds where all that it names holds. From and to include both ends, and are of its one currency."""

    providers: tuple[str, ...]
    currency: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    product: tuple[str, ...] = ()
    seller: tuple[str, ...] = ()
    amount_from: Money | None = None
    amount_to: Money | None = None

    def holds(self, facts: Facts) -> bool:
        named = all(not getattr(self, name) or getattr(facts, name) in getattr(self, name) for name in _LISTS)
        return named and self._holds_amount(facts.amount)

    def _holds_amount(self, amount: Money | None) -> bool:
        if self.amount_from is None and self.amount_to is None:
            return True
        if amount is None:
            return False
        return not (self.amount_from and amount < self.amount_from) and not (self.amount_to and amount > self.amount_to)


def first(all_rules: tuple[Rule, ...], facts: Facts) -> int | None:
    """Which rule counts, by its place in the list; None where none holds."""
    return next((place for place, rule in enumerate(all_rules) if rule.holds(facts)), None)


def rules(text: str) -> tuple[Rule, ...]:
    """Reads the JSON of SOLITUDE_ROUTING_RULES. Raises ValueError with a sentence for the operator."""
    given = read_json(text or "[]", "must be a JSON list")
    if not isinstance(given, list) or len(given) > RULES_MAX:
        raise ValueError(f"must be a JSON list of at most {RULES_MAX} rules")
    return tuple(_rule(f"rule {number}", entry) for number, entry in enumerate(given, start=1))


def unknown_providers(all_rules: tuple[Rule, ...], known: Mapping[str, object]) -> Iterator[str]:
    """A sentence for each name of a provider that this server does not have."""
    for number, rule in enumerate(all_rules, start=1):
        for name in rule.providers:
            if name not in known:
                yield f"rule {number} names {name}, which is none of {', '.join(known)}"


def _rule(where: str, entry: Any) -> Rule:
    if not isinstance(entry, dict) or "providers" not in entry:
        raise ValueError(f"{where} must be a JSON object with providers")
    unknown = sorted(set(entry) - _KNOWN)
    if unknown:
        raise ValueError(f"{where} has {', '.join(unknown)[:NAME_MAX_CHARS]}, which no rule has")
    lists = {name: _names(where, name, entry[name]) for name in ("providers", *_LISTS) if name in entry}
    for currency in lists.get("currency", ()):
        if not is_currency(currency):
            raise ValueError(f"{where}: {currency} is no ISO 4217 code in capitals")
    ends = _ends(where, entry, lists.get("currency", ()))
    return Rule(
        lists["providers"],
        currency=lists.get("currency", ()),
        region=lists.get("region", ()),
        product=lists.get("product", ()),
        seller=lists.get("seller", ()),
        amount_from=ends.get("amount_from"),
        amount_to=ends.get("amount_to"),
    )


def _names(where: str, name: str, given: Any) -> tuple[str, ...]:
    right = isinstance(given, list) and 0 < len(given) <= NAMES_MAX and all(_is_name(text) for text in given)
    if not right or len(set(given)) != len(given):
        raise ValueError(f"{where}: {name} must be a list of 1 to {NAMES_MAX} different texts")
    return tuple(given)


def _is_name(text: Any) -> bool:
    return isinstance(text, str) and 0 < len(text) <= NAME_MAX_CHARS


def _ends(where: str, entry: Mapping[str, Any], currency: tuple[str, ...]) -> dict[str, Money]:
    """Amounts of several currencies cannot be compared."""
    if not any(name in entry for name in _AMOUNTS):
        return {}
    if len(currency) != 1:
        raise ValueError(f"{where} needs one currency for its amount_from and amount_to")
    ends = {name: _amount(where, name, entry[name], currency[0]) for name in _AMOUNTS if name in entry}
    if len(ends) == len(_AMOUNTS) and ends["amount_from"] > ends["amount_to"]:
        raise ValueError(f"{where}: amount_from must not be more than amount_to")
    return ends


def _amount(where: str, name: str, given: Any, currency: str) -> Money:
    if isinstance(given, bool) or not isinstance(given, str | int | Decimal):
        raise ValueError(f"{where}: {name} must be an amount")
    try:
        return Money.parse(given, currency)
    except MoneyError as error:
        raise ValueError(f"{where}: {name} {error}") from None
