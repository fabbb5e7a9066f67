"""How long it took to learn the truth, from the provider calls in the database; run as a process in the arena's environment.

python -m tests.faults.processes.truth     prints one line of JSON
"""

import json
import os
import statistics
import sys


def main() -> int:
    os.environ["DJANGO_SETTINGS_MODULE"] = "solitude.settings"
    import django

    django.setup()
    from django.conf import settings

    from solitude.payments.contract import Operation
    from solitude.payments.models import OPEN, ProviderCall

    calls = ProviderCall.objects.exclude(operation=Operation.LOOK_UP)
    ended = calls.exclude(outcome__in=OPEN).exclude(ended_at=None).values_list("tries", "begun_at", "ended_at")
    times = [(tries, (end - begin).total_seconds()) for tries, begin, end in ended if end]
    # One try that ended after the lease was somebody else's: the process that began the call was dead.
    recovered = sorted(s for tries, s in times if tries > 1 or s > settings.SOLITUDE_CALL_LEASE_S)
    left = calls.filter(outcome__in=OPEN)
    of_payments = left.exclude(transaction=None).count()
    counts = {"calls": len(times), "open": of_payments, "open_preapprovals": left.count() - of_payments}
    print(json.dumps(counts | summary(recovered)))
    return 0


def summary(seconds: list[float]) -> dict[str, float]:
    """`seconds` ascending."""
    if not seconds:
        return {"recovered": 0}
    p99 = seconds[min(len(seconds) - 1, int(len(seconds) * 0.99))]
    return {
        "recovered": len(seconds),
        "median_s": round(statistics.median(seconds), 2),
        "p99_s": round(p99, 2),
        "max_s": round(seconds[-1], 2),
    }


if __name__ == "__main__":
    sys.exit(main())
