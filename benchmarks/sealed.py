"""Begins the chain of seals with the newest rows: python -m benchmarks.sealed, with the settings of a house in its environment.

Sealing takes every row through the house, one by one. What is older than the first seal is under none, which `solitude audit verify` finds,
and nothing else; the worker goes on from there.
"""

import os

ROWS = 1000


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "solitude.settings")
    import django

    django.setup()
    from solitude.audit import kinds

    for kind in kinds.every():
        _begin(kind.name)


def _begin(name: str) -> None:
    from django.db import transaction

    from solitude import monthly
    from solitude.audit import chain, digests, kinds, listings, sealing
    from solitude.audit.chain import Entry
    from solitude.audit.models import Act

    kind = kinds.named(name)
    pks = sorted(kind.rows.order_by("-pk").values_list("pk", flat=True)[:ROWS])
    if not pks or sealing.sealed_through(name):
        return
    # A seal is of one month.
    pks = [pk for pk in pks if pk >= pks[-1] & ~monthly.ROW_MASK]
    key_id, layout = digests.current_key_id(), kind.newest_layout
    listed = sealing._digested(kind, layout, key_id, pks, kind.open_among(pks))
    with transaction.atomic():
        listing = listings.of_rows(listed)
        chain.append(chain.locked(), Entry(Act.SEALED, name, layout, pks[0], pks[-1], len(pks), listing, key_id=key_id))


if __name__ == "__main__":
    main()
