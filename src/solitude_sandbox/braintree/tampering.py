"""Answers that are not right, though the work was done: what a careful client must not believe."""

import re
from collections.abc import Callable

_DOCUMENT_TYPE = '<!DOCTYPE transaction [<!ENTITY a "0"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>\n<'


def _with_document_type(text: str) -> str:
    return re.sub(r"\?>\n<", f"?>\n{_DOCUMENT_TYPE}", text, count=1)


def _with_other_amount(text: str) -> str:
    return re.sub(r"<amount>[^<]*</amount>", "<amount>0.01</amount>", text)


def _with_other_currency(text: str) -> str:
    return re.sub(r"(<currency-iso-code>)[^<]*", r"\g<1>XTS", text)


def _with_other_status(text: str) -> str:
    return re.sub(r"<status>[^<]*</status>", "<status>unrecognized</status>", text)


# By the names under which faults know them.
WAYS: dict[str, Callable[[str], str]] = {
    "document_type": _with_document_type,
    "other_amount": _with_other_amount,
    "other_currency": _with_other_currency,
    "other_status": _with_other_status,
}


def tampered(text: str, issue: str | None) -> str:
    """The answer, as a fault wants it."""
    return WAYS[issue](text) if issue in WAYS else text
