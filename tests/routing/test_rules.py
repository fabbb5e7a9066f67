"""The operator's rules as they are read at the start, and the choice that they come to."""

import json
import re
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.configuration.starting import DEVELOPMENT, settings_of
from tests.docs.test_examples import ROOT

from solitude.configuration import ConfigurationError
from solitude.money.money import Money
from solitude.routing.choosing import BREAKER_OPEN, NO_RULE, NOT_IN_RULE, Seen, choose, named
from solitude.routing.rules import Facts, Rule, first, rules, unknown_providers

NAMES = ("paypal", "bango", "braintree", "acme")
WORDS = ("", "", "", "currency", "no_account", BREAKER_OPEN)
EUR = Facts("EUR", "pub-1", "dev:1", "ES", Money(Decimal(5), "EUR"))


@pytest.mark.parametrize(
    ("rule", "sentence"),
    [
        ({}, "rule 1 must be a JSON object with providers"),
        ({"providers": []}, "rule 1: providers must be a list of 1 to 100 different texts"),
        ({"providers": "paypal"}, "rule 1: providers must be a list of 1 to 100 different texts"),
        ({"providers": ["paypal", "paypal"]}, "rule 1: providers must be a list of 1 to 100 different texts"),
        ({"providers": ["paypal"], "curency": ["EUR"]}, "rule 1 has curency, which no rule has"),
        ({"providers": ["paypal"], "currency": ["EURO"]}, "rule 1: EURO is no ISO 4217 code in capitals"),
        ({"providers": ["paypal"], "currency": []}, "rule 1: currency must be a list of 1 to 100 different texts"),
        ({"providers": ["paypal"], "region": [214]}, "rule 1: region must be a list of 1 to 100 different texts"),
        ({"providers": ["paypal"], "amount_from": "5"}, "rule 1 needs one currency for its amount_from and amount_to"),
        (
            {"providers": ["paypal"], "currency": ["EUR", "USD"], "amount_to": "5"},
            "rule 1 needs one currency for its amount_from and amount_to",
        ),
        (
            {"providers": ["paypal"], "currency": ["EUR"], "amount_from": "5", "amount_to": "4.99"},
            "rule 1: amount_from must not be more than amount_to",
        ),
        ({"providers": ["paypal"], "currency": ["EUR"], "amount_to": True}, "rule 1: amount_to must be an amount"),
        ({"providers": ["paypal"], "currency": ["EUR"], "amount_to": "five"}, "rule 1: amount_to"),
        ({"providers": ["paypal"], "currency": ["JPY"], "amount_to": "5.5"}, "rule 1: amount_to"),
    ],
)
def test_a_rule_that_cannot_be_used_stops_the_start_with_a_sentence(rule: dict[str, Any], sentence: str) -> None:
    with pytest.raises(ConfigurationError) as stopped:
        settings_of(DEVELOPMENT | {"SOLITUDE_ROUTING_RULES": json.dumps([rule])})
    assert f"SOLITUDE_ROUTING_RULES {sentence}" in str(stopped.value)


@pytest.mark.parametrize("text", ["{", "{}", "3", '"paypal"', json.dumps([{"providers": ["paypal"]}] * 101)])
def test_what_is_no_list_of_rules_stops_the_start(text: str) -> None:
    with pytest.raises(ConfigurationError):
        settings_of(DEVELOPMENT | {"SOLITUDE_ROUTING_RULES": text})


def test_the_rules_of_the_document_can_be_used() -> None:
    example = re.search(r"```json\n(\[.*?)```", (ROOT / "docs/routing.md").read_text(encoding="utf-8"), re.DOTALL)
    assert example
    assert [rule.providers for rule in rules(example[1])] == [("braintree", "paypal"), ("bango",), ("paypal",)]


def test_a_provider_that_this_server_does_not_have_is_named() -> None:
    given = rules('[{"providers": ["paypal"]}, {"providers": ["payapl"]}]')
    assert list(unknown_providers(given, dict.fromkeys(NAMES))) == [
        "rule 2 names payapl, which is none of paypal, bango, braintree, acme"
    ]


