"""Every provider that the kit is run against, by the interface that it is asked by."""

from tests.conformance.adapter import Adapter
from tests.conformance.paypal_rest import PaypalRest

ADAPTERS: dict[str, type[Adapter]] = {adapter.name: adapter for adapter in (PaypalRest,)}
