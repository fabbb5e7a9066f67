"""`solitude check`: a plugin for Nagios and its kin. One line: a state, what is the case, and performance data.

Format and exit codes: Monitoring Plugins Development Guidelines (https://www.monitoring-plugins.org/doc/guidelines.html).
"""

import sys

from django.conf import settings
from django.db import Error

from solitude.payments import recovery
from solitude.services import schema
from solitude.vault import checks
from solitude.vault.keyring import KeyRingError

OK, WARNING, CRITICAL, UNKNOWN = 0, 1, 2, 3
_NAMES = {OK: "OK", WARNING: "WARNING", CRITICAL: "CRITICAL", UNKNOWN: "UNKNOWN"}
# So many times the age at which the check warns is critical.
CRITICAL_TIMES = 6


def run() -> int:
    """Prints the line; the exit code."""
    try:
        state, said, data = _state()
    except Exception as error:  # noqa: BLE001 - a traceback is no answer; of what went wrong, only the kind is surely no secret
        state, said, data = UNKNOWN, f"the check failed: {type(error).__name__}", ""
    sys.stdout.write(f"SOLITUDE {_NAMES[state]} - {said}{f' | {data}' if data else ''}\n")
    return state


def _state() -> tuple[int, str, str]:
    try:
        checks.self_test()
        if behind := schema.migrations_behind():
            # Servers of the version before may be at work, and well: it is this check that cannot read what they write.
            return UNKNOWN, f"the database is {behind} migrations behind; run `solitude migrate`", ""
        now = recovery.backlog()
    except Error:
        return CRITICAL, "the database does not answer", ""
    except (KeyRingError, checks.VaultBroken):
        return CRITICAL, "the keys do not work", ""
    warning_s = settings.SOLITUDE_UNCERTAIN_WARNING_S
    critical_s = warning_s * CRITICAL_TIMES
    said = f"{now.uncertain} calls of unknown outcome, {now.notifications} notifications waiting, {now.orphans} orphans"
    data = (
        f"uncertain={now.uncertain};;;0 oldest={now.oldest_s}s;{warning_s};{critical_s};0 "
        f"waiting={now.notifications};;;0 waiting_oldest={now.notification_oldest_s}s;{warning_s};{critical_s};0 "
        f"orphans={now.orphans};0;;0"
    )
    age_s = max(now.oldest_s, now.notification_oldest_s)
    if age_s > critical_s:
        return CRITICAL, said, data
    return (WARNING if age_s > warning_s or now.orphans else OK), said, data
