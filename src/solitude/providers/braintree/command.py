"""`solitude braintree`: the catalogue is loaded, listed, and compared with the plans at Braintree.

What needs Django it imports when it runs: `cli` knows it before Django is set up.
"""

import argparse
import sys
from pathlib import Path
from typing import Any

# 3 is `cli`'s, for a database that waits for `migrate`.
DONE, WRONG, UNUSABLE = 0, 1, 2


def take(parser: argparse.ArgumentParser) -> None:
    parser.description = (
        "The catalogue: which products are sold through Braintree, for how much, and whether month by month."
    )
    actions = parser.add_subparsers(required=True, metavar="ACTION")
    load = actions.add_parser(
        "load",
        help="makes or changes what a file says",
        description="Checks the whole file first; while anything is wrong nothing is written. It may be repeated.",
        epilog="Exit status: 0 done; 1 something is wrong, and nothing was written; 2 the file or the settings cannot be used; 3 the "
        "database waits for migrate.",
    )
    load.add_argument("file", metavar="FILE", type=Path, help="TOML: sellers, and what each of them sells")
    load.set_defaults(act=_load)
    check = actions.add_parser(
        "check",
        help="compares the plans at Braintree with it",
        description="Asks Braintree for its plans: each active product that is sold month by month must have one just like it.",
        epilog="Exit status: 0 all is well; 1 there are differences, one a line; 2 Braintree cannot be asked; 3 the database waits for "
        "migrate.",
    )
    check.set_defaults(act=_check)
    listing = actions.add_parser("list", help="prints it, one product a line")
    listing.set_defaults(act=_list)


def run(chosen: argparse.Namespace) -> int:
    return int(chosen.act(chosen))


def _load(chosen: argparse.Namespace) -> int:
    from django.conf import settings

    from solitude.providers.braintree import catalogue_file, loading

    if not settings.SOLITUDE_BRAINTREE_MERCHANT_ID:
        return _unusable("SOLITUDE_BRAINTREE_MERCHANT_ID is empty: sellers are named after it")
    try:
        found = catalogue_file.read(chosen.file)
    except catalogue_file.Unreadable as error:
        return _unusable(f"{chosen.file}: {error}")
    if found.problems:
        return _wrong(chosen.file, found.problems)
    try:
        done = loading.load(found.entries)
    except loading.Refused as error:
        return _wrong(chosen.file, error.problems)
    counted = ", ".join(f"{done[one]} {one}" for one in loading.Done)
    _say(f"{done.total()} products: {counted}")
    return DONE


def _check(_chosen: argparse.Namespace) -> int:
    from solitude.providers.braintree import plans
    from solitude.providers.braintree.gateway import NotConfigured
    from solitude.providers.braintree.models import ProductBraintree

    recurring = ProductBraintree.objects.select_related("seller_product").exclude(recurrence="").filter(active=True)
    try:
        known = plans.plans()
    except NotConfigured as error:
        return _unusable(str(error))
    except plans.NotTold as error:
        return _unusable(f"Braintree has not told its plans: {error}")
    count = wrong = 0
    for entry in recurring.order_by("seller_product__public_id"):
        count += 1
        for problem in plans.problems(entry, known):
            wrong += 1
            _say(f"{entry.seller_product.public_id} {problem}")
    if not wrong:
        _say(f"{count} products are as their plans")
    return WRONG if wrong else DONE


def _list(_chosen: argparse.Namespace) -> int:
    from solitude.providers.braintree.models import ProductBraintree
    from solitude.transactions.amounts import amount_text

    for entry in ProductBraintree.objects.select_related("seller_product").order_by("seller_product__public_id"):
        price = amount_text(entry.amount, entry.currency) or "any amount"
        words = [
            entry.seller_product.public_id,
            f"{price} {entry.currency}",
            entry.recurrence or "once",
            entry.kind,
            *([] if entry.active else ["not active"]),
        ]
        _say(", ".join(words))
    return DONE


def _wrong(file: Path, problems: list[Any]) -> int:
    for problem in problems:
        _say(f"{file}: {problem}")
    _remark("nothing was written")
    return WRONG


def _unusable(why: str) -> int:
    _remark(why)
    return UNUSABLE


def _say(text: str) -> None:
    sys.stdout.write(f"{text}\n")


def _remark(text: str) -> None:
    sys.stderr.write(f"solitude: {text}\n")
