"""Which path leads where below those of Bango."""

from ninja import Router

from solitude.providers.bango.api.login import router as login
from solitude.providers.bango.api.money_matters import router as money_matters
from solitude.providers.bango.api.notifications import router as notifications
from solitude.providers.bango.api.packages import router as packages
from solitude.providers.bango.api.payments import router as payments
from solitude.providers.bango.api.products import provider_router as ready_products
from solitude.providers.bango.api.products import router as products
from solitude.providers.bango.api.refunds import router as refunds
from solitude.providers.bango.api.sbi import router as sbi
from solitude.providers.bango.api.status import router as status

ROUTES: tuple[tuple[str, Router], ...] = (
    ("/bango", payments),
    ("/bango", notifications),
    ("/bango", refunds),
    ("/bango", packages),
    ("/bango", products),
    ("/bango", money_matters),
    ("/bango", login),
    ("/bango", sbi),
    ("/bango", status),
    ("/provider/bango", ready_products),
)
