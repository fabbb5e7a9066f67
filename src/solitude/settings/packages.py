"""Which of the providers that live in packages of their own are on. To install one opens no door yet."""

from typing import Any

from solitude import packages
from solitude.configuration import words
from solitude.settings.payments import SOLITUDE_CALL_LEASE_S
from solitude.settings.paypal import sandbox_url
from solitude.settings.process import SOLITUDE_DEBUG
from solitude.settings.proxy import SOLITUDE_REFERENCE_PROXY
from solitude.settings.reading import environment
from solitude.settings.reference import SOLITUDE_REFERENCE_PROVIDERS

_installed = packages.installed()
_NONE: tuple[str, ...] = ()

SOLITUDE_PROVIDERS: tuple[str, ...] = environment.get(
    "SOLITUDE_PROVIDERS",
    words,
    tuple(_installed) if SOLITUDE_DEBUG else _NONE,
    "The providers that are on of those that live in packages of their own; the house's own are always there.",
    shown="none; with debug all that are installed",
)
PROVIDER_PACKAGES: tuple[packages.Package, ...] = ()
PACKAGE_SETTINGS: dict[str, Any] = {}
try:
    PROVIDER_PACKAGES = packages.chosen(SOLITUDE_PROVIDERS, _installed)
    for _package in PROVIDER_PACKAGES:
        if _package.name in SOLITUDE_REFERENCE_PROVIDERS:
            environment.problems.append(f"SOLITUDE_PROVIDERS: {_package.name} is in SOLITUDE_REFERENCE_PROVIDERS too")
        environment.proxy = SOLITUDE_REFERENCE_PROXY
        _simulator = f"{sandbox_url}/{_package.name}" if SOLITUDE_DEBUG else ""
        _declared = packages.declared(_package, environment, _simulator)
        _timeout = f"SOLITUDE_{_package.name.upper()}_TIMEOUT_MS"
        if _declared.get(_timeout, 0) >= SOLITUDE_CALL_LEASE_S * 1000:
            environment.problems.append(f"SOLITUDE_CALL_LEASE_S must be more than {_timeout}")
        PACKAGE_SETTINGS |= _declared
except ValueError as error:
    environment.problems.append(f"SOLITUDE_PROVIDERS: {error}")
