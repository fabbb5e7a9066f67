"""Every provider that the kit is run against, by the interface that it is asked by."""

import os

from tests.conformance.adapter import Adapter
from tests.conformance.bango import Bango
from tests.conformance.paypal_classic import PaypalClassic
from tests.conformance.paypal_rest import PaypalRest
from tests.conformance.paypal_rest_live import PaypalRestLive
from tests.conformance.reference import Reference

SIMULATED: dict[str, type[Adapter]] = {
    adapter.name: adapter for adapter in (PaypalRest, PaypalClassic, Bango, Reference)
}
# Only on demand, one at a time: see `live.py`.
LIVE: dict[str, type[Adapter]] = {adapter.name: adapter for adapter in (PaypalRestLive,)}
ADAPTERS = {name: LIVE[name] for name in [os.environ.get("TESTS_LIVE")] if name} or SIMULATED
