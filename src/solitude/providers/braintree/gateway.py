"""The gateway of Braintree's own SDK, which makes and reads all messages. It sends nothing itself: that is the wire's.

The SDK is imported with the first message, because only Braintree needs it, and what it brings along.
"""

from collections.abc import Mapping
from types import ModuleType
from typing import Any, Protocol

from django.conf import settings

from solitude.outbound import ways
from solitude.providers.braintree.names import NAME
from solitude.telemetry.logs import get_logger

# What the SDK gets in the place of keys that this process has not; nothing that is made with it leaves the house.
AT_PROXY = "at-the-proxy"

log = get_logger("solitude.braintree")


class NotConfigured(Exception):
    """Braintree cannot be asked as this server is set up; the text tells operators why."""


class Strategy(Protocol):
    """What the SDK hands a message to: the answer's status and its body."""

    def http_do(
        self, http_verb: str, path: str, headers: Mapping[str, str | bytes], request_body: str
    ) -> tuple[int, str]: ...

    def close(self) -> None: ...


def sdk() -> ModuleType:
    """Raises NotConfigured where it is not installed."""
    try:
        import braintree
    except ImportError:
        raise NotConfigured("Braintree needs its SDK: install what requirements/providers.txt lists") from None
    module: ModuleType = braintree
    return module


def gateway(strategy: Strategy | None) -> Any:
    """The SDK's gateway for what the settings say; without a strategy it only proves and reads. Raises NotConfigured."""
    if not settings.SOLITUDE_BRAINTREE_MERCHANT_ID:
        raise NotConfigured("SOLITUDE_BRAINTREE_MERCHANT_ID is empty")
    braintree, url = sdk(), settings.SOLITUDE_BRAINTREE_URL

    class Configuration(braintree.Configuration):  # type: ignore[misc, name-defined]  # the SDK is not typed
        def base_url(self) -> str:
            """The SDK makes it of a host and a port alone, and takes every port but 443 for plain http."""
            return str(url)

    is_proxied = ways.is_proxied(NAME)
    configuration = Configuration(
        environment=braintree.Environment.All[settings.SOLITUDE_BRAINTREE_ENVIRONMENT],
        merchant_id=settings.SOLITUDE_BRAINTREE_MERCHANT_ID,
        public_key=AT_PROXY if is_proxied else settings.SOLITUDE_BRAINTREE_PUBLIC_KEY,
        private_key=AT_PROXY if is_proxied else settings.SOLITUDE_BRAINTREE_PRIVATE_KEY,
        http_strategy=lambda _configuration, _environment: strategy,
    )
    return braintree.BraintreeGateway(configuration)
