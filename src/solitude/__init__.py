"""Solitude, a payment server for marketplaces.

Kept empty on purpose: a web head imports `solitude.client` from here and must get nothing else with it.
"""
