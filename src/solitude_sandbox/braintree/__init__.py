"""Braintree's gateway: customers, cards behind nonces, sales, refunds, settlement, in the XML that Braintree's own SDKs speak.

Outside facts come from the official Python SDK (braintree 4.48) and from Braintree's reference
(https://developer.paypal.com/braintree/docs/reference); `docs/sandbox.md` lists where the simulator had to choose.
"""

from solitude_sandbox.braintree.app import Braintree

__all__ = ["Braintree"]
