"""What worker and operator ask of the database, timed: python -m benchmarks.rounds REPEATS, with a house's settings in the environment.

Writes a line of JSON: by name, how many ms each repeat took. Nothing of it changes a row but the worker's own leases and seals.
"""

import json
import os
import random
import sys
import time
from collections.abc import Callable
from datetime import timedelta


def main(repeats: int) -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "solitude.settings")
    import django

    django.setup()
    took: dict[str, list[float]] = {}
    for name, do in _rounds().items():
        do()
        for _ in range(repeats):
            began = time.perf_counter()
            do()
            took.setdefault(name, []).append((time.perf_counter() - began) * 1000)
    print(json.dumps(took))


def _rounds() -> dict[str, Callable[[], object]]:
    from django.utils import timezone

    from solitude.audit import verifying
    from solitude.buyers import exporting
    from solitude.buyers.models import Buyer
    from solitude.payments import recovery
    from solitude.retention import classes, plan
    from solitude.services import gauges
    from solitude.transactions.failures import failed_products
    from solitude.worker import Worker

    chance = random.Random(7)  # noqa: S311 - no secret
    buyers = list(
        Buyer.objects.filter(uuid__startswith="guest:", pk__gte=1000).order_by("pk").values_list("pk", flat=True)[:5000]
    )
    since = timezone.now() - timedelta(days=1)
    return {
        "worker: recovery finds nothing": recovery.run_once,
        "worker: follow-up finds nothing": recovery.follow_up,
        "worker: backlog": recovery.backlog,
        "worker: gauges": gauges.tell,
        "worker: what is overdue": gauges.tell_overdue,
        "worker: all jobs of an idle round": lambda: Worker(1, 1000).turn(),
        "retention: the plan of all classes": lambda: [
            plan.backlog(data, plan.COUNT_MAX) for data in classes.declared().values()
        ],
        "audit: verify what was sealed since yesterday": lambda: list(
            verifying.verify(verifying.Wish(since=since), verifying.Verified())
        ),
        "buyer: export of any": lambda: exporting.document(Buyer.objects.get(pk=chance.choice(buyers))),
        "services: products that fail": lambda: list(failed_products()),
    }


if __name__ == "__main__":
    main(int(sys.argv[1]))
