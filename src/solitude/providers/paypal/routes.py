"""Which path leads where below those of PayPal."""

from ninja import Router

from solitude.providers.paypal.api.accounts import router as accounts
from solitude.providers.paypal.api.ipn import router as ipn
from solitude.providers.paypal.api.payments import router as payments
from solitude.providers.paypal.api.permissions import router as permissions
from solitude.providers.paypal.api.personal import router as personal
from solitude.providers.paypal.api.preapprovals import router as preapprovals
from solitude.providers.paypal.api.products import router as products
from solitude.providers.paypal.api.records import router as records
from solitude.providers.paypal.api.webhook import router as webhook

ROUTES: tuple[tuple[str, Router], ...] = (
    ("/paypal", payments),
    ("/paypal", preapprovals),
    ("/paypal", records),
    ("/paypal", products),
    ("/paypal", permissions),
    ("/paypal", personal),
    ("/paypal", accounts),
    ("/paypal", webhook),
    ("/paypal", ipn),
)
