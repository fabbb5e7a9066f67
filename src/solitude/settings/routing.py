"""Through whom a payment goes whose client names no provider, and when a provider is left alone because it does not answer."""

from solitude.routing.rules import Rule, rules
from solitude.settings.reading import environment

_NO_RULES: tuple[Rule, ...] = ()

SOLITUDE_ROUTING_RULES: tuple[Rule, ...] = environment.get(
    "SOLITUDE_ROUTING_RULES",
    rules,
    _NO_RULES,
    "Which providers take what, as a JSON list; the first rule that holds counts: "
    '`[{"providers": ["braintree", "paypal"], "currency": ["USD"], "amount_from": "5", "amount_to": "500"}, {"providers": ["paypal"]}]`. '
    "See [routing](routing.md).",
    shown="none: all providers, in the order in which this server knows them",
)
SOLITUDE_BREAKER_FAILURES: int = environment.number(
    "SOLITUDE_BREAKER_FAILURES",
    5,
    "After so many calls in a row that a provider did not answer, or answered with 5xx, nothing is sent there for a while.",
    unit="calls",
    least=1,
    most=1000,
)
SOLITUDE_BREAKER_OPEN_S: int = environment.number(
    "SOLITUDE_BREAKER_OPEN_S",
    30,
    "How long that is; then one call is let through, and if that is answered all are.",
    unit="s",
    least=1,
    most=3600,
)
