"""`/services/` of the proxy: what can be told without a database."""

from ninja import Router

from solitude.services import api
from solitude.services.health import Health
from solitude.services.shown_settings import SettingShown
from solitude.telemetry.trial import Trial
from solitude.web.openapi import errors

router = Router()
router.get("/status/", response={200: Health, 500: Health})(api.status)
router.get("/request/", response=api.Authenticated)(api.authenticated)
router.get("/error/", response=errors(500))(api.error)
router.get("/logs/", response=Trial)(api.try_logs)
router.get("/settings/", response=list[str])(api.list_settings)
router.get("/settings/{name}/", response=SettingShown)(api.get_setting)