@pytest.mark.parametrize(
    ("amount", "place"),
    [("4.99", None), ("5", 0), ("5.00", 0), ("9.99", 0), ("10.00", 0), ("10.01", None)],
)
def test_from_and_to_include_both_ends(amount: str, place: int | None) -> None:
    given = rules('[{"providers": ["paypal"], "currency": ["EUR"], "amount_from": 5.0, "amount_to": "10"}]')
    assert first(given, Facts("EUR", amount=Money(Decimal(amount), "EUR"))) == place


def test_a_rule_about_the_amount_does_not_hold_where_none_is_known() -> None:
    given = rules('[{"providers": ["paypal"], "currency": ["EUR"], "amount_from": "0.01"}, {"providers": ["bango"]}]')
    assert first(given, Facts("EUR")) == 1
    assert first(given, Facts("USD", amount=Money(Decimal(5), "USD"))) == 1


def test_what_the_client_names_is_not_ruled_out() -> None:
    assert named(Seen("bango")).order == ("bango",)
    assert named(Seen("bango", "currency")).order == ()


seen_ways = st.lists(
    st.builds(
        Seen,
        st.sampled_from(NAMES),
        st.sampled_from(WORDS),
        st.just(("return_url",)),
        st.sampled_from([(), (), ("return_url",)]),
        st.booleans(),
    ),
    unique_by=lambda seen: seen.name,
)
some_rules = st.lists(
    st.builds(
        Rule,
        st.lists(st.sampled_from(NAMES), min_size=1, unique=True).map(tuple),
        currency=st.sampled_from([(), ("EUR",), ("USD",)]),
    ),
    max_size=3,
).map(tuple)


@given(seen_ways, some_rules)
def test_everybody_is_in_the_choice_once_and_nobody_is_asked_who_may_not(
    seen: list[Seen], given: tuple[Rule, ...]
) -> None:
    choice = choose(seen, given, EUR)
    by_name = {one.name: one for one in seen}
    assert sorted(one.name for one in choice.candidates) == sorted(by_name)
    for name in choice.order:
        assert by_name[name].why_not in ("", BREAKER_OPEN)
        assert not by_name[name].missing
    problems = {one.name: one.problem for one in choice.candidates}
    if any(not problem for problem in problems.values()):
        assert choice.order == tuple(name for name, problem in problems.items() if not problem)
    else:
        assert all(problems[name] == BREAKER_OPEN for name in choice.order)


@given(seen_ways, some_rules)
def test_the_first_rule_that_holds_sets_the_order(seen: list[Seen], given: tuple[Rule, ...]) -> None:
    choice, place = choose(seen, given, EUR), first(given, EUR)
    inside = [one.name for one in choice.candidates if one.position is not None]
    if not given:
        assert [one.name for one in choice.candidates] == [one.name for one in seen]
        assert choice.rule is None
    elif place is None:
        assert {one.why_not for one in choice.candidates} <= {NO_RULE}
    else:
        known = {one.name for one in seen}
        assert choice.rule == place + 1
        assert inside == [name for name in given[place].providers if name in known]
        assert all(one.why_not == NOT_IN_RULE for one in choice.candidates if one.position is None)


@given(seen_ways, some_rules)
def test_the_explanation_names_who_takes_it_and_who_does_not(seen: list[Seen], given: tuple[Rule, ...]) -> None:
    choice = choose(seen, given, EUR)
    for number, name in enumerate(choice.order):
        text = choice.explained(name, choice.order[:number])
        assert text.startswith(f"{name} by ")
        for before in choice.order[:number]:
            assert f"not {before}: not_sent" in text
        for one in choice.candidates:
            if one.name in choice.order[:number]:
                continue
            assert (f"not {one.name}: {one.problem}" in text) == bool(one.problem and one.name != name)
