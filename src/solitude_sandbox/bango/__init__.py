"""Bango as far as a marketplace needs it: packages, numbers, billing configurations, refunds, the page on which buyers pay, and events.

Four SOAP services. What they take and answer is from Bango's WSDL files (mozilla_exporter, billing_configuration_v2_0, direct_billing,
token_checker); `docs/sandbox.md` lists where the simulator had to choose.
"""

from solitude_sandbox.bango.app import Bango

__all__ = ["Bango"]
