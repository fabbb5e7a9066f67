"""Does what the workers of a house would have done by now: python -m benchmarks.worked, with the settings of the house in its environment.

It counts transactions, and gives places to events. A server that is measured has no worker beside it, which would take its share of the
processors at one time and not at another.
"""

import os
import subprocess
import sys

from benchmarks.places import House


def work(here: House) -> None:
    """All of it, in a process of the house."""
    subprocess.run([sys.executable, "-m", "benchmarks.worked"], env=here.environment, check=True, timeout=1800)


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "solitude.settings")
    import django

    django.setup()
    from solitude.events import feed
    from solitude.transactions import counting

    while counting.count_new():
        pass
    while feed.give_places():
        pass
    feed.note_placed()


if __name__ == "__main__":
    main()
