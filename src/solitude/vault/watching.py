"""A thread of each process that runs for long: it takes a changed key ring without a restart, and tells that it has it.

Without that, a key could be made current while some process does not know it: what the others then hash, that one would
not find. It also tells which secrets were used, so that an old one can be retired when its party has the new one.
"""

import threading
import time
import uuid
from datetime import timedelta

from django.db import DatabaseError, InterfaceError, close_old_connections, connections
from django.db.models.functions import Now

from solitude.telemetry import cef
from solitude.telemetry.logs import get_logger

from . import holding, uses
from .keyring import PARTIES
from .keys import KeyRingError
from .models import SecretUse
from .processes import Me

log = get_logger("solitude.vault")
LOOK_EVERY_S = 2
TELL_EVERY_S = 10


class Watcher:
    """`start` begins it, `again` has it read its source anew whatever that looks like (SIGHUP), `stop` ends it."""

    def __init__(self, role: str) -> None:
        self._me = Me(uuid.uuid4(), role)
        self._stop, self._woken, self._again = threading.Event(), threading.Event(), threading.Event()
        self._told, self._tell_at = "", 0.0
        self._known_uses: set[tuple[str, str]] = set()
        self._used_up_to = time.monotonic()
        self._thread = threading.Thread(target=self._run, name="keys", daemon=True)
        self._has_database = True

    def start(self) -> "Watcher":
        self._thread.start()
        return self

    def again(self) -> None:
        self._again.set()
        self._woken.set()

    def stop(self) -> None:
        """A process that ends well says so: nobody then waits for it."""
        self._stop.set()
        self._woken.set()
        self._thread.join(LOOK_EVERY_S)

    def _run(self) -> None:
        while not self._stop.is_set():
            try:
                self.beat()
            except Exception:
                # Without this thread the process would count as gone and still hash under what it knew last.
                log.exception("key_ring_watch_failed")
            self._woken.wait(LOOK_EVERY_S)
            self._woken.clear()
        try:
            self._me.leave()
        except (DatabaseError, InterfaceError):
            log.warning("key_ring_cannot_be_told")
        connections.close_all()

    def beat(self) -> None:
        """Look at the source, and tell what there is to tell. A source or a database that is away is looked for at the next beat."""
        again = self._again.is_set()
        self._again.clear()
        try:
            holding.look(again=again)
            digest = holding.held().digest
        except KeyRingError as problem:
            log.error("key_ring_unusable", problem=str(problem))
            return
        if digest == self._told and time.monotonic() < self._tell_at:
            return
        try:
            close_old_connections()
            self._me.tell(digest)
            self._tell_uses()
        except (DatabaseError, InterfaceError):
            # It may be restarting, or wait for `migrate`.
            if self._has_database:
                log.warning("key_ring_cannot_be_told")
            self._has_database = False
            connections.close_all()
            return
        self._told, self._tell_at, self._has_database = digest, time.monotonic() + TELL_EVERY_S, True

    def _tell_uses(self) -> None:
        moment = time.monotonic()
        for (purpose, key_id), ago_s in sorted(uses.since(self._used_up_to).items()):
            if (purpose, key_id) not in self._known_uses:
                self._known_uses.add((purpose, key_id))
                log.info("key_used_first", purpose=purpose, key_id=key_id)
                named = {"cs6Label": "purpose", "cs6": purpose, "cs7Label": "key", "cs7": key_id}
                cef.event("Key used for the first time by this process", 2, extra=named)
            if purpose.partition(":")[0] in PARTIES:
                _keep_use(purpose, key_id, ago_s)
        self._used_up_to = moment


def _keep_use(purpose: str, key_id: str, ago_s: float) -> None:
    when = Now() - timedelta(seconds=int(ago_s))
    if not SecretUse.objects.filter(purpose=purpose, key_id=key_id).update(last_used=when):
        SecretUse.objects.bulk_create([SecretUse(purpose=purpose, key_id=key_id)], ignore_conflicts=True)
