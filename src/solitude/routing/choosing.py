"""The choice among the ways of a payment: who may take it and in which order, and of each that may not why. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from solitude.routing import rules
from solitude.routing.rules import Facts, Rule

NO_RULE: Final = "no_rule"
NOT_IN_RULE: Final = "not_in_rule"
BREAKER_OPEN: Final = "breaker_open"
NOT_SENT: Final = "not_sent"


@dataclass(frozen=True, slots=True)
class Seen:
    """What is known of a way before rules are looked at. `why_not` is its own word; `missing` are those of its `needs` that are not given;
    `is_broken`: it is left alone, because it does not answer."""

    name: str
    why_not: str = ""
    needs: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    is_broken: bool = False


@dataclass(frozen=True, slots=True)
class Candidate:
    """A way in the choice. `position`: its place in the rule that counts, from 1 on; None where it has none."""

    name: str
    why_not: str
    needs: tuple[str, ...]
    missing: tuple[str, ...]
    position: int | None

    @property
    def problem(self) -> str:
        """Why it cannot take this payment as it was asked for; empty if it can."""
        return self.why_not or (f"needs_{self.missing[0]}" if self.missing else "")


@dataclass(frozen=True, slots=True)
class Choice:
    """`rule`: the number of the one that counts, from 1 on; None where none does. `is_named`: the client has chosen."""

    candidates: tuple[Candidate, ...]
    rule: int | None = None
    is_named: bool = False

    @property
    def order(self) -> tuple[str, ...]:
        """Whom to ask, one after the other for as long as nothing was sent. Who does not answer is asked only where nobody else may be: to
        be told that at once is no worse for the client, and one of them may be back."""
        usable = tuple(one.name for one in self.candidates if not one.problem)
        return usable or tuple(one.name for one in self.candidates if one.why_not == BREAKER_OPEN and not one.missing)

    def explained(self, taken: str, not_sent: Iterable[str] = ()) -> str:
        """Why it is this one, and why not the others that might be: `braintree by rule 2; not paypal: breaker_open`."""
        if self.is_named:
            return f"{taken} as asked for"
        by = f"by rule {self.rule}" if self.rule is not None else "by default"
        failed = tuple(not_sent)
        words = {one.name: NOT_SENT if one.name in failed else one.problem for one in self.candidates}
        others = [f"not {name}: {why}" for name, why in words.items() if why and name != taken]
        return "; ".join([f"{taken} {by}", *others])


def choose(seen: Sequence[Seen], all_rules: tuple[Rule, ...], facts: Facts) -> Choice:
    """By the first rule that holds, in its order; without any rules all, as they stand."""
    if not all_rules:
        return Choice(tuple(_candidate(one) for one in seen))
    place = rules.first(all_rules, facts)
    if place is None:
        return Choice(tuple(_candidate(one, NO_RULE) for one in seen))
    wanted, by_name = all_rules[place].providers, {one.name: one for one in seen}
    inside = [_candidate(by_name[name], position=number) for number, name in enumerate(wanted, 1) if name in by_name]
    outside = [_candidate(one, NOT_IN_RULE) for one in seen if one.name not in wanted]
    return Choice((*inside, *outside), place + 1)


def named(seen: Seen) -> Choice:
    """Of the way that the client has named: rules have no say."""
    return Choice((_candidate(seen),), is_named=True)


def _candidate(seen: Seen, ruled_out: str = "", position: int | None = None) -> Candidate:
    """What does not pass by itself is told before what may be different in a moment."""
    why_not = ruled_out or seen.why_not or (BREAKER_OPEN if seen.is_broken else "")
    return Candidate(seen.name, why_not, seen.needs, seen.missing, position)
