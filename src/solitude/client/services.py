"""How the server is."""

import re
from typing import Any

from . import reports, retention
from .calls import Calls, read
from .transport import Call
from .wire import target

_SETTING = re.compile(r"[A-Z0-9_]{1,100}")


class Services(Calls):
    """What operators ask."""

    def uncertain(self) -> reports.Uncertain:
        """The transactions of which the server does not know what the provider did."""
        return self._send("GET", "/services/uncertain/", None, reports.Uncertain.from_json)

    def retention(self) -> retention.Retention:
        """Whether what the server has kept for long enough goes: the last run over each class of data, and what is left."""
        return self._send("GET", "/services/retention/", None, retention.Retention.from_json)

    def status(self) -> reports.ServerStatus:
        """The health of the server; the one call that needs no signature."""
        call = Call("GET", target("/services/status/"), signed=False, accepted=(500,))
        answer = self._persist(call)
        return read(call, answer.body, lambda body: reports.ServerStatus.from_json(answer.status, body))

    def whoami(self) -> str | None:
        """The key for whose signature the server takes ours; None where nobody must sign."""
        return self._send("GET", "/services/request/", None, reports.authenticated)

    def failed_products(self) -> tuple[reports.FailedProduct, ...]:
        """Each product whose last transaction failed, the newest first."""
        return self._send("GET", "/services/failures/transactions/", None, reports.failed_products)

    def bad_statuses(self) -> tuple[reports.BadStatus, ...]:
        """Each product that a provider found wrong when it was checked last."""
        return self._send("GET", "/services/failures/statuses/", None, reports.bad_statuses)

    def setting_names(self) -> tuple[str, ...]:
        """The names of the server's settings. Forbidden unless the server shows them, which no production server does."""
        call = Call("GET", target("/services/settings/"), bare=True)
        return read(call, self._persist(call).body, reports.setting_names)

    def setting(self, name: str) -> Any:
        """The value of one of the server's settings as JSON, its secrets masked. NotFound where there is none of that name."""
        if not _SETTING.fullmatch(name):
            raise ValueError("A setting is named in capitals, e.g. SOLITUDE_DEBUG.")
        return self._send("GET", f"/services/settings/{name}/", None, reports.setting)
