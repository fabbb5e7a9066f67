"""How long accounts of buyers are kept, and their PINs."""

from dataclasses import asdict
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.db.models.functions import Now

from solitude.buyers import closing, pin_calls, pin_tokens
from solitude.buyers.closing import ANONYMISED
from solitude.buyers.models import Buyer, PinToken
from solitude.buyers.pins import State
from solitude.retention.classes import Action, Brief, DataClass, brief, declare

# Providers are told of each one, after the commit.
CLOSED_AT_ONCE = 20
IS_CLOSED = Q(uuid__startswith=ANONYMISED)


def declare_buyers() -> None:
    declare(
        DataClass(
            name="buyers",
            what="Accounts of buyers who do nothing: uuid, e-mail address (encrypted), language, PIN (hashed), and what providers keep",
            action=Action.ANONYMISE,
            then="The account is closed, as its client would close it: the person is forgotten here and at the "
            "providers, and the feed has `buyer.closed`.",
            why="Who has neither paid nor changed anything for so long is no customer any more; claims from the last "
            "purchase end three years after its year (BGB §§195, 199). Longer than needed is not allowed (GDPR, Art. "
            "5(1)(e)).",
            rows=lambda: Buyer.objects.exclude(IS_CLOSED),
            since="modified",
            act=_close,
            batch_rows_max=CLOSED_AT_ONCE,
        ),
        DataClass(
            name="closed_buyers",
            what="Rows of accounts that are closed: nameless, for what was paid to hang on",
            action=Action.DELETE,
            then="The row goes, with what is left of it at the providers.",
            why="It leads to nobody. It stays as long as a transaction is its buyer's, so that payments of one "
            "account can be told from those of another in the books, and then for as long as a dispute may be opened "
            "at PayPal.",
            rows=lambda: Buyer.objects.filter(IS_CLOSED),
            since="modified",
            act=_delete,
        ),
        DataClass(
            name="pins",
            what="PINs (hashed) of buyers who do nothing",
            action=Action.TRUNCATE,
            then="There is no PIN any more; the account stays.",
            why="A PIN protects purchases: without it, whoever gets into the account can buy. So it is kept as long "
            "as the account, unless the marketplace wants otherwise.",
            rows=lambda: Buyer.objects.filter(Q(pin__isnull=False) | Q(new_pin__isnull=False)),
            since="modified",
            act=_forget_pins,
        ),
    )
    brief(
        Brief(
            name="pin_tokens",
            what="Tokens that say that a PIN was just given (hashed)",
            ends="`SOLITUDE_PIN_TOKEN_LIFE_S` after the PIN was given, or when it is used",
            why="It is for the one purchase that follows.",
            rows=lambda: PinToken.objects.filter(expires__lte=Now()),
        )
    )


def _close(pks: list[Any]) -> int:
    for buyer in pin_calls.locked().filter(pk__in=pks).exclude(IS_CLOSED):
        closing.forget(buyer)
        transaction.on_commit(lambda pk=buyer.pk: closing.tell_providers(pk))  # type: ignore[misc]
    return len(pks)


def _delete(pks: list[Any]) -> int:
    Buyer.objects.filter(pk__in=pks).delete()
    return len(pks)


def _forget_pins(pks: list[Any]) -> int:
    for buyer in pin_calls.locked().filter(pk__in=pks):
        pin_tokens.forget(buyer)
        buyer.change(**asdict(State()))
    return len(pks)
