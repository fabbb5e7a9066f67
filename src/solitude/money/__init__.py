"""Money: amounts that know their currency, and the currencies of ISO 4217.

The ground floor: imports nothing of the house and nothing of Django.
"""
