"""Which path leads where below those of the reference interface."""

from ninja import Router

from solitude.providers.reference.api.notices import router as notices
from solitude.providers.reference.api.passing import router as passing
from solitude.providers.reference.api.payments import router as payments
from solitude.providers.reference.api.records import router as records

ROUTES: tuple[tuple[str, Router], ...] = (
    ("/provider/reference", records),
    ("/provider", payments),
    ("/provider", notices),
    # Last below /provider: it takes whatever path is left.
    ("/provider", passing),
)
