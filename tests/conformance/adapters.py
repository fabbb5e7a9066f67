"""Every provider that the kit is run against, by the interface that it is asked by."""

import os
from importlib.metadata import entry_points

import pytest
from django.conf import settings
from tests.conformance.adapter import Adapter
from tests.conformance.bango import Bango
from tests.conformance.braintree import Braintree
from tests.conformance.paypal_classic import PaypalClassic
from tests.conformance.paypal_rest import PaypalRest
from tests.conformance.paypal_rest_live import PaypalRestLive
from tests.conformance.reference import Reference

# Of providers in packages of their own that are turned on.
PACKAGES = {package.name for package in settings.PROVIDER_PACKAGES}
OWN: list[type[Adapter]] = [
    point.load() for point in entry_points(group="solitude.conformance") if point.name in PACKAGES
]
KNOWN: list[type[Adapter]] = [PaypalRest, PaypalClassic, Bango, Reference, Braintree, *OWN]
SIMULATED = {adapter.name: adapter for adapter in KNOWN}
# Only on demand, one at a time: see `live.py`.
LIVE: dict[str, type[Adapter]] = {adapter.name: adapter for adapter in (PaypalRestLive,)}
# For `make kit`: one of them alone.
CHOSEN = {name: SIMULATED[name] for name in SIMULATED if name == os.environ.get("TESTS_KIT")}
if os.environ.get("TESTS_KIT") and not CHOSEN:
    raise pytest.UsageError(f"{os.environ['TESTS_KIT']} is none of {', '.join(SIMULATED)}, nor installed")
ADAPTERS = {name: LIVE[name] for name in [os.environ.get("TESTS_LIVE")] if name} or CHOSEN or SIMULATED
