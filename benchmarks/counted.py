"""Counts what has come, as the workers of a house do: python -m benchmarks.counted, with the settings of a house in its environment.

A server that is measured has no worker beside it, which would take its share of the processors at one time and not at another.
"""

import os


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "solitude.settings")
    import django

    django.setup()
    from solitude.transactions import counting

    while counting.go_on():
        pass


if __name__ == "__main__":
    main()
