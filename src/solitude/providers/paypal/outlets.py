"""The ways out to PayPal: the same time-outs wherever one leads."""

from typing import Any

from django.conf import settings

from solitude.outbound.http import Outlet


def outlet(name: str, url: str, at_once: int, *, timer: str = "solitude.paypal.{operation}", **more: Any) -> Outlet:
    """To one address of PayPal's, for so many calls at a time."""
    return Outlet(
        name,
        base_urls=[url],
        connect_timeout_ms=settings.SOLITUDE_PAYPAL_CONNECT_TIMEOUT_MS,
        read_timeout_ms=settings.SOLITUDE_PAYPAL_TIMEOUT_MS,
        total_timeout_ms=settings.SOLITUDE_PAYPAL_TIMEOUT_MS,
        pool_size=at_once,
        in_progress_limit=at_once,
        timer=timer,
        **more,
    )
