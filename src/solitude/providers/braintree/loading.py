"""A catalogue that was read from a file is written: all of it in one commit, or nothing. What is there already stays, and is changed
where the file says otherwise; what the file does not name is left alone."""

from collections import Counter
from collections.abc import Iterable
from enum import StrEnum
from typing import Any

from django.conf import settings
from django.db import transaction

from solitude.prepared import insert_once
from solitude.providers.braintree.catalogue_file import Entry, Problem
from solitude.providers.braintree.models import ProductBraintree, Subscription
from solitude.sellers.models import Product, Seller


class Done(StrEnum):
    NEW = "new"
    CHANGED = "changed"
    SAME = "as they were"


class Refused(Exception):
    """Our books say otherwise than the file; nothing was written."""

    def __init__(self, problems: list[Problem]) -> None:
        super().__init__("refused")
        self.problems = problems


def load(entries: Iterable[Entry]) -> Counter[Done]:
    """How many are what. Raises Refused."""
    done, problems = Counter[Done](), list[Problem]()
    with transaction.atomic():
        for entry in entries:
            product = _product(entry)
            if product is None:
                problems.append(Problem(entry.seller, entry.product, "", f"{entry.key} is another seller's product"))
                continue
            row = ProductBraintree(seller_product=product, **entry.columns)
            if insert_once(row):
                done[Done.NEW] += 1
                continue
            row = ProductBraintree.objects.select_for_update(no_key=True).get(seller_product=product)
            if (
                row.currency != entry.columns["currency"]
                and Subscription.objects.filter(seller_product=product).exists()
            ):
                says = f"stays {row.currency}, because there are subscriptions in it"
                problems.append(Problem(entry.seller, entry.product, "currency", says))
                continue
            changed = _changed(row, entry)
            if changed:
                row.change(**changed)
            done[Done.CHANGED if changed else Done.SAME] += 1
        if problems:
            raise Refused(problems)
    return done


def seller_uuid(seller: str) -> str:
    """A seller of one merchant account is another one than that of another account."""
    return f"{seller}-{settings.SOLITUDE_BRAINTREE_MERCHANT_ID}"


def _product(entry: Entry) -> Product | None:
    """The generic product and its seller, made where they are not there; None where the product is another seller's."""
    seller = Seller(uuid=seller_uuid(entry.seller))
    if not insert_once(seller):
        seller = Seller.objects.get(uuid=seller.uuid)
    product = Product(seller=seller, external_id=entry.key, public_id=entry.key)
    if insert_once(product):
        return product
    return Product.objects.filter(seller=seller, public_id=entry.key).first()


def _changed(row: ProductBraintree, entry: Entry) -> dict[str, Any]:
    return {name: value for name, value in entry.columns.items() if getattr(row, name) != value}
