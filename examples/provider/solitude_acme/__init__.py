"""ACME, a payment provider: its buyers approve each payment on its page. It is asked by a JSON API."""

NAME = "acme"
# Ours in the API, for good: transactions are kept with it. From 5 on; no two providers of an installation may have the same.
NUMBER = 5
